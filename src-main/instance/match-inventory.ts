/**
 * Brings what this computer knows of its files to a registry that is another than the one it was filled from: a backup,
 * a repaired one, one that lost its end. What the registry does not say is forgotten, so that the next look at the
 * watched folders finds it as new; what it says and nobody looked for is looked for.
 */
import type { InstanceContext } from './instance-context.ts';
import { rawFromBytes, rawToBytes, splitRaw, joinRaw } from '../ports/fs/raw-path.ts';
import { writeWorkstation } from '../workstation/open-workstation.ts';
import { dropInventory, putInventory } from '../workstation/inventory.ts';
import type { InventoryRow } from '../workstation/schema.ts';

type Context = Pick<InstanceContext, 'registry' | 'workstation'>;

const PAGE = 2000;

interface KnownCopy {
  uid: string;
  sha256: string | null;
  state: string;
}

export async function matchInventory(context: Context): Promise<void> {
  await forgetUnknown(context);
  await lookForOthers(context);
}

async function forgetUnknown({ registry, workstation }: Context): Promise<void> {
  const copyAt = registry.sqlite.prepare<[string, Buffer], KnownCopy>(
    `SELECT a.uid, a.sha256, a.state FROM copy c JOIN artifact a ON a.id = c.artifact_id JOIN storage s ON s.id = c.storage_id
     WHERE s.uid = ? AND c.path = ?`,
  );
  const folderKnown = registry.sqlite.prepare<[string], unknown>(
    'SELECT 1 FROM artifact WHERE uid = ? AND n_files IS NOT NULL',
  );
  const unknown: InventoryRow[] = [];
  const back: InventoryRow[] = [];
  for (const row of workstation.sqlite.prepare<[], InventoryRow>('SELECT * FROM inventory').iterate()) {
    const path = joinRaw(rawFromBytes(row.folder), rawFromBytes(row.name));
    const copy = copyAt.get(row.storage_uid, rawToBytes(path));
    const isSame = copy?.uid === row.artifact_uid && (copy.sha256 === row.sha256 || row.sha256 === null);
    if (!isSame && folderKnown.get(row.artifact_uid) === undefined) unknown.push(row);
    else if (row.missing === 1 && copy !== undefined && copy.state !== 'missing') back.push(row);
  }
  await writeWorkstation(workstation, (tx) => {
    dropInventory(
      tx,
      workstation,
      unknown.map((row) => ({
        storageUid: row.storage_uid,
        path: joinRaw(rawFromBytes(row.folder), rawFromBytes(row.name)),
      })),
    );
    putInventory(
      tx,
      workstation,
      back.map((row) => ({ ...row, missing: 0 })),
    );
  });
}

/** Files that the registry knows and the inventory does not: with facts that no file has, so that each is looked at. */
async function lookForOthers({ registry, workstation }: Context): Promise<void> {
  const isKnown = workstation.sqlite.prepare<[string, Buffer, Buffer], unknown>(
    'SELECT 1 FROM inventory WHERE storage_uid = ? AND folder = ? AND name = ?',
  );
  const isOurs = workstation.sqlite.prepare<[string], unknown>('SELECT 1 FROM root WHERE storage_uid = ?');
  const page = registry.sqlite.prepare<
    [number, number],
    { id: number; storage: string; path: Buffer; uid: string; size: number; sha256: string | null }
  >(
    `SELECT c.id, s.uid AS storage, c.path, a.uid, a.size, a.sha256 FROM copy c JOIN artifact a ON a.id = c.artifact_id
     JOIN storage s ON s.id = c.storage_id
     WHERE c.id > ? AND a.n_files IS NULL AND a.state NOT IN ('missing', 'unverified') AND s.root_path IS NOT NULL ORDER BY c.id LIMIT ?`,
  );
  for (let last = 0; ;) {
    const copies = page.all(last, PAGE);
    const fresh = copies.flatMap(({ storage, path, uid, size, sha256 }) => {
      const { folder, name } = splitRaw(rawFromBytes(path));
      const isOwn = folder === '.lamindb' || folder.startsWith('.lamindb/');
      const [f, n] = [rawToBytes(folder), rawToBytes(name)];
      if (isOwn || isOurs.get(storage) === undefined || isKnown.get(storage, f, n) !== undefined) return [];
      const facts = { size, mtime_ns: '0', ctime_ns: '0', dev: '0', ino: '0', sha256 };
      const known = { artifact_uid: uid, gone_since: null, missing: 0, unit: 0 };
      return [{ storage_uid: storage, folder: f, name: n, ...facts, ...known }];
    });
    if (fresh.length > 0) await writeWorkstation(workstation, (tx) => putInventory(tx, workstation, fresh));
    if (copies.length < PAGE) return;
    last = copies.at(-1)?.id ?? last;
  }
}
