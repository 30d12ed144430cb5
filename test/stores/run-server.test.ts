import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, inject, test } from 'vitest';
import { runServer } from './run-server.ts';

test('a server dies with the process that started it, however that dies, and its folder goes', async (context) => {
  const why = inject('storesMissing').versitygw;
  context.skip(why !== null, why ?? '');
  const holder = spawn(process.execPath, [join(import.meta.dirname, 'children', 'hold-server.ts')], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const [line] = (await once(holder.stdout, 'data')) as [Buffer];
  const { endpoint, folder } = JSON.parse(String(line)) as { endpoint: string; folder: string };
  expect((await fetch(`${endpoint}/health`)).ok).toBe(true);
  holder.kill('SIGKILL');
  await once(holder, 'exit');
  await expect.poll(() => existsSync(folder)).toBe(false);
  await expect(fetch(`${endpoint}/health`)).rejects.toThrow();
});

test('a server that ends at once is tried on other ports, and says why it ended', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'benchkeep-server-'));
  const ports: number[] = [];
  const running = runServer({
    program: process.execPath,
    folder,
    args: (port) => {
      ports.push(port);
      return ['-e', 'process.stderr.write("the port is taken"); process.exitCode = 3'];
    },
    health: (port) => `http://127.0.0.1:${String(port)}/`,
  });
  await expect(running).rejects.toThrow('the port is taken');
  expect(new Set(ports).size).toBeGreaterThan(1);
  expect(existsSync(folder)).toBe(false);
});
