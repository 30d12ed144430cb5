/** The facts that an inventory row keeps. */
import type { FileFacts } from '../ports/fs/file-facts.ts';
import type { InventoryRow } from '../workstation/schema.ts';

export function factsFromRow(row: InventoryRow): FileFacts {
  return { kind: 'file', size: row.size, mtimeNs: row.mtime_ns, ctimeNs: row.ctime_ns, dev: row.dev, ino: row.ino };
}
