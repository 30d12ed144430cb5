/** No bytes are lost, nothing half stands under a final name, and the markers are where the registry says (I2, I8, I9). */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { walkDisk } from './oracle.ts';

const OWN = '.lamindb';
const MARKER = 'storage_uid.txt';

/** Every content below `base` that is not the program's own, by its sha256. */
export function bytesBelow(base: string): Set<string> {
  const found = new Set<string>();
  for (const entry of readdirSync(base, { withFileTypes: true })) {
    if (!entry.isDirectory() || entry.name === 'home') continue;
    for (const [path, hash] of walkDisk(join(base, entry.name)))
      if (!path.endsWith(`${OWN}/${MARKER}`)) found.add(hash);
  }
  return found;
}

/** `before`: what was there; `folder`: the instance's. */
export function checkBytes(base: string, folder: string, before: ReadonlySet<string>): string[] {
  const violations: string[] = [];
  const now = bytesBelow(base);
  for (const hash of before) if (!now.has(hash)) violations.push(`the content ${hash} is nowhere any more`);
  const db = new Database(join(folder, 'registry.db'), { readonly: true });
  const instance = db.prepare('SELECT uid FROM instance').pluck().get();
  const storages = db
    .prepare("SELECT root, uid FROM storage WHERE managed = 1 AND type = 'local' AND instance_uid = ?")
    .all(instance) as { root: string; uid: string }[];
  const hashes = new Set(db.prepare('SELECT sha256 FROM artifact').pluck().all() as (string | null)[]);
  db.close();
  for (const { root, uid } of storages) {
    if (markerOf(root) !== uid) violations.push(`${root} has no marker of its storage`);
    for (const [path, hash] of walkDisk(root)) {
      if (!path.startsWith(`${OWN}/`) || path === `${OWN}/${MARKER}`) continue;
      if (!hashes.has(hash) && !before.has(hash)) violations.push(`${path} holds what never was a whole file`);
    }
  }
  return violations;
}

function markerOf(root: string): string | null {
  try {
    return readFileSync(join(root, OWN, MARKER), 'utf8').split('\n')[0] ?? null;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
