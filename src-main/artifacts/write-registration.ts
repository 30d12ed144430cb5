/** Writes what was decided about a batch of files, inside one transaction of the registry. */
import { newRecordUid, nextVersionUid, stemOf, versionSuffixOf } from '../../shared/uid.ts';
import { suffixOf } from '../../shared/suffixes.ts';
import type { Random } from '../ports/random.ts';
import { rawToBytes, rawToDisplay, type RawPath } from '../ports/fs/raw-path.ts';
import type { RegistryWrite } from '../registry/change-log.ts';
import type { ArtifactRow, NewArtifactRow, StorageRow } from '../registry/schema.ts';
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
  known: KnownPath | null;
  tombstone: KnownTombstone | null;
}

/** Uid of each file's artifact, in order. */
export async function writeRegistration(
  write: RegistryWrite,
  storage: StorageRow,
  files: readonly PlannedFile[],
  random: Random,
): Promise<string[]> {
  const uids = files.map(() => '');
  const fresh: { index: number; file: PlannedFile; row: NewArtifactRow }[] = [];
  for (const [index, file] of files.entries()) {
    const { plan, known, tombstone } = file;
    if (plan.kind === 'tombstone') uids[index] = tombstone?.artifactUid ?? '';
    else if (plan.kind === 'new') {
      if (tombstone !== null) await write.remove('tombstone', tombstone.id, tombstone.artifactUid);
      fresh.push({ index, file, row: newArtifact(write, storage, file, random) });
    } else if (known !== null) {
      uids[index] =
        plan.kind === 'version'
          ? await writeVersion(write, storage, file, known)
          : await writeKnown(write, file, known, plan);
    }
  }
  const ids = write.insert(
    'artifact',
    fresh.map(({ row }) => row),
  );
  write.insert(
    'copy',
    fresh.map(({ file }, i) => copyRow(write, ids[i] ?? 0, storage.id, file)),
    fresh.map(({ row }) => row.uid),
  );
  for (const { index, row } of fresh) uids[index] = row.uid;
  return uids;
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
  const key = rawToDisplay(file.path);
  return {
    key,
    description: null,
    suffix: suffixOf(key).suffix,
    kind: null,
    otype: null,
    size: file.size,
    hash: file.hash,
    hash_type: file.hashType,
    sha256: file.sha256,
    n_files: null,
    n_observations: null,
    visibility: 1,
    is_latest: 1,
    version: null,
    key_is_virtual: 0,
    storage_id: storage.id,
    state: file.sha256 === null ? 'unverified' : 'ok',
    state_reason: null,
    run_id: write.author.runId,
    created_by_id: write.author.userId,
    created_at: write.now,
    updated_at: write.now,
  };
}

function copyRow(write: RegistryWrite, artifactId: number, storageId: number, file: PlannedFile) {
  return {
    artifact_id: artifactId,
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
): Promise<string> {
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
  return artifact.uid;
}

/**
 * Same stem, next number, newest of its family. The path's copy goes over to it: the bytes of the version before
 * are gone from there, so without another copy it is missing because it was overwritten.
 */
async function writeVersion(
  write: RegistryWrite,
  storage: StorageRow,
  file: PlannedFile,
  { artifact, copyId }: KnownPath,
): Promise<string> {
  const { tx, now } = write;
  const family = await tx
    .selectFrom('artifact')
    .selectAll()
    .where('uid', '>=', artifact.stem_uid)
    .where('uid', '<', `${artifact.stem_uid}~`)
    .execute();
  const uid = nextVersionUid(
    artifact.stem_uid,
    family.map((member) => versionSuffixOf(member.uid)),
  );
  for (const member of family)
    if (member.is_latest === 1) await write.update('artifact', member.id, { is_latest: 0, updated_at: now });
  await markOverwritten(write, artifact, copyId);
  const [id = 0] = write.insert('artifact', [
    {
      ...artifactRow(write, storage, file),
      uid,
      stem_uid: artifact.stem_uid,
      description: artifact.description,
      kind: artifact.kind,
      otype: artifact.otype,
    },
  ]);
  await write.update('copy', copyId, { artifact_id: id, verified_at: file.sha256 === null ? null : now }, uid);
  return uid;
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
