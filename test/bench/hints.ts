/**
 * What watching costs: 100,000 files in 1,000 folders. Run: `npx node test/bench/hints.ts [files] [folders]`.
 * Goals: ready in 3 s, 60 MB above the thread alone, and the engine's thread never held up.
 */
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { hintThread } from '../../src-main/engine/hint-client.ts';
import { rawFromText, type RawPath } from '../../src-main/ports/fs/raw-path.ts';

const files = Number(process.argv[2] ?? 100_000);
const folders = Number(process.argv[3] ?? 1000);
const BURST = 10_000;

const base = realpathSync(mkdtempSync(join(tmpdir(), 'benchkeep-bench-hints-')));
const megabytes = (): number => process.memoryUsage().rss / 1e6;
const show = (what: string, value: number, unit: string): void => {
  console.log(`${what.padEnd(52)} ${value.toFixed(1).padStart(9)} ${unit}`);
};

function makeFolders(root: string): void {
  for (let folder = 0; folder < folders; folder++) {
    const path = join(root, `run ${String(folder % 30)}`, `plate ${String(folder)}`);
    mkdirSync(path, { recursive: true });
    for (let file = 0; file < files / folders; file++) writeFileSync(join(path, `well ${String(file)}.csv`), '');
  }
}

let waiting: { paths: ReadonlySet<RawPath>; seen: () => void } | null = null;
let received = 0;
function onHint(paths: RawPath[]): void {
  received += paths.length;
  if (paths.some((path) => waiting?.paths.has(path) === true)) waiting?.seen();
}
const onProblem = (problem: unknown): void => {
  console.log(problem);
};
const hinted = (...paths: string[]): Promise<void> =>
  new Promise((resolve) => {
    waiting = { paths: new Set(paths.map(rawFromText)), seen: resolve };
  });

async function watch(root: string): Promise<number> {
  const began = performance.now();
  const ready = hinted(root);
  source.watch(rawFromText(root), onHint, onProblem);
  await ready;
  return performance.now() - began;
}

const keepAlive = setInterval(() => undefined, 1000);
const source = hintThread();
try {
  const empty = join(base, 'empty');
  const root = join(base, 'lab');
  mkdirSync(empty);
  makeFolders(root);

  const before = megabytes();
  show('thread with one empty folder: ready after', await watch(empty), 'ms');
  const alone = megabytes();
  show('thread with one empty folder: memory', alone - before, 'MB');

  const delay = monitorEventLoopDelay({ resolution: 5 });
  delay.enable();
  show(`${String(files)} files in ${String(folders)} folders: ready after`, await watch(root), 'ms');
  delay.disable();
  show('… memory above the thread alone', megabytes() - alone, 'MB');
  show('… longest hold-up of the asking thread', delay.max / 1e6, 'ms');

  const last = join(root, 'run 0', 'plate 0');
  const began = performance.now();
  const seen = hinted(join(last, 'new.csv'), last);
  writeFileSync(join(last, 'new.csv'), 'x');
  await seen;
  show('a new file: hint after', performance.now() - began, 'ms');

  received = 0;
  const burst = performance.now();
  for (let file = 0; file < BURST; file++) writeFileSync(join(last, `burst ${String(file)}.csv`), 'x');
  const written = performance.now() - burst;
  const end = hinted(join(root, 'end.csv'), root);
  writeFileSync(join(root, 'end.csv'), 'x');
  await end;
  show(`${String(BURST)} files at once: written in`, written, 'ms');
  show('… last hint after the last file', performance.now() - burst - written, 'ms');
  show('… hinted paths', received, '');
  show('… memory above the thread alone', megabytes() - alone, 'MB');
} finally {
  clearInterval(keepAlive);
  await source.close();
  rmSync(base, { recursive: true });
}
