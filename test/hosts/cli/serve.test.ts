/** `serve`: its address first, the window behind it, a clean end. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { instanceInfo } from '../../../shared/contract/records.ts';
import { commandLine, programWithWindow, type CommandLine } from './command-line.ts';

let program: string;
let main: string;
let cli: CommandLine;
beforeAll(async () => {
  program = mkdtempSync(join(tmpdir(), 'benchkeep-program-'));
  main = programWithWindow(program);
  cli = commandLine({ main });
  mkdirSync(cli.path('plates'));
  await cli.run('init', '--storage', 'data', '--name', 'lab');
  await cli.run('storage', 'add', 'plates', '--watch');
  await cli.run('watch', 'rule', 'plates', '--settle', '0');
}, 60_000);
afterAll(async () => {
  await cli.close();
  rmSync(program, { recursive: true, force: true });
});

test('the first line is the address; commands go through it; SIGTERM and SIGINT end it; it starts again', async () => {
  const first = cli.start('serve', '--no-open');
  const address = await first.line(() => true);
  expect(address).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/#code=/);
  const page = await fetch(address);
  expect(page.status).toBe(200);
  expect(await page.text()).toContain('<html');

  writeFileSync(cli.path('plates/a.csv'), 'x\n');
  await expect.poll(async () => (await cli.run('list')).out, { timeout: 20_000 }).toContain('a.csv');
  // A second one finds the instance owned.
  const second = await cli.refused(5, 'serve', '--no-open');
  expect(second.message).toContain(`process ${String(first.child.pid)}`);

  first.child.kill('SIGTERM');
  const ended = await first.ended;
  expect(ended).toMatchObject({ code: 0, err: '' });
  expect(ended.out).toBe(`${address}\n`);

  const again = cli.start('serve', '--no-open', '--json');
  const line = await again.line(() => true);
  expect(JSON.parse(line)).toEqual({ address: expect.stringMatching(/^http:\/\/127\.0\.0\.1:/) as string });
  expect((await cli.json(instanceInfo, 'info')).n_artifacts).toBe(1);
  again.child.kill('SIGINT');
  expect(await again.ended).toMatchObject({ code: 0, err: '' });
}, 90_000);

test('a port that is none is wrong usage, one in use is refused', async () => {
  expect((await cli.refused(2, 'serve', '--port', '70000')).message).toContain('70000');
  expect((await cli.refused(2, 'serve', '--port', 'http')).message).toContain('http');
  const running = cli.start('serve', '--no-open', '--port', '0');
  const { port } = new URL(await running.line(() => true));
  const other = commandLine({ main });
  try {
    expect((await other.refused(5, 'serve', '--no-open', '--port', port)).message).toContain(port);
  } finally {
    await other.close();
    running.child.kill('SIGINT');
    await running.ended;
  }
}, 60_000);
