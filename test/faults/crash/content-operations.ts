/** Operations that move, replace or remove the bytes of what a managed storage holds. */
import { copyFileSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { deleteArtifacts, editArtifact, replaceArtifact } from '../../../src-main/artifacts/index.ts';
import { addStorage, editStorage } from '../../../src-main/storage/index.ts';
import { moveArtifact } from '../../../src-main/watching/index.ts';
import type { CrashBench } from './crash-bench.ts';
import { acknowledgeAll, file, putFiles, save, uidOf, unless, type Operation } from './operations.ts';

const KEPT = 'kept';
const keptFile = (n: number): string => `day ${String(n)}/well.csv`;

/** A watched folder that Benchkeep may change, with files in place and the same bytes elsewhere. */
async function keptInPlace(bench: CrashBench): Promise<void> {
  const { base, context } = bench;
  mkdirSync(join(base, 'outside'), { recursive: true });
  for (let n = 0; n < 3; n++) {
    mkdirSync(join(base, KEPT, `day ${String(n)}`), { recursive: true });
    writeFileSync(join(base, KEPT, keptFile(n)), `kept ${String(n)}\n`);
    copyFileSync(join(base, KEPT, keptFile(n)), join(base, 'outside', `${String(n)}.csv`));
  }
  await addStorage(context, { root: join(base, KEPT), managed: true, watch: true });
  await bench.pass();
}

async function drain(steps: AsyncGenerator<unknown, unknown>): Promise<void> {
  for (let step = await steps.next(); step.done !== true;) step = await steps.next();
}

export const replace: Operation = {
  name: 'replace a file and a folder',
  async prepare(bench) {
    await save.prepare(bench);
    await save.run(bench, () => undefined);
    const outside = join(bench.base, 'outside');
    writeFileSync(join(outside, 'three.csv'), 'third, and the longest');
    mkdirSync(join(outside, 'plate 2'));
    for (const well of ['A1', 'C3']) writeFileSync(join(outside, 'plate 2', `${well}.csv`), `second ${well}`);
  },
  async run({ base, context }, acknowledge) {
    for (const [key, name] of [
      ['table.csv', 'three.csv'],
      ['plate', 'plate 2'],
    ] as const) {
      await drain(replaceArtifact(context, { artifact: key, path: join(base, 'outside', name) }));
      const { uid, sha256 } = await context.registry.db
        .selectFrom('artifact')
        .select(['uid', 'sha256'])
        .where('key', '=', key)
        .where('is_latest', '=', 1)
        .executeTakeFirstOrThrow();
      acknowledge({ kind: 'artifact', key, sha256: sha256 ?? '' });
      acknowledge({ kind: 'visibility', uid, visibility: 1 });
    }
  },
};

export const move: Operation = {
  name: 'rename a file with its key',
  prepare: keptInPlace,
  async run(bench, acknowledge) {
    for (const n of [0, 1]) {
      const key = `moved/${String(n)}.csv`;
      const { db } = bench.context.registry;
      const done = await db.selectFrom('artifact').select('uid').where('key', '=', key).executeTakeFirst();
      if (done === undefined) await moveArtifact(bench.context, { artifact: await uidOf(bench, keptFile(n)), key });
      acknowledge({ kind: 'file', path: join(bench.base, KEPT, key), there: true });
      acknowledge({ kind: 'file', path: join(bench.base, KEPT, keptFile(n)), there: false });
    }
  },
};

/** Bytes go with their record; the copy outside stays. */
export const purge: Operation = {
  name: 'delete for good with the file',
  prepare: keptInPlace,
  async run(bench, acknowledge) {
    const { context } = bench;
    const row = (key: string) =>
      context.registry.db.selectFrom('artifact').select('uid').where('key', '=', key).executeTakeFirst();
    for (const n of [0, 2]) {
      const uid = (await row(keptFile(n)))?.uid;
      if (uid !== undefined) {
        await deleteArtifacts(context, { artifacts: [uid], storage: true });
        acknowledge({ kind: 'visibility', uid, visibility: null });
      }
      const path = join(bench.base, KEPT, keptFile(n));
      // Told only where it is so: what a full disk refused is told as remaining.
      if (!existsSync(path)) acknowledge({ kind: 'file', path, there: false });
    }
    acknowledge({ kind: 'file', path: join(bench.base, KEPT, keptFile(1)), there: true });
  },
};

export const edit: Operation = {
  name: 'edit a record and a storage',
  async prepare(bench) {
    putFiles(bench, 'first');
    await bench.pass();
  },
  async run(bench, acknowledge) {
    const { db } = bench.context.registry;
    const done = await db.selectFrom('artifact').select('uid').where('key', '=', 'renamed.csv').executeTakeFirst();
    const artifact = done?.uid ?? (await uidOf(bench, file(0)));
    await editArtifact(bench.context, { artifact, key: 'renamed.csv', description: 'first plate' });
    await unless('already_exists', editArtifact(bench.context, { artifact, version: 'published' }));
    await editStorage(bench.context, { storage: join(bench.base, 'instrument'), description: 'Microscope' });
    await acknowledgeAll(bench, acknowledge);
  },
};
