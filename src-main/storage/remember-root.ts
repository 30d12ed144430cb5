/** Keeps what a root is known by, and whether it is connected: rows of `root` in the workstation database. */
import { timestamp } from '../ports/clock.ts';
import { fileSystemOf, folderBirth } from '../ports/fs/file-system.ts';
import { fsError } from '../ports/fs/fs-error.ts';
import type { StorageRow } from '../registry/schema.ts';
import type { RootTable } from '../workstation/schema.ts';
import { writeRoot } from '../workstation/write-root.ts';
import { localRoot } from './local-root.ts';
import type { StorageContext } from './storage-context.ts';

export interface RootIdentity {
  fsType: string;
  fsUuid: string | null;
  /** `folderBirth` of the root itself; left out by earlier versions. */
  birth?: string | null;
}

type RememberContext = Pick<StorageContext, 'workstation' | 'clock'>;

/** Null where it was never seen. */
export async function rememberedIdentity(
  { workstation }: Pick<StorageContext, 'workstation'>,
  storageUid: string,
): Promise<RootIdentity | null> {
  const row = await workstation.db
    .selectFrom('root')
    .select('identity')
    .where('storage_uid', '=', storageUid)
    .executeTakeFirst();
  return row === undefined || row.identity === '' ? null : (JSON.parse(row.identity) as RootIdentity);
}

/** Remembers how the root looks now, as connected; only for a folder that is known to be the right one. True where that is news. */
export async function rememberRoot(context: RememberContext, storage: StorageRow): Promise<boolean> {
  const root = localRoot(storage);
  const asked = Promise.all([fileSystemOf(root), folderBirth(root)]);
  const [{ type, uuid }, birth] = await asked.catch((error: unknown) => Promise.reject(fsError(error, root)));
  const identity: RootIdentity = { fsType: type, fsUuid: uuid, birth };
  return note(context, storage.uid, { attached: 1, reason: null, identity: JSON.stringify(identity) });
}

/** Its artifacts are shown as offline for `reason`. True where that is news. */
export function rememberDetached(context: RememberContext, storage: StorageRow, reason: string): Promise<boolean> {
  return note(context, storage.uid, { attached: 0, reason });
}

async function note(
  context: RememberContext,
  storageUid: string,
  now: Pick<RootTable, 'attached' | 'reason'> & { identity?: string },
): Promise<boolean> {
  const { db } = context.workstation;
  const before = await db.selectFrom('root').selectAll().where('storage_uid', '=', storageUid).executeTakeFirst();
  const row = { identity: before?.identity ?? '', ...now, checked_at: timestamp(context.clock) };
  const news = before?.attached !== row.attached || before.reason !== row.reason;
  if (!news && before.identity === row.identity) return false;
  await writeRoot(context.workstation, { storage_uid: storageUid, ...row });
  return news;
}
