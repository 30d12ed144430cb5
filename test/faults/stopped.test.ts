/** The program is told to stop in the middle of its work. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, expect, test } from 'vitest';
import * as z from 'zod';
import { commandLine, programWithWindow, type CommandLine } from '../hosts/cli/command-line.ts';
import { until } from '../watching/open-watching.ts';
import { examine } from './crash/oracle.ts';
import { put, watchedRoot } from './crash/crash-bench.ts';

const FILES = 10_000;
/** Ms that an operating system that shuts down gives a program. */
const GIVEN = 5000;

let cli: CommandLine;
let program: string;
let folder: string;
beforeEach(async () => {
  program = mkdtempSync(join(tmpdir(), 'benchkeep-program-'));
  cli = commandLine({ main: programWithWindow(program) });
  for (let n = 0; n < FILES; n++) put(cli.folder, `run-${String(n % 100)}/${String(n)}.csv`, `row ${String(n)}\n`);
  await cli.json(z.unknown(), 'init', '--storage', cli.path('lab'));
  await cli.json(z.unknown(), 'storage', 'add', watchedRoot(cli.folder), '--link', '--watch');
  await cli.json(z.unknown(), 'watch', 'rule', watchedRoot(cli.folder), '--settle', '0');
  const [uid = ''] = readdirSync(join(cli.home, 'instances')).filter((name) => !name.startsWith('.'));
  folder = join(cli.home, 'instances', uid);
});
afterEach(async () => {
  await cli.close();
  rmSync(program, { recursive: true, force: true });
});

function registered(): number {
  const db = new Database(join(folder, 'registry.db'), { readonly: true });
  try {
    return Number(db.prepare('SELECT count(*) FROM artifact').pluck().get());
  } finally {
    db.close();
  }
}

test.each([['watch'], ['serve', '--no-open']])(
  'F-AP03 %s that is told to stop while it registers 10,000 files ends in 5 s; the next start goes on',
  { timeout: 120_000 },
  async (...words) => {
    const running = cli.start(...words);
    await until(() => registered() >= 250, 'the first files', 60_000);
    const began = performance.now();
    running.child.kill('SIGTERM');
    const { code, err } = await running.ended;
    expect(performance.now() - began).toBeLessThan(GIVEN);
    expect(err).not.toMatch(/error|Error/);
    expect(code).toBe(0);
    const before = registered();
    expect(before).toBeLessThan(FILES);
    await cli.json(z.unknown(), 'watch', '--once');
    expect(registered()).toBe(FILES);
    expect(examine(folder, watchedRoot(cli.folder), [], cli.home).violations).toEqual([]);
  },
);
