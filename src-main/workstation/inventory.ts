/** The inventory of local files: what each looked like when it was registered. */
import type { Insertable, Transaction } from 'kysely';
import { rawToBytes, splitRaw, type RawPath } from '../ports/fs/raw-path.ts';
import type { Workstation } from './open-workstation.ts';
import type { InventoryTable, WorkstationDB } from './schema.ts';

const COLUMNS = [
  'storage_uid',
  'folder',
  'name',
  'size',
  'mtime_ns',
  'ctime_ns',
  'dev',
  'ino',
  'sha256',
  'artifact_uid',
  'gone_since',
  'missing',
  'unit',
] as const;

/** One row a file, replacing what was known of its path. Only inside `writeWorkstation`: it runs on the same connection. */
export function putInventory(
  tx: Transaction<WorkstationDB>,
  { sqlite }: Pick<Workstation, 'sqlite'>,
  rows: readonly Insertable<InventoryTable>[],
): void {
  const [first] = rows;
  if (first === undefined) return;
  const { sql } = tx
    .insertInto('inventory')
    .values(Object.fromEntries(COLUMNS.map((column) => [column, 0])) as never)
    .onConflict((conflict) =>
      conflict
        .columns(['storage_uid', 'folder', 'name'])
        .doUpdateSet((eb) =>
          Object.fromEntries(COLUMNS.slice(3).map((column) => [column, eb.ref(`excluded.${column}`)])),
        ),
    )
    .compile();
  const put = sqlite.prepare(sql);
  for (const row of rows) put.run(COLUMNS.map((column) => row[column] ?? null));
}

/** Forgets what was known of these paths. Only inside `writeWorkstation`: it runs on the same connection. */
export function dropInventory(
  tx: Transaction<WorkstationDB>,
  { sqlite }: Pick<Workstation, 'sqlite'>,
  places: readonly { storageUid: string; path: RawPath }[],
): void {
  const { sql } = tx
    .deleteFrom('inventory')
    .where('storage_uid', '=', '')
    .where('folder', '=', Buffer.alloc(0))
    .where('name', '=', Buffer.alloc(0))
    .compile();
  const drop = sqlite.prepare(sql);
  for (const { storageUid, path } of places) {
    const { folder, name } = splitRaw(path);
    drop.run(storageUid, rawToBytes(folder), rawToBytes(name));
  }
}

/** The same of one path, only where it is known as this item. */
export async function dropUnit(
  tx: Transaction<WorkstationDB>,
  { storageUid, path, artifactUid }: { storageUid: string; path: RawPath; artifactUid: string },
): Promise<void> {
  const { folder, name } = splitRaw(path);
  await tx
    .deleteFrom('inventory')
    .where('storage_uid', '=', storageUid)
    .where('folder', '=', rawToBytes(folder))
    .where('name', '=', rawToBytes(name))
    .where('artifact_uid', '=', artifactUid)
    .where('unit', '=', 1)
    .execute();
}

/** Says of files that are gone that the registry calls them missing. Only inside `writeWorkstation`. */
export function markMissing(
  tx: Transaction<WorkstationDB>,
  { sqlite }: Pick<Workstation, 'sqlite'>,
  storageUid: string,
  paths: readonly RawPath[],
): void {
  const { sql } = tx
    .updateTable('inventory')
    .set({ missing: 1 })
    .where('storage_uid', '=', storageUid)
    .where('folder', '=', Buffer.alloc(0))
    .where('name', '=', Buffer.alloc(0))
    .where('gone_since', 'is not', null)
    .compile();
  const mark = sqlite.prepare(sql);
  for (const path of paths) {
    const { folder, name } = splitRaw(path);
    mark.run(1, storageUid, rawToBytes(folder), rawToBytes(name));
  }
}

/** Sets since when the files at `paths` were not found; null: they are there. Only inside `writeWorkstation`. */
export function markGone(
  tx: Transaction<WorkstationDB>,
  { sqlite }: Pick<Workstation, 'sqlite'>,
  storageUid: string,
  paths: readonly RawPath[],
  since: string | null,
): void {
  const { sql } = tx
    .updateTable('inventory')
    .set({ gone_since: since, missing: 0 })
    .where('storage_uid', '=', storageUid)
    .where('folder', '=', Buffer.alloc(0))
    .where('name', '=', Buffer.alloc(0))
    .compile();
  const mark = sqlite.prepare(sql);
  for (const path of paths) {
    const { folder, name } = splitRaw(path);
    mark.run(since, 0, storageUid, rawToBytes(folder), rawToBytes(name));
  }
}

/** Everything of a storage counts as not found since `since`. */
export async function markAllGone(tx: Transaction<WorkstationDB>, storageUid: string, since: string): Promise<void> {
  await tx
    .updateTable('inventory')
    .set({ gone_since: since })
    .where('storage_uid', '=', storageUid)
    .where('gone_since', 'is', null)
    .execute();
}

/** What is gone, and not told as missing yet, counts as not found since `since` only. */
export async function restartHold(tx: Transaction<WorkstationDB>, storageUid: string, since: string): Promise<void> {
  await tx
    .updateTable('inventory')
    .set({ gone_since: since })
    .where('storage_uid', '=', storageUid)
    .where('gone_since', 'is not', null)
    .where('missing', '=', 0)
    .execute();
}
