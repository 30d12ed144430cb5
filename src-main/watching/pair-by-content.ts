/** Moves between disks: the same content, without anything of the file system to tell. */
import { rawFromBytes, rawToBytes, type RawPath } from '../ports/fs/raw-path.ts';
import type { FileFacts } from '../ports/fs/file-facts.ts';
import type { StorageRow } from '../registry/schema.ts';
import { bareArtifacts } from './bare-artifacts.ts';
import {
  commonTail,
  isGoneFrom,
  nearest,
  pathOf,
  placeOf,
  type AttachedStorages,
  type Known,
  type Move,
  type MovesContext,
  type Place,
} from './moves.ts';

const CHUNK = 500;

export interface NewContent {
  path: RawPath;
  facts: FileFacts;
  sha256: string;
}

/** A path of the registry, as a key of the set of those that are taken, and whose it is. */
type KnownPath = Known<Place> & { key: string; uid: string };

/**
 * Same size and checksum as a known file that is not at its path any more, one alone on both sides. Empty files are
 * never paired. `taken` are known paths (storage uid, path) that another file of this look was paired with.
 */
export async function pairByContent(
  context: MovesContext,
  attached: AttachedStorages,
  storage: StorageRow,
  files: readonly NewContent[],
  taken: Set<string>,
): Promise<Move[]> {
  const wanted = files.filter(({ facts }) => facts.size > 0);
  const known = await pathsOfContent(context, wanted);
  if (known.size === 0) return [];
  const own = await knownPaths(
    context,
    storage,
    wanted.map(({ path }) => path),
  );
  const proposals = new Map<string, { file: NewContent; known: KnownPath }[]>();
  for (const file of wanted) {
    if (own.get(file.path) === null) continue;
    const left: KnownPath[] = [];
    for (const { uid, storageUid, path } of known.get(file.sha256) ?? []) {
      const key = `${storageUid} ${path}`;
      if (storageUid === storage.uid && path === file.path) continue;
      const from = taken.has(key) ? null : await attached.byUid(storageUid);
      if (from === null || !(await isGoneFrom(context, from, path, { storage, path: file.path }))) continue;
      left.push({ uid, row: placeOf(path), storage: from, key });
    }
    const chosen = nearest(left, file.path);
    if (chosen === null) continue;
    const same = proposals.get(chosen.key) ?? [];
    proposals.set(chosen.key, [...same, { file, known: chosen }]);
  }
  const moves: Move[] = [];
  for (const [key, proposed] of proposals) {
    // Several new files may be the one that went: the nearest, if one alone is.
    const [only] = alone(proposed);
    if (only === undefined) continue;
    taken.add(key);
    moves.push({
      uid: only.known.uid,
      from: { storage: only.known.storage, path: pathOf(only.known.row) },
      to: { storage, path: only.file.path, facts: only.file.facts },
      sha256: only.file.sha256,
      evidence: 'the same content (size and checksum agree), no longer at its old path, and no other file like it',
      sameFile: false,
      absorbs: own.get(only.file.path) ?? null,
    });
  }
  return moves;
}

function alone<T extends { file: NewContent; known: Known<Place> }>(proposed: readonly T[]): T[] {
  if (proposed.length === 1) return [...proposed];
  const ranked = proposed
    .map((one) => ({ one, common: commonTail(pathOf(one.known.row), one.file.path) }))
    .sort((a, b) => b.common - a.common);
  const [first, second] = ranked;
  return first !== undefined && second !== undefined && first.common > second.common ? [first.one] : [];
}

interface RegisteredPath {
  /** Of the artifact. */
  uid: string;
  storageUid: string;
  path: RawPath;
}

/** Paths of copies on this workstation, by checksum, of records that are not on their way out. */
async function pathsOfContent(
  { registry, workstationUid }: MovesContext,
  files: readonly NewContent[],
): Promise<Map<string, RegisteredPath[]>> {
  const found = new Map<string, RegisteredPath[]>();
  const checksums = [...new Set(files.map(({ sha256 }) => sha256))];
  for (let i = 0; i < checksums.length; i += CHUNK) {
    const rows = await registry.db
      .selectFrom('artifact')
      .innerJoin('copy', 'copy.artifact_id', 'artifact.id')
      .innerJoin('storage', 'storage.id', 'copy.storage_id')
      .select(['artifact.sha256', 'artifact.uid', 'copy.path', 'storage.uid as storage_uid'])
      .where('artifact.sha256', 'in', checksums.slice(i, i + CHUNK))
      .where('artifact.key_is_virtual', '=', 0)
      .where('storage.workstation_uid', '=', workstationUid)
      .where('storage.watch', '=', 1)
      .execute();
    for (const { sha256, path, uid, storage_uid: storageUid } of rows) {
      if (sha256 === null) continue;
      found.set(sha256, [...(found.get(sha256) ?? []), { uid, storageUid, path: rawFromBytes(path) }]);
    }
  }
  return found;
}

/**
 * Which of `paths` the registry knows already, as a copy or as removed on purpose; with the artifact that may be
 * absorbed: a large file that was registered by its ends while it was read, and that nobody said anything of.
 */
async function knownPaths(
  { registry }: MovesContext,
  storage: StorageRow,
  paths: readonly RawPath[],
): Promise<Map<RawPath, number | null>> {
  const known = new Map<RawPath, number | null>();
  for (let i = 0; i < paths.length; i += CHUNK) {
    const bytes = paths.slice(i, i + CHUNK).map(rawToBytes);
    const stones = await registry.db
      .selectFrom('tombstone')
      .select('path')
      .where('storage_id', '=', storage.id)
      .where('path', 'in', bytes)
      .execute();
    for (const { path } of stones) known.set(rawFromBytes(path), null);
    const copies = await bareArtifacts(registry.db)
      .where('copy.storage_id', '=', storage.id)
      .where('copy.path', 'in', bytes)
      .execute();
    for (const { path, id, state, bare } of copies)
      known.set(rawFromBytes(path), state === 'unverified' && bare === 1 ? id : null);
  }
  return known;
}
