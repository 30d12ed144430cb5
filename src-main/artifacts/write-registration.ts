/** Writes what was decided about a batch of files, inside one transaction of the registry. */
import { newRecordUid, stemOf, UID_LENGTHS } from '../../shared/uid.ts';
import { suffixOf } from '../../shared/suffixes.ts';
import { drawnAhead, type Random } from '../ports/random.ts';
import { rawToBytes, rawToDisplay, type RawPath } from '../ports/fs/raw-path.ts';
import type { RegistryWrite } from '../registry/change-log.ts';
import type { ArtifactRow, NewArtifactRow, StorageRow } from '../registry/schema.ts';
import { nextUid, retireLatest } from './artifact-family.ts';
import type { KnownPath, KnownTombstone } from './gather-registration.ts';
import type { RegistrationPlan } from './plan-registration.ts';

export interface PlannedFile {
  /** Below the root. */
  path: RawPath;
  size: number;
  hash: string;
  hashType: string;
  sha256: string | null;
  plan: RegistrationPlan;
  /** Of the folder, where it is one. */
  nFiles?: number;
  /** What a person called it; null: its path, or what it was called before. */
  key: string | null;
  /** A new artifact becomes the next version of this one. */
  family: ArtifactRow | null;
  known: KnownPath | null;
  tombstone: KnownTombstone | null;
  /** What was at this path before its content went to the cloud. */
  away?: ArtifactRow | null;
  /** Where that is not what its path ends in. */
  suffix?: string;
  /** Why it is not verified, where that is not because it is being read. */
  stateReason?: string | null;
  /** Where the content of the version before still is: its store keeps versions. */
  keptAs?: RawPath;
}

/** An artifact that a file is now; id 0 where its record was removed on purpose. */
export interface Written {
  id: number;
  uid: string;
}

/** Each file's artifact, in order. */
export async function writeRegistration(
  write: RegistryWrite,
  storage: StorageRow,
  files: readonly PlannedFile[],
  random: Random,
): Promise<Written[]> {
  const written: Written[] = files.map(() => ({ id: 0, uid: '' }));
  const fresh: { index: number; file: PlannedFile; row: NewArtifactRow }[] = [];
  const ahead = drawnAhead(random, files.length * UID_LENGTHS.artifact.stem);
  for (const [index, file] of files.entries()) {
    const { plan, known, tombstone } = file;
    if (plan.kind === 'tombstone') written[index] = { id: 0, uid: tombstone?.artifactUid ?? '' };
    else if (plan.kind === 'new') {
      if (tombstone !== null) await write.remove('tombstone', tombstone.id, tombstone.artifactUid);
      if (file.family === null) fresh.push({ index, file, row: newArtifact(write, storage, file, ahead) });
      else written[index] = await writeNext(write, storage, file, file.family);
    } else if (plan.kind === 'returned' && file.away) {
      const { id, uid } = file.away;
      if (tombstone !== null) await write.remove('tombstone', tombstone.id, tombstone.artifactUid);
      write.insert('copy', [{ artifact_id: id, ...copyRow(write, storage.id, file) }], [uid]);
      written[index] = { id, uid };
    } else if (known !== null) {
      written[index] =
        plan.kind === 'version'
          ? await writeVersion(write, storage, file, known)
          : await writeKnown(write, file, known, plan);
    }
  }
  const ids = write.insertWithCopies(
    fresh.map(({ file, row }) => ({ artifact: row, copy: copyRow(write, storage.id, file) })),
  );
  for (const [i, { index, row }] of fresh.entries()) written[index] = { id: ids[i] ?? 0, uid: row.uid };
  return written;
}

function newArtifact(write: RegistryWrite, storage: StorageRow, file: PlannedFile, random: Random): NewArtifactRow {
  const uid = newRecordUid(random, 'artifact');
  return { ...artifactRow(write, storage, file), uid, stem_uid: stemOf(uid) };
}

