/** The inventory as a walk reads it: prepared once, one indexed query a folder. */
import { sql } from 'kysely';
import type { Workstation } from '../workstation/open-workstation.ts';
import { rawFromBytes, rawToBytes, type RawPath } from '../ports/fs/raw-path.ts';
import { inventoryFacts, type InventoryReader, type KnownFile } from './walk-storage.ts';

type FileColumns = [name: Buffer, size: number, mtimeNs: string, ctimeNs: string, ino: string, goneSince: string | null];

export function inventoryReader({ db, sqlite }: Workstation, storageUid: string): InventoryReader {
  const ofFolder = db
    .selectFrom('inventory')
    .select(['name', 'size', 'mtime_ns', 'ctime_ns', 'ino', 'gone_since'])
    .where('storage_uid', '=', storageUid)
    .where('folder', '=', Buffer.alloc(0))
    .compile();
  const files = sqlite.prepare(ofFolder.sql).raw(true);
  // A folder's own name followed by `/` up to `0`, the next character: everything below it.
  const below = db
    .selectFrom('inventory')
    .select('folder')
    .distinct()
    .where('storage_uid', '=', storageUid)
    .where((eb) =>
      eb.or([
        eb(sql`${Buffer.alloc(0)}`, '=', Buffer.alloc(0)),
        eb('folder', '=', Buffer.alloc(0)),
        eb.and([eb('folder', '>=', Buffer.alloc(0)), eb('folder', '<', Buffer.alloc(0))]),
      ]),
    )
    .compile();
  const folders = sqlite.prepare(below.sql).raw(true);

  return {
    filesOf(folder) {
      const known = new Map<RawPath, KnownFile>();
      for (const row of files.all(storageUid, rawToBytes(folder)) as FileColumns[]) {
        const [name, size, mtimeNs, ctimeNs, ino, goneSince] = row;
        known.set(rawFromBytes(name), { facts: inventoryFacts({ size, mtimeNs, ctimeNs, ino }), gone: goneSince !== null });
      }
      return known;
    },
    foldersBelow(start) {
      const bytes = rawToBytes(start);
      const from = Buffer.concat([bytes, Buffer.from('/')]);
      const to = Buffer.concat([bytes, Buffer.from('0')]);
      const rows = folders.all(storageUid, bytes, Buffer.alloc(0), bytes, from, to) as [Buffer][];
      return rows.map(([folder]) => rawFromBytes(folder));
    },
  };
}
