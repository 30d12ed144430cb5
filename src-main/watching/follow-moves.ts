/** Records that files are at other paths now: all of one look in one transaction, so that it is one event with one undo. */
import type { Transaction } from 'kysely';
import { BenchkeepError } from '../../shared/errors.ts';
import { suffixOf } from '../../shared/suffixes.ts';
import type { InstanceContext } from '../instance/index.ts';
import { sameFacts, type FileFacts } from '../ports/fs/file-facts.ts';
import { joinRaw, rawFromBytes, rawToBytes, rawToDisplay, splitRaw, type RawPath } from '../ports/fs/raw-path.ts';
import { writeRegistry, type Author, type RegistryWrite } from '../registry/change-log.ts';
import type { RegistryDB } from '../registry/schema.ts';
import { localRoot } from '../storage/index.ts';
import { dropInventory, putInventory } from '../workstation/inventory.ts';
import { writeWorkstation } from '../workstation/open-workstation.ts';
import { makeRoom } from './make-room.ts';
import { artifactsOf, chunksByStorage, copiesAt, type Found } from './moved-copies.ts';
import { isAbsent, type Move } from './moves.ts';
import { folded } from './renamed-in-case.ts';

type FollowContext = Pick<InstanceContext, 'registry' | 'workstation' | 'fs' | 'clock' | 'onCommitted'>;

/**
 * Follows what is still so at the last moment. Returns the moves that were followed; the paths of the others are to
 * be looked at anew.
 */
export async function followMoves(
  context: FollowContext,
  moves: readonly Move[],
  author: Author,
  operation: 'move' | 'locate' | 'edit' = 'move',
): Promise<Move[]> {
  const still = moves.filter((move) => isStillSo(context, move));
  if (still.length === 0) return [];
  const followed = await writeRegistry(context, author, operation, async (write) => {
    const found = await findCopies(write.tx, still);
    await makeRoom(write, found);
    for (const one of found) writeMove(write, one);
    const done = new Set(found.map(({ move }) => move));
    const left = (): Move[] => still.filter((move) => !done.has(move));
    for (const move of await moveTombstones(write, left())) done.add(move);
    for (const move of await alreadyThere(write.tx, left())) done.add(move);
    return done;
  });
  await moveInventory(context, still, followed);
  return [...followed];
}

function isStillSo(context: FollowContext, { from, to, absorbs }: Move): boolean {
  const target = joinRaw(localRoot(to.storage), to.path);
  const now = lookOrNull(context, target);
  if (now === null || now.kind !== to.facts.kind) return false;
  // What a folder holds was looked at by the walk; here it is the folder that counts.
  const same = now.kind === 'folder' ? now.ino === to.facts.ino : sameFacts(now, to.facts);
  if (absorbs === null && !same) return false;
  const old = joinRaw(localRoot(from.storage), from.path);
  if (isAbsent(context, old)) return true;
  if (folded(old) === folded(target)) return true;
  // Another file took its place.
  const there = lookOrNull(context, old);
  return there !== null && there.ino !== now.ino;
}

/** Null also where it can't be looked at: what it is, the next look finds. */
function lookOrNull({ fs }: FollowContext, path: RawPath): FileFacts | null {
  try {
    return fs.lookNow(path);
  } catch (error) {
    if (error instanceof BenchkeepError) return null;
    throw error;
  }
}

async function findCopies(tx: Transaction<RegistryDB>, moves: readonly Move[]): Promise<Found[]> {
  const found: Found[] = [];
  for (const [storageId, chunk] of chunksByStorage(moves, ({ from }) => from.storage)) {
    const byPath = new Map(chunk.map((move) => [move.from.path, move]));
    const copies = await copiesAt(tx, storageId, [...byPath.keys()]);
    const artifacts = await artifactsOf(tx, copies);
    for (const copy of copies) {
      const move = byPath.get(rawFromBytes(copy.path));
      const artifact = artifacts.get(copy.artifact_id);
      // Of another artifact: what this computer knew of the path is of a time before.
      if (move !== undefined && artifact?.uid === move.uid) found.push({ move, copy, artifact });
    }
  }
  return found;
}