/** Everything but who it is. */
function artifactRow(
  write: RegistryWrite,
  storage: StorageRow,
  file: PlannedFile,
): Omit<NewArtifactRow, 'uid' | 'stem_uid'> {
  const path = rawToDisplay(file.path);
  return {
    key: file.key ?? path,
    suffix: file.suffix ?? suffixOf(path).suffix,
    size: file.size,
    hash: file.hash,
    hash_type: file.hashType,
    sha256: file.sha256,
    n_files: file.nFiles ?? null,
    visibility: 1,
    is_latest: 1,
    key_is_virtual: 0,
    storage_id: storage.id,
    state: file.sha256 === null ? 'unverified' : 'ok',
    state_reason: file.stateReason ?? null,
    run_id: write.author.runId,
    created_by_id: write.author.userId,
    created_at: write.now,
    updated_at: write.now,
  };
}

function copyRow(write: RegistryWrite, storageId: number, file: PlannedFile) {
  return {
    storage_id: storageId,
    path: rawToBytes(file.path),
    verified_at: file.sha256 === null ? null : write.now,
    created_at: write.now,
  };
}

async function writeKnown(
  write: RegistryWrite,
  file: PlannedFile,
  { artifact, copyId }: KnownPath,
  plan: RegistrationPlan,
): Promise<Written> {
  if (plan.kind === 'verified') {
    await write.update('artifact', artifact.id, {
      sha256: file.sha256,
      state: 'ok',
      state_reason: null,
      updated_at: write.now,
    });
    await write.update('copy', copyId, { verified_at: write.now }, artifact.uid);
  } else if (plan.kind === 'known' && plan.heal) {
    await write.update('artifact', artifact.id, { state: 'ok', state_reason: null, updated_at: write.now });
    await write.update('copy', copyId, { verified_at: write.now }, artifact.uid);
  }
  return { id: artifact.id, uid: artifact.uid };
}

/**
 * The path's copy goes over to the next version: the bytes of the version before are gone from there, so without
 * another copy it is missing because it was overwritten.
 */
async function writeVersion(
  write: RegistryWrite,
  storage: StorageRow,
  file: PlannedFile,
  { artifact, copyId }: KnownPath,
): Promise<Written> {
  if (file.keptAs !== undefined) {
    await write.update('copy', copyId, { path: rawToBytes(file.keptAs) }, artifact.uid);
    return insertWithCopy(write, storage, file, artifact);
  }
  await markOverwritten(write, artifact, copyId);
  // In two steps, each under the uid of its artifact: so the history of each of them is whole by itself.
  await write.remove('copy', copyId, artifact.uid);
  return insertWithCopy(write, storage, file, artifact);
}

/** A path that was nobody's holds the next version of `of`. */
async function writeNext(
  write: RegistryWrite,
  storage: StorageRow,
  file: PlannedFile,
  of: ArtifactRow,
): Promise<Written> {
  return insertWithCopy(write, storage, { ...file, key: file.key ?? rawToDisplay(file.path) }, of);
}

async function insertWithCopy(
  write: RegistryWrite,
  storage: StorageRow,
  file: PlannedFile,
  of: ArtifactRow,
): Promise<Written> {
  const next = await insertNext(write, storage, file, of);
  write.insert('copy', [{ artifact_id: next.id, ...copyRow(write, storage.id, file) }], [next.uid]);
  return next;
}

/** Same stem, next number, newest of its family; it keeps what a person said of the one before. */
async function insertNext(
  write: RegistryWrite,
  storage: StorageRow,
  file: PlannedFile,
  of: ArtifactRow,
): Promise<Written> {
  const uid = await nextUid(write.tx, of.stem_uid);
  await retireLatest(write, of.stem_uid);
  const [id = 0] = write.insert('artifact', [
    {
      ...artifactRow(write, storage, file),
      uid,
      stem_uid: of.stem_uid,
      key: file.key ?? of.key,
      description: of.description,
      kind: of.kind,
      otype: of.otype,
    },
  ]);
  return { id, uid };
}

async function markOverwritten(write: RegistryWrite, artifact: ArtifactRow, copyId: number): Promise<void> {
  const other = await write.tx
    .selectFrom('copy')
    .select('id')
    .where('artifact_id', '=', artifact.id)
    .where('id', '!=', copyId)
    .limit(1)
    .executeTakeFirst();
  if (other !== undefined) return;
  await write.update('artifact', artifact.id, { state: 'missing', state_reason: 'overwritten', updated_at: write.now });
}
