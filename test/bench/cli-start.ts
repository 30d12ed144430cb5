/**
 * How long one command takes from its start to its end: built, on an instance with some artifacts, each time a new
 * process; beside Node doing nothing. Run: `npx node test/bench/cli-start.ts [RUNS]`.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import process from 'node:process';

const WANTED_MS = 400;
const project = resolve(import.meta.dirname, '../..');
const built = join(project, 'dist/main/cli.js');
const launcher = join(project, 'src-main/hosts/cli/benchkeep.mjs');
const runs = Number(process.argv[2] ?? 21);
const folder = mkdtempSync(join(tmpdir(), 'benchkeep-bench-start-'));
const env = { ...process.env, BENCHKEEP_HOME: join(folder, 'home'), XDG_RUNTIME_DIR: folder };

try {
  execFileSync(process.execPath, [join(project, '.ci/build.ts'), '--if-stale'], {
    cwd: project,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  prepare();
  const node = median(['-e', '0']);
  console.log(`${'node doing nothing, ms'.padEnd(60)} ${node.toFixed(0)}`);
  report('benchkeep list, ms', [launcher, 'list']);
  report('the same without the launcher', [built, 'list', '--json']);
  report('benchkeep describe', [launcher, 'describe', 'file-7.csv']);
  report('benchkeep label list', [launcher, 'label', 'list']);
  report('benchkeep help', [launcher, 'help']);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function prepare(): void {
  mkdirSync(join(folder, 'plates'));
  for (let n = 0; n < 100; n++) writeFileSync(join(folder, 'plates', `file-${String(n)}.csv`), `n\n${String(n)}\n`);
  const commands = [
    ['init', '--storage', join(folder, 'data')],
    ['storage', 'add', join(folder, 'plates'), '--watch'],
    ['watch', 'rule', join(folder, 'plates'), '--settle', '0'],
    ['watch', '--once'],
  ];
  for (const words of commands) execFileSync(process.execPath, [built, ...words], { env });
}

function report(what: string, words: string[]): void {
  const ms = median(words);
  console.log(
    `${what.padEnd(60)} ${ms.toFixed(0)}  ratio ${(ms / WANTED_MS).toFixed(2)}, wanted below 1 (${String(WANTED_MS)} ms)`,
  );
}

function median(words: string[]): number {
  const times = Array.from({ length: runs }, () => {
    const began = performance.now();
    const { status, stderr } = spawnSync(process.execPath, words, { env });
    if (status !== 0) throw new Error(String(stderr));
    return performance.now() - began;
  });
  return times.sort((a, b) => a - b)[runs >> 1] ?? 0;
}
