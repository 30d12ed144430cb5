/** In whose name the watcher writes: each watched folder is an instrument, and each session of the engine a run of it. */
import { newRecordUid, stemOf } from '../../shared/uid.ts';
import { writeRegistry } from '../registry/change-log.ts';
import type { StorageRow } from '../registry/schema.ts';
import type { InstanceContext } from '../instance/index.ts';

type Needed = Pick<InstanceContext, 'registry' | 'clock' | 'random' | 'onCommitted' | 'sessionRuns'>;

/** Id of this session's run of the storage's instrument; made at the first file that is registered. */
export async function instrumentRun(context: Needed, storage: StorageRow): Promise<number> {
  const known = context.sessionRuns.get(storage.uid);
  if (known !== undefined) return known;
  const author = { userId: storage.created_by_id, runId: null };
  const id = await writeRegistry(context, author, 'watch', async (write) => {
    const row = await write.tx.selectFrom('storage').select('transform_id').where('id', '=', storage.id).executeTakeFirst();
    const by = { created_by_id: author.userId, created_at: write.now };
    let transformId = row?.transform_id ?? null;
    if (transformId === null) {
      const uid = newRecordUid(context.random, 'transform');
      [transformId = 0] = write.insert('transform', [
        {
          uid,
          stem_uid: stemOf(uid),
          key: storage.root,
          description: storage.description ?? `Files that arrive in ${storage.root}`,
          kind: 'instrument',
          source_code: null,
          hash: null,
          is_latest: 1,
          version: null,
          updated_at: write.now,
          ...by,
        },
      ]);
      await write.update('storage', storage.id, { transform_id: transformId, updated_at: write.now });
    }
    const [runId = 0] = write.insert('run', [
      { uid: newRecordUid(context.random, 'run'), transform_id: transformId, started_at: write.now, finished_at: null, ...by },
    ]);
    return runId;
  });
  context.sessionRuns.set(storage.uid, id);
  return id;
}
