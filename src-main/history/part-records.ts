/**
 * When a move is taken back although the file lies where it was moved to, record and file part: the record keeps what
 * was said of it and is missing at its old path, and the file gets a record of its own, where its folder is watched.
 * Left to the next look, the watcher would find that nothing but this move explains the disk, and follow it again.
 */
import { suffixOf } from '../../shared/suffixes.ts';
import { newRecordUid, stemOf, UID_LENGTHS } from '../../shared/uid.ts';
import { drawnAhead, type Random } from '../ports/random.ts';
import { rawToBytes, rawToDisplay } from '../ports/fs/raw-path.ts';
import type { RegistryWrite } from '../registry/change-log.ts';
import type { ArtifactRow, NewArtifactRow } from '../registry/schema.ts';
import { isAsKnown, isSame, type Place, type TouchedPlace } from './places-of-undo.ts';

const CHUNK = 500;

/** True for a file that stays where it was moved to. */
export function stays({ now, then, atNow, atThen, knownNow, sha256 }: TouchedPlace): boolean {
  return now !== null && then !== null && !isSame(now, then) && atThen === null && isAsKnown(atNow, knownNow, sha256);
}

/** After the steps, in their transaction. The uids of the records that lie now at the places of the files that stay. */
export async function partRecords(
  write: RegistryWrite,
  touched: readonly TouchedPlace[],
  random: Random,
): Promise<Map<TouchedPlace, string>> {
  const owners = new Map<TouchedPlace, string>();
  const staying = touched.filter(stays);
  const ahead = drawnAhead(random, staying.length * UID_LENGTHS.artifact.stem);
  for (let i = 0; i < staying.length; i += CHUNK) {
    const chunk = staying.slice(i, i + CHUNK);
    const artifacts = await artifactsOf(write, chunk);
    const elsewhere = await copiesElsewhere(write, chunk);
    const registered = await registeredAt(write, chunk);
    for (const one of chunk) {
      const artifact = artifacts.get(one.artifactId);
      if (artifact === undefined || one.now === null || one.then === null) continue;
      const known = registered.get(nameOf(one.now));
      if (known !== undefined) owners.set(one, known);
      // Folders are told by their own files; what nobody watches is registered by nobody.
      else if (artifact.n_files === null && one.now.storage.watch === 1)
        owners.set(one, insertOwn(write, artifact, one.now, ahead));
      if (elsewhere.has(artifact.id)) await write.remove('copy', one.copyId, artifact.uid);
      else if (artifact.state !== 'missing')
        write.updateRow('artifact', artifact, { state: 'missing', state_reason: 'path-gone', updated_at: write.now });
    }
  }
  return owners;
}

async function artifactsOf(write: RegistryWrite, places: readonly TouchedPlace[]): Promise<Map<number, ArtifactRow>> {
  const rows = await write.tx
    .selectFrom('artifact')
    .selectAll()
    .where(
      'id',
      'in',
      places.map(({ artifactId }) => artifactId),
    )
    .execute();
  return new Map(rows.map((row) => [row.id, row]));
}

/** Artifacts that have other copies than those of `places`. */
async function copiesElsewhere(write: RegistryWrite, places: readonly TouchedPlace[]): Promise<Set<number>> {
  const rows = await write.tx
    .selectFrom('copy')
    .select('artifact_id')
    .where(
      'artifact_id',
      'in',
      places.map(({ artifactId }) => artifactId),
    )
    .where(
      'id',
      'not in',
      places.map(({ copyId }) => copyId),
    )
    .execute();
  return new Set(rows.map((row) => row.artifact_id));
}

/** Uids of the records at the places where the files lie. */
async function registeredAt(write: RegistryWrite, places: readonly TouchedPlace[]): Promise<Map<string, string>> {
  const rows = await write.tx
    .selectFrom('copy')
    .innerJoin('artifact', 'artifact.id', 'copy.artifact_id')
    .select(['copy.storage_id', 'copy.path', 'artifact.uid'])
    .where('copy.storage_id', 'in', [...new Set(places.map(({ now }) => now?.storage.id ?? 0))])
    .where(
      'copy.path',
      'in',
      places.flatMap(({ now }) => (now === null ? [] : [rawToBytes(now.path)])),
    )
    .execute();
  return new Map(
    rows.map(({ storage_id: storage, path, uid }) => [`${String(storage)} ${path.toString('latin1')}`, uid]),
  );
}

function nameOf({ storage, path }: Place): string {
  return `${String(storage.id)} ${path}`;
}

function insertOwn(write: RegistryWrite, of: ArtifactRow, { storage, path }: Place, random: Random): string {
  const uid = newRecordUid(random, 'artifact');
  const shown = rawToDisplay(path);
  const row: NewArtifactRow = {
    uid,
    stem_uid: stemOf(uid),
    key: shown,
    suffix: suffixOf(shown).suffix,
    otype: of.otype,
    size: of.size,
    hash: of.hash,
    hash_type: of.hash_type,
    sha256: of.sha256,
    visibility: 1,
    is_latest: 1,
    key_is_virtual: 0,
    storage_id: storage.id,
    state: of.sha256 === null ? 'unverified' : 'ok',
    run_id: write.author.runId,
    created_by_id: write.author.userId,
    created_at: write.now,
    updated_at: write.now,
  };
  const copy = { storage_id: storage.id, path: rawToBytes(path), verified_at: null, created_at: write.now };
  write.insertWithCopies([{ artifact: row, copy }]);
  return uid;
}
