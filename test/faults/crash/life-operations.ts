/** Operations that hide records, bring them back, and delete them for good. */
import { deleteArtifacts, restoreArtifacts, trashArtifacts } from '../../../src-main/artifacts/index.ts';
import type { CrashBench } from './crash-bench.ts';
import { acknowledgeAll, file, putFiles, save, uidOf, unless, type Operation } from './operations.ts';

async function registered(bench: CrashBench): Promise<void> {
  putFiles(bench, 'first');
  await bench.pass();
}

export const trash: Operation = {
  name: 'trash and restore',
  prepare: registered,
  async run(bench, acknowledge) {
    const artifacts = await Promise.all([0, 1, 2].map((n) => uidOf(bench, file(n))));
    await trashArtifacts(bench.context, { artifacts });
    for (const uid of artifacts.slice(1)) acknowledge({ kind: 'visibility', uid, visibility: -1 });
    await restoreArtifacts(bench.context, { artifacts: artifacts.slice(0, 1) });
    acknowledge({ kind: 'visibility', uid: artifacts[0] ?? '', visibility: 1 });
    await acknowledgeAll(bench, acknowledge);
  },
};

/** Copies that the program made go with their records; a file in place stays and does not come back as a record. */
export const remove: Operation = {
  name: 'delete for good',
  async prepare(bench) {
    await registered(bench);
    await save.prepare(bench);
    await save.run(bench, () => undefined);
  },
  async run(bench, acknowledge) {
    const { db } = bench.context.registry;
    const rows = await db
      .selectFrom('artifact')
      .select('uid')
      .where('key', 'in', ['table.csv', 'plate', file(3)])
      .orderBy('id')
      .execute();
    for (const { uid } of rows) {
      await unless('not_found', deleteArtifacts(bench.context, { artifacts: [uid], storage: null }));
      acknowledge({ kind: 'visibility', uid, visibility: null });
    }
    await acknowledgeAll(bench, acknowledge);
  },
};
