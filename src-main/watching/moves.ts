/**
 * Which new paths are known files under another name: the rules for moves (`ux.md`). A move is concluded only where
 * the old path holds the file no more, and only where it is the one possible answer; the rest is left to people.
 */
import { BenchkeepError } from '../../shared/errors.ts';
import type { InstanceContext } from '../instance/index.ts';
import type { FileFacts } from '../ports/fs/file-facts.ts';
import { joinRaw, rawFromBytes, rawToBytes, splitRaw, type RawPath } from '../ports/fs/raw-path.ts';
import type { StorageRow } from '../registry/schema.ts';
import { checkRoot, localRoot } from '../storage/index.ts';
import type { InventoryRow } from '../workstation/schema.ts';
import { isRenamedInCase } from './renamed-in-case.ts';

/** A file of a storage that is now at another path, of the same storage or of another. */
export interface Move {
  /** Of the artifact that the file is, as this computer or the registry knows it at the old path. */
  uid: string;
  from: { storage: StorageRow; path: RawPath };
  to: { storage: StorageRow; path: RawPath; facts: FileFacts };
  sha256: string;
  /** In plain words, for the log. */
  evidence: string;
  /** The very file, on the device that it was on before. */
  sameFile: boolean;
  /** Registered meanwhile at the new path as a file of its own: that record is absorbed. */
  absorbs: number | null;
}

export type MovesContext = Pick<InstanceContext, 'registry' | 'workstation' | 'workstationUid' | 'fs' | 'clock'>;

/** Storages of this workstation that are connected now: asked once each in one look. */
export interface AttachedStorages {
  /**
   * `device`: of a file that was in it and is elsewhere now. Where the root lies on that very device it is connected,
   * though it may be empty now because all of it was moved out.
   */
  byUid(uid: string, device?: string): Promise<StorageRow | null>;
}

interface Asked {
  storage: StorageRow;
  attached: boolean;
  /** Null where the root is no folder now. */
  device: string | null;
}

export function attachedStorages(context: MovesContext, proven: StorageRow): AttachedStorages {
  const asked = new Map<string, Promise<Asked | null>>([
    [proven.uid, Promise.resolve({ storage: proven, attached: true, device: null })],
  ]);
  async function ask(uid: string): Promise<Asked | null> {
    const row = await context.registry.db
      .selectFrom('storage')
      .selectAll()
      .where('uid', '=', uid)
      .where('workstation_uid', '=', context.workstationUid)
      .where('type', '=', 'local')
      .executeTakeFirst();
    if (row === undefined) return null;
    const { attached } = await checkRoot(context, row);
    const facts = attached ? null : await context.fs.look(localRoot(row)).catch(() => null);
    return { storage: row, attached, device: facts?.kind === 'folder' ? facts.dev : null };
  }
  return {
    async byUid(uid, device) {
      const asking = asked.get(uid) ?? ask(uid);
      asked.set(uid, asking);
      const known = await asking;
      if (known === null) return null;
      return known.attached || (device !== undefined && known.device === device) ? known.storage : null;
    },
  };
}

export interface Known<Row = InventoryRow> {
  row: Row;
  storage: StorageRow;
}

export function placeOf(path: RawPath): Place {
  const { folder, name } = splitRaw(path);
  return { folder: rawToBytes(folder), name: rawToBytes(name) };
}

export type Place = Pick<InventoryRow, 'folder' | 'name'>;

export function pathOf(row: Place): RawPath {
  return joinRaw(rawFromBytes(row.folder), rawFromBytes(row.name));
}

/** Nothing is at the old path, or the disk takes it for the new one of which only capitals differ. */
export async function isGoneFrom(
  context: Pick<MovesContext, 'fs'>,
  from: StorageRow,
  path: RawPath,
  to: { storage: StorageRow; path: RawPath },
): Promise<boolean> {
  if (isAbsent(context, joinRaw(localRoot(from), path))) return true;
  return from.id === to.storage.id && isRenamedInCase(context.fs, localRoot(from), path, to.path);
}

/** Of several the one whose path ends most alike; null where that is not one alone. */
export function nearest<T extends { row: Place }>(known: readonly T[], path: RawPath): T | null {
  const [first = null, second] = known
    .map((one) => ({ one, common: commonTail(pathOf(one.row), path) }))
    .sort((a, b) => b.common - a.common);
  if (first === null) return null;
  return second === undefined || first.common > second.common ? first.one : null;
}

/** Number of parts that two paths end alike in. */
export function commonTail(a: RawPath, b: RawPath): number {
  const [left, right] = [a.split('/').reverse(), b.split('/').reverse()];
  let n = 0;
  while (n < left.length && n < right.length && left[n] === right[n]) n += 1;
  return n;
}

/** What can't be looked at is not said to be absent. */
export function isAbsent({ fs }: Pick<MovesContext, 'fs'>, path: RawPath): boolean {
  try {
    return fs.lookNow(path) === null;
  } catch (error) {
    if (error instanceof BenchkeepError) return false;
    throw error;
  }
}
