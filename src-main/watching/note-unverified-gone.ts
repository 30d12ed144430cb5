/**
 * Large files are registered by their ends while they are read, and are in the inventory only when all of them was. One
 * that went before that is nowhere to be missed: so it is noted here, and held as every file that is gone.
 */
import type { InstanceContext } from '../instance/index.ts';
import { timestamp } from '../ports/clock.ts';
import { joinRaw, rawFromBytes, rawToBytes, splitRaw, type RawPath } from '../ports/fs/raw-path.ts';
import type { StorageRow } from '../registry/schema.ts';
import { localRoot } from '../storage/index.ts';
import { putInventory } from '../workstation/inventory.ts';
import { writeWorkstation } from '../workstation/open-workstation.ts';
import { isAbsent } from './moves.ts';

/** Call only for a root that was just proven attached, after a pass over all of it. */
export async function noteUnverifiedGone(context: InstanceContext, storage: StorageRow): Promise<void> {
  const rows = await context.registry.db
    .selectFrom('artifact')
    .innerJoin('copy', 'copy.artifact_id', 'artifact.id')
    .select(['artifact.uid', 'artifact.size', 'copy.path'])
    .where('artifact.state', '=', 'unverified')
    .where('artifact.n_files', 'is', null)
    .where('copy.storage_id', '=', storage.id)
    .execute();
  const root = localRoot(storage);
  const gone = rows.filter(({ path }) => isAbsent(context, joinRaw(root, rawFromBytes(path))));
  const fresh: typeof gone = [];
  for (const row of gone) if (!(await isKnown(context, storage.uid, rawFromBytes(row.path)))) fresh.push(row);
  if (fresh.length === 0) return;
  const since = timestamp(context.clock);
  await writeWorkstation(context.workstation, (tx) => {
    putInventory(
      tx,
      context.workstation,
      fresh.map(({ uid, size, path }) => {
        const { folder, name } = splitRaw(rawFromBytes(path));
        return {
          storage_uid: storage.uid,
          folder: rawToBytes(folder),
          name: rawToBytes(name),
          size,
          mtime_ns: '0',
          ctime_ns: '0',
          dev: '0',
          ino: '0',
          sha256: null,
          artifact_uid: uid,
          gone_since: since,
          missing: 0,
          unit: 0,
        };
      }),
    );
  });
}

async function isKnown({ workstation }: InstanceContext, storageUid: string, path: RawPath): Promise<boolean> {
  const { folder, name } = splitRaw(path);
  const row = await workstation.db
    .selectFrom('inventory')
    .select('artifact_uid')
    .where('storage_uid', '=', storageUid)
    .where('folder', '=', rawToBytes(folder))
    .where('name', '=', rawToBytes(name))
    .executeTakeFirst();
  return row !== undefined;
}
