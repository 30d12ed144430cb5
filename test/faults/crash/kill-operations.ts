/** Kills operations at their failpoints, starts again, and asks the oracle. */
import { execFile } from 'node:child_process';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { makeInstance, newBase, openCrashBench, watchedRoot } from './crash-bench.ts';
import { OPERATIONS, type Acknowledged, type Operation } from './operations.ts';
import { examine, walkDisk, type Examined } from './oracle.ts';

const child = join(import.meta.dirname, 'children', 'operate.ts');

interface Ended {
  killed: boolean;
  acknowledged: Acknowledged[];
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
        resolve({ killed, acknowledged: lines.map((line) => JSON.parse(line.slice(4)) as Acknowledged) });
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
async function pointsOf(operation: Operation): Promise<string[]> {
  const base = await prepared(operation);
  const trace = join(base, 'trace');
  const ended = await operate(base, operation.name, { BK_FAILPOINT_TRACE: trace });
  expect(ended.killed).toBe(false);
  expect(ended.acknowledged.length).toBeGreaterThan(1);
  const points = [...new Set(readFileSync(trace, 'utf8').trim().split('\n'))];
  rmSync(base, { recursive: true });
  return points;
}

async function recover(base: string): Promise<string> {
  const bench = await openCrashBench(base);
  expect(bench.context.warnings).toEqual([]);
  await bench.pass();
  await bench.close();
  return bench.context.folder;
}

export interface Crash {
  operation: Operation;
  point: string;
  /** Where the first recovery is killed too. */
  second?: string;
}

/** What the oracle found after the crash and a recovery, the files being those that were there before. */
export async function crashAndExamine({ operation, point, second }: Crash): Promise<Examined & { killed: boolean }> {
  const base = await prepared(operation);
  const files = walkDisk(watchedRoot(base));
  const { killed, acknowledged } = await operate(base, operation.name, { BK_FAILPOINT: `${point}=kill` });
  if (second !== undefined) await operate(base, 'recover', { BK_FAILPOINT: `${second}=kill` });
  const folder = await recover(base);
  const examined = examine(folder, watchedRoot(base), acknowledged, join(base, 'home'));
  if (JSON.stringify([...files]) !== JSON.stringify([...walkDisk(watchedRoot(base))]))
    examined.violations.push('the files are not as they were');
  await recover(base);
  const again = examine(folder, watchedRoot(base), acknowledged, join(base, 'home'));
  if (again.state !== examined.state) examined.violations.push('a second recovery changed something');
  const unfinished = readdirSync(join(base, 'home', 'instances')).filter(
    (name) => name.startsWith('.') && !name.startsWith('.setup'),
  );
  if (unfinished.length > 0) examined.violations.push(`left behind: ${unfinished.join(', ')}`);
  rmSync(base, { recursive: true });
  return { ...examined, killed };
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
      for (const violation of examined.violations)
        violations.push(
          `${crash.operation.name}, ${crash.point}${crash.second === undefined ? '' : ` then ${crash.second}`}: ${violation}`,
        );
    }
  }
  await Promise.all([work(), work()]);
  expect(violations).toEqual([]);
  return killed;
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
