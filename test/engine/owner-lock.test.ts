import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { rawFromText } from '../../src-main/ports/fs/raw-path.ts';
import { takeOwnership } from '../../src-main/workstation/owner-lock.ts';

const program = join(import.meta.dirname, 'children', 'own-child.ts');
let folder: string;
let path: string;
let children: Child[];

interface Child {
  process: ChildProcessWithoutNullStreams;
  pid: number;
  ask(line: 'take' | 'free'): Promise<string>;
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'benchkeep-test-'));
  path = join(folder, 'owner.db');
  children = [];
});
afterEach(async () => {
  for (const child of children) {
    if (child.process.exitCode !== null || child.process.signalCode !== null) continue;
    child.process.kill('SIGKILL');
    await once(child.process, 'exit');
  }
  rmSync(folder, { recursive: true });
});

async function start(): Promise<Child> {
  const child = spawn(process.execPath, [program, path], { stdio: ['pipe', 'pipe', 'pipe'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async (): Promise<string> => String((await lines.next()).value);
  expect(await next()).toBe('ready');
  const made: Child = {
    process: child,
    pid: child.pid ?? 0,
    ask(line) {
      child.stdin.write(`${line}\n`);
      return next();
    },
  };
  children.push(made);
  return made;
}

/** What whoever is refused reads and tells. */
function ownerNamed(): unknown {
  const db = new Database(path, { readonly: true });
  try {
    return db.prepare('SELECT pid FROM holder').pluck().get();
  } finally {
    db.close();
  }
}

function takeHere(token = 'here'): { release(): void } {
  return takeOwnership(rawFromText(path), {
    what: 'The instance lab',
    holder: { pid: process.pid, since: '2026-11-21T09:00:00.000Z' },
    token,
  });
}

test(
  'F-DB07 of two processes that race 50 times one owns it, never both, and the other is told who',
  { timeout: 120_000 },
  async () => {
    const [a, b] = await Promise.all([start(), start()]);
    for (let round = 0; round < 50; round++) {
      const answers = await Promise.all([a.ask('take'), b.ask('take')]);
      const owners = answers.filter((answer) => answer === 'owner');
      expect(owners, `round ${String(round)}: ${answers.join()}`).toHaveLength(1);
      const winner = answers[0] === 'owner' ? a : b;
      const loser = winner === a ? b : a;
      expect(ownerNamed(), `round ${String(round)}`).toBe(winner.pid);
      // Who asks while it is held waits for a quarter of a second.
      if (round % 10 === 0) expect(await loser.ask('take')).toBe(`locked ${String(winner.pid)}`);
      await winner.ask('free');
    }
  },
);

test('F-DB07 a second engine in the same process is refused too', () => {
  const lock = takeHere('one');
  expect(() => takeHere('two')).toThrow(
    expect.objectContaining({
      code: 'locked',
      details: expect.objectContaining({ pid: process.pid }) as unknown,
    }) as Error,
  );
  lock.release();
  lock.release();
  takeHere('two').release();
});

test('F-DB08 a dead owner is followed at once', async () => {
  const child = await start();
  expect(await child.ask('take')).toBe('owner');
  child.process.kill('SIGKILL');
  await once(child.process, 'exit');
  takeHere().release();
});

test('F-DB08 an owner that hangs keeps the lock: refused with its pid', async () => {
  const child = await start();
  expect(await child.ask('take')).toBe('owner');
  child.process.kill('SIGSTOP');
  expect(takeHere).toThrow(
    expect.objectContaining({
      code: 'locked',
      message: `The instance lab is in use by another Benchkeep (process ${String(child.pid)}, since 2026-11-21T08:00:00.000Z)`,
      details: expect.objectContaining({ pid: child.pid }) as unknown,
    }) as Error,
  );
  child.process.kill('SIGCONT');
  expect(await child.ask('free')).toBe('free');
  takeHere().release();
});
