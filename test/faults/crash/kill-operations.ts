/** Kills operations at their failpoints, starts again, and asks the oracle. */
import { execFile } from 'node:child_process';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { rawToDisplay } from '../../../src-main/ports/fs/raw-path.ts';
import { makeInstance, newBase, openCrashBench, watchedRoot } from './crash-bench.ts';
import { OPERATIONS } from './all-operations.ts';
import type { Acknowledged, Operation } from './operations.ts';
import { bytesBelow, checkBytes } from './oracle-bytes.ts';
import { examine, walkDisk, type Examined } from './oracle.ts';
import { withBug } from './seeded/with-bug.ts';
import type { BugName } from './seeded/seeded-bugs.ts';

const child = join(import.meta.dirname, 'children', 'operate.ts');

interface Ended {
  killed: boolean;
  acknowledged: Acknowledged[];
  /** What it told that it failed with. */
  failed: { code: string; message: string; remedy: string } | null;
}

function operate(base: string, name: string, env: Record<string, string>): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const run = execFile(
      process.execPath,
      [child, base, name],
      { env: { ...process.env, ...env } },
      (error, stdout, stderr) => {
        const killed = run.signalCode === 'SIGKILL';
        if (error !== null && !killed) {
          reject(new Error(`${name} ${JSON.stringify(env)}: ${stderr}`));
          return;
        }
        const lines = stdout.split('\n').filter((line) => line.startsWith('ACK ') && line.endsWith('}'));
        const failed = stdout.split('\n').find((line) => line.startsWith('FAILED '));
        resolve({
          killed,
          acknowledged: lines.map((line) => JSON.parse(line.slice(4)) as Acknowledged),
          failed: failed === undefined ? null : (JSON.parse(failed.slice(7)) as Ended['failed']),
        });
      },
    );
  });
}

async function prepared(operation: Operation): Promise<string> {
  const base = newBase();
  const bench = await makeInstance(base);
  await operation.prepare(bench);
  await bench.close();
  return base;
}

/** Names of the points that an operation passes, in order; discovered, so that new code is covered by itself. */
export async function pointsOf(operation: Operation): Promise<string[]> {
  const base = await prepared(operation);
  const trace = join(base, 'trace');
  const ended = await operate(base, operation.name, { BK_FAILPOINT_TRACE: trace });
  expect(ended.killed).toBe(false);
  expect(ended.acknowledged.length).toBeGreaterThan(0);
  const points = [...new Set(readFileSync(trace, 'utf8').trim().split('\n'))];
  rmSync(base, { recursive: true });
  return points;
}

async function recover(base: string): Promise<string> {
  const bench = await openCrashBench(base);
  expect(bench.context.warnings).toEqual([]);
  await bench.passTwice();
  await bench.close();
  return rawToDisplay(bench.context.folder);
}

export interface Crash {
  operation: Operation;
  point: string;
  /** Where the first recovery is killed too. */
  second?: string;
  /** Not killed there: the effect fails with this, and the operation is tried again. */
  errno?: string;
  bug?: BugName;
}

/** What the oracle found after the crash and a recovery, the files being those that were there before. */
export async function crashAndExamine(crash: Crash): Promise<Examined & { killed: boolean }> {
  const { operation, point, second, errno } = crash;
  const base = await prepared(operation);
  const files = walkDisk(watchedRoot(base));
  const bytes = bytesBelow(base);
  const home = join(base, 'home');
  const action = errno === undefined ? 'kill' : `throw:${errno}`;
  const planted = withBug(crash.bug ?? null);
  const first = await operate(base, operation.name, { BK_FAILPOINT: `${point}=${action}`, ...planted });
  const acknowledged = [...first.acknowledged];
  const told: string[] = [];
  if (errno !== undefined) {
    if (first.failed?.code === 'internal') told.push(`said no more than: ${first.failed.message}`);
    acknowledged.push(...(await operate(base, operation.name, planted)).acknowledged);
  }
  if (second !== undefined) await operate(base, 'recover', { BK_FAILPOINT: `${second}=kill` });
  const folder = await recover(base);
  const examined = examine(folder, watchedRoot(base), acknowledged, home);
  examined.violations.push(...told, ...checkBytes(base, folder, bytes));
  if (JSON.stringify([...files]) !== JSON.stringify([...walkDisk(watchedRoot(base))]))
    examined.violations.push('the files are not as they were');
  await recover(base);
  const again = examine(folder, watchedRoot(base), acknowledged, home);
  if (again.state !== examined.state) examined.violations.push('a second recovery changed something');
  const unfinished = readdirSync(join(home, 'instances')).filter(
    (name) => name.startsWith('.') && !name.startsWith('.setup'),
  );
  if (unfinished.length > 0) examined.violations.push(`left behind: ${unfinished.join(', ')}`);
  rmSync(base, { recursive: true });
  return { ...examined, killed: first.killed || first.failed !== null };
}

export async function allCrashes(): Promise<Crash[]> {
  const crashes: Crash[] = [];
  for (const operation of OPERATIONS) for (const point of await pointsOf(operation)) crashes.push({ operation, point });
  return crashes;
}

/** Two at a time; every violation with the crash it came from. Resolves to the number of processes that were killed. */
export async function examineCrashes(crashes: readonly Crash[]): Promise<number> {
  const queue = [...crashes];
  const violations: string[] = [];
  let killed = 0;
  async function work(): Promise<void> {
    for (let crash = queue.shift(); crash !== undefined; crash = queue.shift()) {
      const examined = await crashAndExamine(crash);
      if (examined.killed) killed++;
      for (const violation of examined.violations) {
        const told = `${crash.operation.name}, ${crash.point} ${crash.errno ?? ''}${crash.second === undefined ? '' : `then ${crash.second}`}: ${violation}`;
        // The deep run takes hours: who watches it is not to wait for its end.
        console.info(told);
        violations.push(told);
      }
    }
  }
  await Promise.all([work(), work()]);
  expect(violations).toEqual([]);
  return killed;
}

/** What a disk says to an effect, and SQLite about its disk. */
function errnosAt(point: string): string[] {
  if (/^(?:registry|workstation)\./.test(point)) return ['SQLITE_FULL', 'SQLITE_IOERR_WRITE'];
  if (point.startsWith('hash.')) return ['EIO', 'EACCES'];
  return ['ENOSPC', 'EIO', 'EACCES', ...(/rename|link/.test(point) ? ['EXDEV'] : [])];
}

/** Each error at each place where an effect begins. */
export function allFailures(crashes: readonly Crash[]): Crash[] {
  const effects = crashes.filter(({ point }) => /^(?:fs|hash|registry|workstation)\.\w+\.before#/.test(point));
  return effects.flatMap((crash) => errnosAt(crash.point).map((errno) => ({ ...crash, errno })));
}

/** Chosen by a seed, the same on every machine. */
export function sample<T>(all: readonly T[], count: number, seed: number): T[] {
  let state = seed;
  const next = (): number => (state = (state * 1_103_515_245 + 12_345) % 2_147_483_648) / 2_147_483_648;
  const left = [...all];
  const chosen: T[] = [];
  while (chosen.length < count && left.length > 0) chosen.push(...left.splice(Math.floor(next() * left.length), 1));
  return chosen;
}
