/** Moves on one disk: the same file under another name, told without reading it. */
import type { FileFacts } from '../ports/fs/file-facts.ts';
import { joinRaw, type RawPath } from '../ports/fs/raw-path.ts';
import type { StorageRow } from '../registry/schema.ts';
import { localRoot } from '../storage/index.ts';
import type { InventoryRow } from '../workstation/schema.ts';
import {
  isGoneFrom,
  nearest,
  pathOf,
  type AttachedStorages,
  type Known,
  type Move,
  type MovesContext,
} from './moves.ts';
import type { Candidate } from './scanner.ts';

const CHUNK = 500;
const SAME_FILE =
  'the same file on the disk (its number there, size and time of change agree), no longer at its old path';

export interface PairedByInode {
  moves: Move[];
  /** Not known under another name. */
  rest: Candidate[];
}

/**
 * Same inode, size and mtime as a known file that is not at its path any more. An inode alone is given to other files
 * in time; a time of whole seconds is too coarse to tell them apart, so such files are read first (`pairByContent`).
 */
export async function pairByInode(
  context: MovesContext,
  attached: AttachedStorages,
  storage: StorageRow,
  candidates: readonly Candidate[],
): Promise<PairedByInode> {
  const rows = await rowsOfInodes(
    context,
    candidates.map(({ facts }) => facts.ino),
  );
  if (rows.size === 0) return { moves: [], rest: [...candidates] };
  const moves: Move[] = [];
  const rest: Candidate[] = [];
  const taken = new Set<InventoryRow>();
  for (const candidate of candidates) {
    const { path, facts } = candidate;
    const alike: Known[] = [];
    for (const row of rows.get(facts.ino) ?? []) {
      if (taken.has(row) || !looksAlike(row, facts, storage)) continue;
      if (row.storage_uid === storage.uid && pathOf(row) === path) continue;
      const from = await attached.byUid(row.storage_uid, row.dev === facts.dev ? facts.dev : undefined);
      if (from !== null && (await hasLeft(context, rows, from, row, { storage, path, facts })))
        alike.push({ row, storage: from });
    }
    const known = nearest(alike, path);
    if (known === null || known.row.sha256 === null) {
      rest.push(candidate);
      continue;
    }
    taken.add(known.row);
    moves.push({
      uid: known.row.artifact_uid,
      from: { storage: known.storage, path: pathOf(known.row) },
      to: { storage, path, facts },
      sha256: known.row.sha256,
      evidence: SAME_FILE,
      sameFile: true,
      absorbs: null,
    });
  }
  return { moves, rest };
}

type ByInode = ReadonlyMap<string, readonly InventoryRow[]>;

async function rowsOfInodes({ workstation }: MovesContext, inodes: readonly string[]): Promise<ByInode> {
  const found = new Map<string, InventoryRow[]>();
  for (let i = 0; i < inodes.length; i += CHUNK) {
    const rows = await workstation.db
      .selectFrom('inventory')
      .selectAll()
      .where('ino', 'in', inodes.slice(i, i + CHUNK))
      .execute();
    for (const row of rows) {
      const same = found.get(row.ino);
      if (same === undefined) found.set(row.ino, [row]);
      else same.push(row);
    }
  }
  return found;
}

/** A drive's number changes when it is plugged in again: within one storage it is not compared. */
function looksAlike(row: InventoryRow, facts: FileFacts, storage: StorageRow): boolean {
  return (
    row.size === facts.size &&
    row.mtime_ns === facts.mtimeNs &&
    // Of a folder that is one item: each file in it looks the same.
    (facts.kind !== 'folder' || row.ctime_ns === facts.ctimeNs) &&
    !isCoarse(facts.mtimeNs) &&
    (row.dev === facts.dev || row.storage_uid === storage.uid)
  );
}

function isCoarse(mtimeNs: string): boolean {
  return mtimeNs === '0' || mtimeNs.endsWith('000000000');
}

/** True where the known file is not at its path: nothing is there, or a known file that came from elsewhere itself. */
async function hasLeft(
  context: MovesContext,
  rows: ByInode,
  from: StorageRow,
  row: InventoryRow,
  to: { storage: StorageRow; path: RawPath; facts: FileFacts },
): Promise<boolean> {
  const old = joinRaw(localRoot(from), pathOf(row));
  if (await isGoneFrom(context, from, pathOf(row), to)) return true;
  const now = await context.fs.look(old).catch(() => null);
  if (now === null) return false;
  // Both names are there: a hard link.
  if (now.ino === to.facts.ino && now.dev === to.facts.dev) return false;
  // Another file took its place. A new one is a new content of that path: an editor that keeps a copy under another name.
  const others = rows.get(now.ino) ?? (await rowsOfInodes(context, [now.ino])).get(now.ino) ?? [];
  return others.some((other) => other !== row && looksAlike(other, now, from) && pathOf(other) !== pathOf(row));
}
