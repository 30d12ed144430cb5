/**
 * Operations of several people and of the program itself at the same time, in every order that the file system may
 * answer in (`fc.scheduler`). Each is done or says why not; afterwards all rules hold.
 */
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { BenchkeepError } from '../../../shared/errors.ts';
import { addLabels } from '../../../src-main/annotation/index.ts';
import {
  deleteArtifacts,
  editArtifact,
  replaceArtifact,
  restoreArtifacts,
  revertArtifact,
  saveArtifacts,
  trashArtifacts,
} from '../../../src-main/artifacts/index.ts';
import { undoChange } from '../../../src-main/history/index.ts';
import { makeBackup } from '../../../src-main/instance/make-backup.ts';
import type { Fs } from '../../../src-main/ports/fs/fs.ts';
import { rawToDisplay } from '../../../src-main/ports/fs/raw-path.ts';
import { reconcile } from '../../../src-main/watching/reconcile.ts';
import { findStorage } from '../../../src-main/storage/index.ts';
import { makeInstance, newBase, openCrashBench, put, watchedRoot, type CrashBench } from './crash-bench.ts';
import { bytesBelow, checkBytes } from './oracle-bytes.ts';
import { examine } from './oracle.ts';

type Doing = (bench: CrashBench) => Promise<unknown>;

async function drain(steps: AsyncGenerator<unknown, unknown>): Promise<void> {
  for (let step = await steps.next(); step.done !== true;) step = await steps.next();
}

const outside = (base: string, name: string): string => join(base, 'outside', name);
const save =
  (name: string): Doing =>
  ({ base, context }) =>
    drain(saveArtifacts(context, { paths: [outside(base, name)], key: 'table.csv', labels: [], new: false }));

const DOINGS: Record<string, Doing> = {
  'look at the folder': async ({ base, context }) => {
    const storage = await findStorage(context.registry.db, watchedRoot(base));
    await reconcile(context, { storage, settle: 0 });
  },
  'save one': save('one.csv'),
  'save two': save('two.csv'),
  replace: ({ base, context }) =>
    drain(replaceArtifact(context, { artifact: 'table.csv', path: outside(base, 'three.csv') })),
  trash: ({ context }) => trashArtifacts(context, { artifacts: ['table.csv'] }),
  restore: ({ context }) => restoreArtifacts(context, { artifacts: ['table.csv'] }),
  delete: ({ context }) => deleteArtifacts(context, { artifacts: ['table.csv'], storage: null }),
  'delete in place': ({ context }) => deleteArtifacts(context, { artifacts: ['b.csv'], storage: null }),
  'edit the key': ({ context }) => editArtifact(context, { artifact: 'a.csv', key: 'renamed.csv' }),
  revert: ({ context }) => revertArtifact(context, { artifact: 'table.csv' }),
  label: ({ context }) => addLabels(context, { artifacts: ['a.csv'], labels: ['mine'], create_missing: true }),
  undo: ({ context }) => undoChange(context, { change: null }),
  'back up': ({ context }) => {
    const { fs, folder, instanceUid: uid, clock } = context;
    return makeBackup(fs, { folder, uid, kind: 'manual', now: clock.now() });
  },
};

/** Each effect of the file system happens when the scheduler lets it, and is told when it lets that. */
function scheduled(fs: Fs, s: fc.Scheduler): Fs {
  const turn = (what: string): Promise<void> => s.schedule(Promise.resolve(), what);
  return new Proxy(fs, {
    get(target, name: keyof Fs) {
      // The one that answers at once.
      if (name === 'lookNow') return target.lookNow.bind(target);
      const method = target[name] as (...args: unknown[]) => Promise<unknown>;
      return async (...args: unknown[]): Promise<unknown> => {
        await turn(name);
        try {
          return await method.apply(target, args);
        } finally {
          await turn(`${name} is done`);
        }
      };
    },
  });
}

async function prepare(base: string): Promise<void> {
  const bench = await makeInstance(base);
  mkdirSync(join(base, 'outside'));
  for (const name of ['one', 'two', 'three']) writeFileSync(outside(base, `${name}.csv`), `content ${name}\n`);
  for (const name of ['a.csv', 'b.csv', 'run/c.csv']) put(base, name, `first ${name}\n`);
  await bench.pass();
  await save('one.csv')(bench);
  put(base, 'new.csv', 'not registered yet\n');
  put(base, 'a.csv', 'first a.csv, and more\n');
  renameSync(join(watchedRoot(base), 'run'), join(watchedRoot(base), 'run 2'));
  await bench.close();
}

/** How many were tried. Fails with the operations and the order that break a rule, its seed and its path. */
export async function tryInterleavings(numRuns: number, seed: number): Promise<number> {
  let runs = 0;
  const doings = fc.array(fc.constantFrom(...Object.keys(DOINGS)), { minLength: 2, maxLength: 5 });
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), doings, async (s, names) => {
      runs += 1;
      const base = newBase();
      let bench: CrashBench | null = null;
      try {
        await prepare(base);
        bench = await openCrashBench(base);
        const before = bytesBelow(base);
        const busy = { ...bench, context: { ...bench.context, fs: scheduled(bench.context.fs, s) } };
        await s.waitFor(Promise.all(names.map((name) => done(name, busy))));
        await bench.close();
        bench = await openCrashBench(base);
        await bench.passTwice();
        await bench.passTwice();
        const folder = rawToDisplay(bench.context.folder);
        await bench.close();
        const found = examine(folder, watchedRoot(base), [], join(base, 'home')).violations;
        if (found.length > 0) throw new Error(found.join('\n'));
        // Of what was saved the source stays, so that a deletion loses none.
        const lost = checkBytes(base, folder, before);
        if (lost.length > 0) throw new Error(lost.join('\n'));
      } finally {
        await bench?.close();
        rmSync(base, { recursive: true, force: true });
      }
    }),
    { numRuns, seed, endOnFailure: false, interruptAfterTimeLimit: 3 * 3_600_000 },
  );
  return runs;
}

/** Somebody else was faster: that is said in words. */
async function done(name: string, bench: CrashBench): Promise<void> {
  try {
    await DOINGS[name]?.(bench);
  } catch (error) {
    if (!(error instanceof BenchkeepError) || error.code === 'internal')
      throw new Error(`${name} failed with ${String(error)}`, { cause: error });
  }
}