/** The registry has them at their new paths: a crash came before the inventory said so, too. */
async function alreadyThere(tx: Transaction<RegistryDB>, moves: readonly Move[]): Promise<Move[]> {
  const there: Move[] = [];
  for (const [storageId, chunk] of chunksByStorage(moves, ({ to }) => to.storage)) {
    const copies = await copiesAt(
      tx,
      storageId,
      chunk.map(({ to }) => to.path),
    );
    const artifacts = await artifactsOf(tx, copies);
    const uids = new Map(copies.map((copy) => [rawFromBytes(copy.path), artifacts.get(copy.artifact_id)?.uid]));
    there.push(...chunk.filter(({ uid, to }) => uids.get(to.path) === uid));
  }
  return there;
}

function writeMove(write: RegistryWrite, { move, copy, artifact }: Found): void {
  const { from, to, evidence } = move;
  const before = rawToDisplay(from.path);
  const after = rawToDisplay(to.path);
  const where = from.storage.id === to.storage.id ? before : `${before} in ${from.storage.root}`;
  write.note = `Was ${where}: ${evidence}.`;
  write.updateRow('copy', copy, { path: rawToBytes(to.path), storage_id: to.storage.id }, artifact.uid);
  const back = artifact.state === 'missing' && artifact.state_reason === 'path-gone';
  write.updateRow('artifact', artifact, {
    // What a person called it stays.
    ...(artifact.key === before ? { key: after } : {}),
    suffix: artifact.n_files === null ? suffixOf(after).suffix : artifact.suffix,
    ...(artifact.storage_id === from.storage.id ? { storage_id: to.storage.id } : {}),
    ...(back ? { state: 'ok', state_reason: null } : {}),
    updated_at: write.now,
  });
}

/** A file whose record was removed on purpose stays so under its new name. */
async function moveTombstones(write: RegistryWrite, moves: readonly Move[]): Promise<Move[]> {
  const moved: Move[] = [];
  for (const [storageId, chunk] of chunksByStorage(moves, ({ from }) => from.storage)) {
    const byPath = new Map(chunk.map((move) => [move.from.path, move]));
    const stones = await write.tx
      .selectFrom('tombstone')
      .selectAll()
      .where('storage_id', '=', storageId)
      .where('path', 'in', [...byPath.keys()].map(rawToBytes))
      .execute();
    for (const stone of stones) {
      const move = byPath.get(rawFromBytes(stone.path));
      if (move?.uid !== stone.artifact_uid) continue;
      write.note = `Was ${rawToDisplay(move.from.path)}: ${move.evidence}.`;
      const target = { path: rawToBytes(move.to.path), storage_id: move.to.storage.id };
      write.updateRow('tombstone', stone, target, stone.artifact_uid);
      moved.push(move);
    }
  }
  return moved;
}

/** After the registry: a crash in between leaves an inventory that names the old paths; the next look brings it along. */
async function moveInventory(
  { workstation }: FollowContext,
  moves: readonly Move[],
  followed: ReadonlySet<Move>,
): Promise<void> {
  await writeWorkstation(workstation, (tx) => {
    // What the registry does not have at the old path is not known there: the row is of a time before.
    dropInventory(
      tx,
      workstation,
      moves.map(({ from }) => ({ storageUid: from.storage.uid, path: from.path })),
    );
    putInventory(
      tx,
      workstation,
      [...followed].map(({ uid, to, sha256 }) => {
        const { folder, name } = splitRaw(to.path);
        const { size, mtimeNs, ctimeNs, dev, ino } = to.facts;
        return {
          storage_uid: to.storage.uid,
          folder: rawToBytes(folder),
          name: rawToBytes(name),
          size,
          mtime_ns: mtimeNs,
          ctime_ns: ctimeNs,
          dev,
          ino,
          sha256,
          artifact_uid: uid,
          gone_since: null,
          missing: 0,
          unit: to.facts.kind === 'folder' ? 1 : 0,
        };
      }),
    );
  });
}
