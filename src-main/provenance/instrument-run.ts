/** In whose name the watcher writes: the instrument's transform, on behalf of whoever set the folder up. */
import { newRecordUid, stemOf } from '../../shared/uid.ts';
import type { InstanceContext } from '../instance/index.ts';
import { writeRegistry, type RegistryWrite } from '../registry/change-log.ts';
import type { StorageRow } from '../registry/schema.ts';

type RunContext = Pick<InstanceContext, 'registry' | 'clock' | 'random' | 'onCommitted' | 'sessionRuns'>;

/** Id of this session's run of the watched folder's instrument; both are made when first asked for. */
export function instrumentRun(context: RunContext, storage: StorageRow): Promise<number> {
  const known = context.sessionRuns.get(storage.uid);
  if (known !== undefined) return known;
  const run = beginRun(context, storage);
  context.sessionRuns.set(storage.uid, run);
  // Whoever asks next tries again.
  run.catch(() => context.sessionRuns.delete(storage.uid));
  return run;
}

function beginRun(context: RunContext, storage: StorageRow): Promise<number> {
  const author = { userId: storage.created_by_id, runId: null };
  return writeRegistry(context, author, 'watch', async (write) => {
    const transform = (await knownInstrument(write, storage.id)) ?? (await makeInstrument(context, write, storage));
    const run = {
      uid: newRecordUid(context.random, 'run'),
      transform_id: transform,
      started_at: write.now,
      finished_at: null,
      created_by_id: storage.created_by_id,
      created_at: write.now,
    };
    const [id = 0] = write.insert('run', [run]);
    return id;
  });
}

/** Looked up anew: the row in hand may be older than the instrument. */
async function knownInstrument(write: RegistryWrite, storageId: number): Promise<number | null> {
  const row = await write.tx
    .selectFrom('storage')
    .select('transform_id')
    .where('id', '=', storageId)
    .executeTakeFirst();
  return row?.transform_id ?? null;
}

async function makeInstrument(context: RunContext, write: RegistryWrite, storage: StorageRow): Promise<number> {
  const uid = newRecordUid(context.random, 'transform');
  const folder = storage.root.slice(storage.root.lastIndexOf('/') + 1);
  const transform = {
    uid,
    stem_uid: stemOf(uid),
    key: folder === '' ? storage.root : folder,
    description: storage.description ?? `Files that arrive in ${storage.root}`,
    kind: 'instrument',
    source_code: null,
    hash: null,
    is_latest: 1,
    version: null,
    created_by_id: storage.created_by_id,
    created_at: write.now,
    updated_at: write.now,
  };
  const [id = 0] = write.insert('transform', [transform]);
  await write.update('storage', storage.id, { transform_id: id });
  return id;
}
