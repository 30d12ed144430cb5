/** One small story for each planted mistake, in which it does harm: what the judge says afterwards. */
import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, renameSync, rmSync, rmdirSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { OPERATIONS } from '../all-operations.ts';
import { makeInstance, newBase, openCrashBench, put, watchedRoot, type CrashBench } from '../crash-bench.ts';
import { crashAndExamine, pointsOf } from '../kill-operations.ts';
import { bytesBelow, checkBytes } from '../oracle-bytes.ts';
import { examine, sha256, walkDisk } from '../oracle.ts';
import { withBug } from './with-bug.ts';
import type { BugName } from './seeded-bugs.ts';

const children = join(import.meta.dirname, '../children');
const run = promisify(execFile);

export type Story = (bug: BugName | null) => Promise<string[]>;

/** Killed at the points of that name, until something is found. */
export function killed(operation: string, point: RegExp): Story {
  return async (bug) => {
    const found = OPERATIONS.find(({ name }) => name === operation);
    if (found === undefined) throw new Error(`There is no operation ${operation}`);
    for (const at of (await pointsOf(found)).filter((name) => point.test(name))) {
      const crash = { operation: found, point: at, ...(bug === null ? {} : { bug }) };
      const { violations } = await crashAndExamine(crash);
      if (violations.length > 0) return violations;
    }
    return [];
  };
}

async function prepared(prepare: (bench: CrashBench) => Promise<void>): Promise<string> {
  const base = newBase();
  const bench = await makeInstance(base);
  await prepare(bench);
  await bench.close();
  return base;
}

function judge(base: string): string[] {
  const folder = join(base, 'home', 'instances', instanceFolder(base));
  return examine(folder, watchedRoot(base), [], join(base, 'home')).violations;
}

function instanceFolder(base: string): string {
  const [name = ''] = [...walkDisk(join(base, 'home', 'instances')).keys()].filter((path) =>
    path.endsWith('/registry.db'),
  );
  return name.slice(0, -'/registry.db'.length);
}

function child(bug: BugName | null, env: Record<string, string>, ...args: string[]): Promise<{ stdout: string }> {
  return run(process.execPath, [join(children, 'operate.ts'), ...args], {
    env: { ...process.env, ...env, ...withBug(bug) },
  });
}

const first = Buffer.alloc(700_000, 'a');
const second = Buffer.alloc(700_000, 'b');

/** Written anew while it is read: no content that never was is recorded (I14). */
export const rewritten: Story = async (bug) => {
  const base = await prepared((bench) => {
    put(bench.base, 'large.bin', String(first));
    return Promise.resolve();
  });
  const pause = join(base, 'pause');
  const running = child(bug, { BK_FAILPOINT: `hash.read.before#1=pause:${pause}` }, base, 'register in place');
  await until(() => exists(`${pause}.reached`));
  writeFileSync(join(watchedRoot(base), 'large.bin'), second);
  const times = statSync(join(watchedRoot(base), 'large.bin'));
  writeFileSync(pause, '');
  await running;
  const bench = await openCrashBench(base);
  const rows = await bench.context.workstation.db.selectFrom('inventory').select(['mtime_ns', 'sha256']).execute();
  await bench.close();
  rmSync(base, { recursive: true });
  // What is recorded as read has to be of the moment that is recorded with it.
  return rows
    .filter(
      (row) => BigInt(row.mtime_ns) / 1_000_000n !== BigInt(Math.floor(times.mtimeMs)) && row.sha256 !== sha256(first),
    )
    .map(() => 'a checksum is recorded of a moment at which the file was another');
};

/** Other bytes of the same size and time: told by what reads them (I1). */
export const damaged: Story = async (bug) => {
  const base = await prepared(async (bench) => {
    await OPERATIONS.find(({ name }) => name === 'verify')?.prepare(bench);
  });
  const [name = ''] = [...walkDisk(watchedRoot(base)).keys()].filter((path) => path.endsWith('sample 0.csv'));
  const path = join(watchedRoot(base), name);
  const { atime, mtime } = statSync(path);
  writeFileSync(path, String(readFileSync(path)).replace('first', 'worst'));
  utimesSync(path, atime, mtime);
  await child(bug, {}, base, 'verify');
  // The judge finds both: that the bytes are wrong, and whether the record says so.
  const told = judge(base).filter((text) => text.startsWith(`${name} is changed`));
  rmSync(base, { recursive: true });
  return told.length > 0 ? [] : [`${name} has other bytes, and its record calls it right`];
};

/** The drive is away and an empty folder in its place: nothing is concluded (I12). */
export const unplugged: Story = async (bug) => {
  const base = await prepared(async (bench) => {
    put(bench.base, 'a.csv', 'a');
    put(bench.base, 'b.csv', 'b');
    await bench.pass();
  });
  const root = watchedRoot(base);
  const before = await states(base);
  renameSync(root, `${root}.away`);
  mkdirSync(root);
  await child(bug, { BK_FAILPOINT: 'never=throw:EIO' }, base, 'recover');
  const after = await states(base);
  rmdirSync(root);
  renameSync(`${root}.away`, root);
  rmSync(base, { recursive: true });
  return before === after ? [] : ['a drive that was away changed its artifacts'];
};

async function states(base: string): Promise<string> {
  const bench = await openCrashBench(base);
  const rows = await bench.context.registry.db.selectFrom('artifact').selectAll().execute();
  await bench.close();
  return JSON.stringify(rows);
}

/** Saved into the managed storage, and opened again (I2). */
export const openedAgain: Story = async (bug) => {
  const saving = OPERATIONS.find(({ name }) => name.startsWith('save'));
  const base = await prepared(async (bench) => {
    await saving?.prepare(bench);
    await saving?.run(bench, () => undefined);
  });
  // As those who take the originals away once they are saved.
  rmSync(join(base, 'outside'), { recursive: true });
  const bytes = bytesBelow(base);
  await child(bug, {}, base, 'recover');
  const folder = join(base, 'home', 'instances', instanceFolder(base));
  const violations = [...judge(base), ...checkBytes(base, folder, bytes)];
  rmSync(base, { recursive: true });
  return violations;
};

export async function until(look: () => boolean): Promise<void> {
  const end = performance.now() + 30_000;
  while (!look()) {
    if (performance.now() > end) throw new Error('waited in vain');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

function exists(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined;
}
