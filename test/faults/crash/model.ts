/**
 * Random sequences of what people, instruments and drives do, on a real small disk, beside a model of what has to be
 * true then (`fc.commands`). The cheap rules hold after each command, all of them after a restart and a scan.
 */
import { appendFileSync, linkSync, mkdirSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { addLabels } from '../../../src-main/annotation/index.ts';
import { restoreArtifacts, trashArtifacts } from '../../../src-main/artifacts/index.ts';
import { rawToDisplay } from '../../../src-main/ports/fs/raw-path.ts';
import { openCrashBench, watchedRoot, type CrashBench } from './crash-bench.ts';
import { examine, walkDisk } from './oracle.ts';

export interface Model {
  /** Path below the root to content: what lies on the drive, plugged in or not. */
  files: Map<string, string>;
  plugged: boolean;
  /** Uids of records that a person put a label on, or into the trash. */
  labelled: Set<string>;
  trashed: Set<string>;
}

export interface Real {
  base: string;
  bench: CrashBench;
}

type Command = fc.AsyncCommand<Model, Real>;

const PATHS = ['a.csv', 'b.csv', 'A.csv', 'run/a.csv', 'run/c d.csv', 'run/deep/ä.csv', 'other/-x.csv'];
const FOLDERS = ['run', 'run/deep', 'other', 'moved'];

const rootOf = (real: Real): string => watchedRoot(real.base);
const at = (model: Model, real: Real, path: string): string =>
  join(model.plugged ? rootOf(real) : `${rootOf(real)}.away`, path);

function write(model: Model, real: Real, path: string, content: string): void {
  const target = at(model, real, path);
  mkdirSync(dirname(target), { recursive: true });
  writeFileSync(target, content);
  model.files.set(path, content);
}

/** Moves every file of the model below `from`. */
function renamed(model: Model, from: string, to: string): void {
  for (const [path, content] of [...model.files]) {
    if (path !== from && !path.startsWith(`${from}/`)) continue;
    model.files.delete(path);
    model.files.set(`${to}${path.slice(from.length)}`, content);
  }
}

function command(name: string, check: (model: Model) => boolean, run: (model: Model, real: Real) => unknown): Command {
  return {
    check,
    async run(model, real) {
      await run(model, real);
      await cheapRules(model, real);
    },
    toString: () => name,
  };
}

const path = fc.constantFrom(...PATHS);
const content = fc.integer({ min: 0, max: 4 }).map((n) => `content ${String(n)}\n`.repeat(n));
const folder = fc.constantFrom(...FOLDERS);
const isFile = (model: Model, name: string): boolean => model.files.has(name);
const isFolder = (model: Model, name: string): boolean => [...model.files.keys()].some((p) => p.startsWith(`${name}/`));
const always = (): boolean => true;

const COMMANDS: fc.Arbitrary<Command>[] = [
  fc.tuple(path, content).map(([p, c]) =>
    command(`write(${p}, ${String(c.length)})`, always, (m, r) => {
      write(m, r, p, c);
    }),
  ),
  path.map((p) =>
    command(
      `append(${p})`,
      (m) => isFile(m, p),
      (m, r) => {
        appendFileSync(at(m, r, p), 'more\n');
        m.files.set(p, `${m.files.get(p) ?? ''}more\n`);
      },
    ),
  ),
  fc.tuple(path, path).map(([from, to]) =>
    command(
      `rename(${from}, ${to})`,
      (m) => isFile(m, from) && from !== to,
      (m, r) => {
        mkdirSync(dirname(at(m, r, to)), { recursive: true });
        // Of two links to one file POSIX renames none onto the other: both stay.
        const isLink = isFile(m, to) && statSync(at(m, r, from)).ino === statSync(at(m, r, to)).ino;
        renameSync(at(m, r, from), at(m, r, to));
        if (!isLink) renamed(m, from, to);
      },
    ),
  ),
  fc.tuple(folder, folder).map(([from, to]) =>
    command(
      `rename folder(${from}, ${to})`,
      (m) => isFolder(m, from) && !isFolder(m, to) && !`${to}/`.startsWith(`${from}/`),
      (m, r) => {
        // An empty one may lie there.
        rmSync(at(m, r, to), { recursive: true, force: true });
        mkdirSync(dirname(at(m, r, to)), { recursive: true });
        renameSync(at(m, r, from), at(m, r, to));
        renamed(m, from, to);
      },
    ),
  ),
  path.map((p) =>
    command(
      `delete(${p})`,
      (m) => isFile(m, p),
      (m, r) => {
        rmSync(at(m, r, p));
        m.files.delete(p);
      },
    ),
  ),
  fc.tuple(path, fc.integer({ min: -1_000_000, max: 0 })).map(([p, s]) =>
    command(
      `touch(${p})`,
      (m) => isFile(m, p),
      (m, r) => {
        const time = Date.now() / 1000 + s;
        utimesSync(at(m, r, p), time, time);
      },
    ),
  ),
  fc.tuple(path, path).map(([from, to]) =>
    command(
      `link(${from}, ${to})`,
      (m) => isFile(m, from) && !isFile(m, to),
      (m, r) => {
        mkdirSync(dirname(at(m, r, to)), { recursive: true });
        linkSync(at(m, r, from), at(m, r, to));
        m.files.set(to, m.files.get(from) ?? '');
      },
    ),
  ),
  fc.constant(
    command(
      'unplug',
      (m) => m.plugged,
      (m, r) => {
        renameSync(rootOf(r), `${rootOf(r)}.away`);
        // As an empty mount point.
        mkdirSync(rootOf(r));
        m.plugged = false;
      },
    ),
  ),
  fc.constant(
    command(
      'plug',
      (m) => !m.plugged,
      (m, r) => {
        plug(m, r);
      },
    ),
  ),
  fc.constant(command('scan', always, (m, r) => scan(m, r))),
  // Most of what is concluded needs time between two looks.
  ...[1, 2, 3].map(() =>
    fc.constant(
      command('scan, 11 s, scan', always, async (m, r) => {
        await scan(m, r);
        r.bench.jump(11_000);
        await scan(m, r);
      }),
    ),
  ),
  fc.constant(
    command('clock +11 s', always, (_, r) => {
      r.bench.jump(11_000);
    }),
  ),
  fc.constant(
    command('clock -1 d', always, (_, r) => {
      r.bench.jump(-86_400_000);
    }),
  ),
  fc.constant(
    command('restart', always, async (_, r) => {
      await r.bench.close();
      r.bench = await openCrashBench(r.base);
    }),
  ),
  fc.nat({ max: 6 }).map((n) =>
    command(`label(${String(n)})`, always, async (m, r) => {
      const uid = await nth(r, n);
      if (uid === null) return;
      await addLabels(r.bench.context, { artifacts: [uid], labels: ['mine'], create_missing: true });
      m.labelled.add(uid);
    }),
  ),
  fc.nat({ max: 6 }).map((n) =>
    command(`trash(${String(n)})`, always, async (m, r) => {
      const uid = await nth(r, n);
      if (uid === null) return;
      await trashArtifacts(r.bench.context, { artifacts: [uid] });
      m.trashed.add(uid);
    }),
  ),
  fc.constant(
    command(
      'restore',
      (m) => m.trashed.size > 0,
      async (m, r) => {
        const [uid = ''] = m.trashed;
        await restoreArtifacts(r.bench.context, { artifacts: [uid] });
        m.trashed.delete(uid);
      },
    ),
  ),
];

/** What every sequence begins with: a drive that is known, with files that are registered. */
export async function begin(model: Model, real: Real): Promise<void> {
  for (const name of ['a.csv', 'run/a.csv', 'other/-x.csv']) write(model, real, name, `first ${name}\n`);
  await real.bench.pass();
}

export const sequences = fc.commands(COMMANDS, { maxCommands: 40, size: '+1' });

function plug(model: Model, real: Real): void {
  rmSync(rootOf(real), { recursive: true });
  renameSync(`${rootOf(real)}.away`, rootOf(real));
  model.plugged = true;
}

async function nth({ bench }: Real, n: number): Promise<string | null> {
  const rows = await bench.context.registry.db.selectFrom('artifact').select('uid').orderBy('id').execute();
  return rows[n]?.uid ?? null;
}

async function scan(model: Model, real: Real): Promise<void> {
  const before = await records(real);
  const failed = await real.bench.pass().then(
    () => null,
    (error: unknown) => (error as { code?: string }).code ?? 'unknown',
  );
  if (failed !== null && failed !== 'offline') throw new Error(`the scan failed: ${failed}`);
  if (model.plugged && failed !== null) throw new Error('a drive that is there was taken for another');
  if (!model.plugged && JSON.stringify(await records(real)) !== JSON.stringify(before))
    throw new Error('a drive that was away changed its records (I12)');
}

function records({ bench }: Real): Promise<object[]> {
  return bench.context.registry.db.selectFrom('artifact').selectAll().orderBy('id').execute();
}

/** I2: nothing was done to the files; I16: no change is missing; what people did is there. */
async function cheapRules(model: Model, real: Real): Promise<void> {
  const disk = walkDisk(model.plugged ? rootOf(real) : `${rootOf(real)}.away`);
  const wrong = [...model.files.keys()].filter((name) => !disk.has(name));
  if (wrong.length > 0 || disk.size !== model.files.size) throw new Error(`the files changed: ${wrong.join(', ')}`);
  const { db } = real.bench.context.registry;
  const { n, last } = await db
    .selectFrom('change')
    .select((eb) => [eb.fn.countAll<number>().as('n'), eb.fn.max('id').as('last')])
    .executeTakeFirstOrThrow();
  if (n !== last) throw new Error(`${String(n)} changes, and the last is ${String(last)} (I16)`);
}

/** After a restart and two looks with time between: the registry is what the disk is (I11), and all rules hold. */
export async function allRules(model: Model, real: Real): Promise<void> {
  if (!model.plugged) plug(model, real);
  await real.bench.close();
  real.bench = await openCrashBench(real.base);
  const { context } = real.bench;
  await real.bench.passTwice();
  // What waited for time to pass is looked at once more.
  await real.bench.passTwice();
  const { db } = context.registry;
  const labelled = await db
    .selectFrom('artifact_ulabel')
    .innerJoin('artifact', 'artifact.id', 'artifact_ulabel.artifact_id')
    .select('artifact.uid')
    .execute();
  const trashed = await db.selectFrom('artifact').select('uid').where('visibility', '=', -1).execute();
  await real.bench.close();
  const found = examine(rawToDisplay(context.folder), rootOf(real), [], join(real.base, 'home')).violations;
  const lost = [...model.labelled].filter((uid) => !labelled.some((row) => row.uid === uid));
  if (lost.length > 0) found.push(`records with labels are gone: ${lost.join(', ')}`);
  if (
    trashed
      .map(({ uid }) => uid)
      .sort()
      .join() !== [...model.trashed].sort().join()
  )
    found.push('the trash holds something else than was put there');
  if (found.length > 0) throw new Error(found.join('\n'));
}
