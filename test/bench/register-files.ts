/**
 * How fast a pass over a watched folder registers new files: `node test/bench/register-files.ts [ROUNDS] [--no-peer]`.
 * Each round: a new instance, one pass from its start to everything committed, with every safety on, between two runs
 * of the bare loop over the same files. Then lamindb on the same files, where it can be had.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout as pause } from 'node:timers/promises';
import { rawFromText } from '../../src-main/ports/fs/raw-path.ts';
import { openWatching } from '../watching/open-watching.ts';
import { measureBareLoop } from './bare-loop/bare-loop.ts';
import { makeBenchFiles } from './bare-loop/make-bench-files.ts';
import { measureLamindb } from './lamindb-peer/lamindb-peer.ts';

const FILES = 10_000;
const FOLDERS = 100;
const BYTES = 4096;
const THREADS = 2;
const BARE_SHARE = 0.25;
const PEER_TIMES = 70;
/** Ms; the default of local folders. */
const SETTLE = 5_000;

const rounds = Number(process.argv[2] ?? 5);
const withPeer = !process.argv.includes('--no-peer');

interface Round {
  filesPerSecond: number;
  bare: number;
  /** µs a file: of the engine's thread alone, and of all threads. */
  engineCpu: number;
  allCpu: number;
  longestHold: number;
}

const base = mkdtempSync(join(tmpdir(), 'benchkeep-register-'));
try {
  const files = join(base, 'files');
  await makeBenchFiles(files, { files: FILES, folders: FOLDERS, bytes: BYTES, seed: 1 });
  // Their mtime is long ago, but nothing sets back a ctime.
  await pause(SETTLE + 100);
  const measured: Round[] = [];
  for (let i = 0; i < rounds; i++) measured.push(await round(files, join(base, `instance ${String(i)}`)));
  const rate = median(measured.map(({ filesPerSecond }) => filesPerSecond));
  const share = median(measured.map(({ filesPerSecond, bare }) => filesPerSecond / bare));
  report('registered, median', rate, 'files/s', '');
  report('bare loop, median', median(measured.map(({ bare }) => bare)), 'files/s', '');
  report('times the bare loop, median of rounds', share, '', verdict(share, BARE_SHARE));
  report('CPU of the engine thread', median(measured.map(({ engineCpu }) => engineCpu)), 'µs a file', '');
  report('CPU of all threads', median(measured.map(({ allCpu }) => allCpu)), 'µs a file', '');
  report('longest time the engine did not answer', median(measured.map(({ longestHold }) => longestHold)), 'ms', '');
  if (withPeer) await peer(files, rate);
} finally {
  rmSync(base, { recursive: true, force: true });
}

async function round(files: string, home: string): Promise<Round> {
  const test = await openWatching({ base: home, root: files });
  try {
    // The threads of the engine are up before the clock starts, as those of the bare loop are.
    const other = test.folder('other');
    await test.add(other);
    for (const name of ['a', 'b']) writeFileSync(join(other, `${name}.csv`), name);
    await test.pass({ root: other });
    await test.context.hasher.hashFiles([process.execPath, import.meta.filename].map(rawFromText));
    const before = await measureBareLoop(files, THREADS);
    const hold = longestHold();
    const [all, engine, started] = [process.cpuUsage(), process.threadCpuUsage(), performance.now()];
    const { taken } = await test.pass({ settle: SETTLE });
    const seconds = (performance.now() - started) / 1000;
    const [allCpu, engineCpu] = [process.cpuUsage(all), process.threadCpuUsage(engine)];
    const longest = hold();
    const after = await measureBareLoop(files, THREADS);
    const rows = await test.artifacts();
    if (taken.registered !== FILES || rows.length !== FILES)
      throw new Error(`${String(taken.registered)} of ${String(FILES)} files are registered`);
    return {
      filesPerSecond: FILES / seconds,
      bare: (before.filesPerSecond + after.filesPerSecond) / 2,
      engineCpu: (engineCpu.user + engineCpu.system) / FILES,
      allCpu: (allCpu.user + allCpu.system) / FILES,
      longestHold: longest,
    };
  } finally {
    await test.close();
    rmSync(home, { recursive: true, force: true });
  }
}

/** Ms that the thread was busy at most without looking at its messages, by a timer that is always due. */
function longestHold(): () => number {
  let longest = 0;
  let last = performance.now();
  const look = (): void => {
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
  };
  const timer = setInterval(look, 1);
  return () => {
    clearInterval(timer);
    look();
    return longest;
  };
}

async function peer(files: string, rate: number): Promise<void> {
  const lamindb = await measureLamindb(files);
  if ('notMeasured' in lamindb) {
    console.log(`  ${lamindb.notMeasured}`);
    return;
  }
  report(`lamindb ${lamindb.version}, from_dir + save`, lamindb.filesPerSecond, 'files/s', '');
  const times = rate / lamindb.filesPerSecond;
  report('times lamindb', times, '', verdict(times, PEER_TIMES));
}

function verdict(value: number, wanted: number): string {
  return value >= wanted ? `  ok, wanted ${String(wanted)}` : `  TOO SLOW, wanted ${String(wanted)}`;
}

function report(name: string, value: number, unit: string, told: string): void {
  const digits = value < 10 ? 3 : value < 1000 ? 1 : 0;
  console.log(`  ${name.padEnd(46)} ${value.toFixed(digits).padStart(9)} ${unit}${told}`);
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? 0) + upper) / 2;
}
