/** Deletes records for good, and with them the content that is Benchkeep's own or that a person asked to be removed. */
import { BenchkeepError } from '../../shared/errors.ts';
import { escapeForDisplay } from '../../shared/format/display-name.ts';
import type { InstanceContext } from '../instance/index.ts';
import { rawFromText, rawToDisplay, type RawPath } from '../ports/fs/raw-path.ts';
import { writeRegistry, type RegistryWrite } from '../registry/change-log.ts';
import type { ArtifactRow, StorageRow } from '../registry/schema.ts';
import { assertWritable, checkRoot, offline } from '../storage/index.ts';
import { dropCached, whileContentAlone, withoutUploads } from '../transfers/index.ts';
import { findArtifacts } from './find-artifact.ts';
import { forgetDates } from './folder-dates.ts';
import { manifestPath } from '../storage/folder-manifest.ts';
import { deleteObjects, type Doomed, type KeptObject } from './delete-objects.ts';
import { knownPlaces } from './known-places.ts';
import { keepLatest } from './keep-latest.ts';
import { objectSharers } from './object-sharers.ts';
import { doRemovals, planRemovals, type PendingRemoval } from './pending-removals.ts';
import { objectsOf, placesOf, remainsHere, whyBlocked, type DeletionPlace } from './plan-deletion.ts';
import { proveObject, type DoomedObject } from './remove-objects.ts';
import { proveContent } from './prove-content.ts';
import { sharersOf } from './shared-places.ts';

export interface Deleted {
  items: { uid: string; key: string | null }[];
  /** Paths that were removed, and what stays where. */
  removed: string[];
  remains: string[];
}

/**
 * `storage` null: Benchkeep's own copies go, content in place stays; true: content in place goes too; false: nothing is
 * removed. Errors: `refused` (held by a set, or needed by other records, which are named; on another computer), `storage_linked`, `offline`, `file_changed`
 * (other content than what was registered): then nothing at all is done. `not_allowed`: a store did not delete what was
 * asked of it; the records of that stay, the others are deleted. `locked`: the same where content came or went meanwhile.
 */
export async function deleteArtifacts(
  context: InstanceContext,
  input: { artifacts: string[]; storage: boolean | null },
): Promise<Deleted> {
  const artifacts = await findArtifacts(context.registry.db, input.artifacts);
  const uids = artifacts.map(({ uid }) => uid);
  return withoutUploads(context, uids, () => deleteThese(context, artifacts, input.storage));
}

async function deleteThese(
  context: InstanceContext,
  artifacts: readonly ArtifactRow[],
  storage: boolean | null,
): Promise<Deleted> {
  const going = new Set(artifacts.map(({ id }) => id));
  const named: Doomed[] = [];
  for (const artifact of artifacts) named.push(await doom(context, artifact, storage, going));
  const { going: doomed, kept, remains: earlier, removed } = await deleteObjects(context, named);
  const removals = doomed.flatMap((one) => one.removals);
  await planRemovals(context, removals);
  await writeRegistry(context, await context.author(), 'delete', async (write) => {
    for (const one of doomed) await removeRecord(write, one);
    for (const stem of new Set(doomed.map(({ artifact }) => artifact.stem_uid))) await keepLatest(write, stem);
  });
  const done = await doRemovals(context, removals);
  const remains = [...doomed.flatMap((one) => one.remains), ...earlier];
  for (const { artifact } of doomed) {
    const kept = await dropFetched(context, artifact);
    if (kept !== null) remains.push(kept);
  }
  await dropManifests(context, doomed);
  for (const one of done) {
    if (one.kind === 'removed' || one.kind === 'gone') continue;
    const there = one.kind === 'waits' || (await context.fs.look(one.path)) !== null;
    if (there) remains.push(`${stays(doomed, one.path)}${one.kind === 'waits' ? ` (${one.reason})` : ''}`);
  }
  const result = {
    items: doomed.map(({ artifact: { uid, key } }) => ({ uid, key })),
    removed: [...removed, ...done.flatMap(({ kind, path }) => (kind === 'removed' ? [rawToDisplay(path)] : []))],
    remains,
  };
  const [first] = kept;
  if (first !== undefined) throw notDeleted(first, kept.length, result);
  return result;
}

/** What was fetched goes with it; work that somebody did there does not. What stays, for people; null where nothing does. */
async function dropFetched(context: InstanceContext, { uid }: ArtifactRow): Promise<string | null> {
  try {
    const done = await whileContentAlone(context, uid, () => dropCached(context, { uid }));
    if (done.kind === 'aside')
      return `what was fetched of it was edited: that work is kept here: ${rawToDisplay(done.path)}`;
    return done.kind === 'open' ? 'what was fetched of it goes when no program has it open any more' : null;
  } catch (error) {
    if (!(error instanceof BenchkeepError)) throw error;
    return `what was fetched of it remains here (${error.message})`;
  }
}

function notDeleted({ one, address, reason, isLost, isOther }: KeptObject, n: number, done: Deleted): BenchkeepError {
  const others = n === 1 ? '' : `, like ${String(n - 1)} more`;
  const went = done.items.length === 0 ? '' : ` ${String(done.items.length)} others were deleted.`;
  const lost = isLost ? ' Some of its content is gone already, and its record says so.' : '';
  if (isOther === true) {
    return new BenchkeepError(
      'locked',
      `"${escapeForDisplay(one.artifact.key ?? one.artifact.uid)}" was not deleted${others}: where its content lies changed just now`,
      `Its record and its content stay.${went} Look where it is now, then try again.`,
      { retry: true, details: { ...done } },
    );
  }
  return new BenchkeepError(
    'not_allowed',
    `"${escapeForDisplay(one.artifact.key ?? one.artifact.uid)}" could not be deleted${others}: a ${one.artifact.n_files === null ? 'file' : 'folder'} remains here: ${address} (${reason.replace(/\.\s*$/, '')})`,
    `Its record stays.${went}${lost} Ask who looks after the bucket, or delete the record only: --storage no.`,
    { details: { ...done } },
  );
}

/** It was another one by then, or could not be removed. */
function stays(doomed: readonly Doomed[], path: RawPath): string {
  const one = doomed.find(({ removals }) => removals.some((removal) => removal.path === path));
  return one === undefined ? rawToDisplay(path) : remainsHere(one.artifact, path);
}

async function doom(
  context: InstanceContext,
  artifact: ArtifactRow,
  storage: boolean | null,
  going: ReadonlySet<number>,
): Promise<Doomed> {
  const name = `"${escapeForDisplay(artifact.key ?? artifact.uid)}"`;
  const known = await knownPlaces(context, artifact);
  const blocked = await whyBlocked(context.registry.db, artifact);
  if (blocked !== null) {
    throw new BenchkeepError(
      'refused',
      `${name} can't be deleted: ${blocked}`,
      'Take it out of there first. Nothing was deleted.',
    );
  }
  const places = await placesOf(context.registry.db, artifact);
  const removals: PendingRemoval[] = [];
  const objects: DoomedObject[] = [];
  const remains: string[] = [];
  for (const place of places) {
    const goes = place.isOwn ? storage !== false : storage === true;
    if (goes) removals.push(...(await removalOf(context, artifact, place, name, going)));
    else if (artifact.state !== 'missing') remains.push(remainsHere(artifact, place.path));
  }
  for (const place of await objectsOf(context.registry.db, artifact)) {
    const { storage: where, isOwn, address } = place;
    const goes = isOwn ? storage !== false : storage === true;
    if (goes && where.managed === 0) throw linked(name, where);
    if (!goes) {
      if (artifact.state !== 'missing') remains.push(remainsHere(artifact, rawFromText(address)));
      continue;
    }
    await assertWritable(context, where);
    const sharers = isOwn ? [] : await objectSharers(context, place, going);
    if (sharers.length > 0) {
      throw new BenchkeepError(
        'refused',
        `The object of ${name} is needed by ${sharers.join(', ')}`,
        'Delete those too, or the record only (--storage no). Nothing was deleted.',
      );
    }
    objects.push(await proveObject(context, artifact, place));
  }
  return { artifact, places, removals, objects, remains, known };
}

function linked(name: string, storage: StorageRow): BenchkeepError {
  return new BenchkeepError(
    'storage_linked',
    `${name} lies in ${storage.root}, a linked storage, which Benchkeep never changes`,
    'Delete the record only (--storage no), and the file yourself.',
  );
}

/** None where nothing is there any more. */
async function removalOf(
  context: InstanceContext,
  artifact: ArtifactRow,
  place: DeletionPlace,
  name: string,
  going: ReadonlySet<number>,
): Promise<PendingRemoval[]> {
  const { storage, path, isOwn } = place;
  if (storage.managed === 0) throw linked(name, storage);
  if (storage.workstation_uid !== context.workstationUid) {
    throw new BenchkeepError(
      'refused',
      `${name} lies on another computer, in ${storage.root}`,
      'Delete it there, or the record only (--storage no).',
    );
  }
  const root = await checkRoot(context, storage);
  if (!root.attached) throw offline(root.reason);
  const facts = await context.fs.look(path);
  if (facts === null) return [];
  const removal = { uid: artifact.uid, storageUid: storage.uid, path };
  if (isOwn)
    return [facts.kind === 'folder' ? { ...removal, kind: 'own folder' } : { ...removal, kind: 'file', facts }];
  const sharers = await sharersOf(context.registry.db, storage, path, going);
  if (sharers.length > 0) {
    throw new BenchkeepError(
      'refused',
      `The file of ${name} is needed by ${sharers.join(', ')}`,
      'Delete those too, or the record only (--storage no). Nothing was deleted.',
    );
  }
  const files = await proveContent(context, artifact, path, facts);
  return [facts.kind === 'folder' ? { ...removal, kind: 'folder', files } : { ...removal, kind: 'file', facts }];
}

async function removeRecord(write: RegistryWrite, { artifact, places, removals }: Doomed): Promise<void> {
  const { id, uid } = artifact;
  const labels = await write.tx.selectFrom('artifact_ulabel').select('id').where('artifact_id', '=', id).execute();
  for (const label of labels) await write.remove('artifact_ulabel', label.id, uid);
  for (const { copy, storage, isOwn, path } of places) {
    await write.remove('copy', copy.id, uid);
    // What stays where people put it does not come back by itself.
    if (isOwn || removals.some((removal) => removal.path === path)) continue;
    const before = await write.tx
      .selectFrom('tombstone')
      .select('id')
      .where('storage_id', '=', storage.id)
      .where('path', '=', copy.path)
      .executeTakeFirst();
    if (before !== undefined) await write.remove('tombstone', before.id, uid);
    const stone = {
      storage_id: storage.id,
      path: copy.path,
      sha256: artifact.sha256,
      artifact_uid: uid,
      created_by_id: write.author.userId,
      created_at: write.now,
    };
    write.insert('tombstone', [stone], [uid]);
  }
  // Copies without a local folder.
  const others = await write.tx.selectFrom('copy').select('id').where('artifact_id', '=', id).execute();
  for (const copy of others) await write.remove('copy', copy.id, uid);
  await write.remove('artifact', id);
}

async function dropManifests(context: InstanceContext, doomed: readonly Doomed[]): Promise<void> {
  for (const { artifact } of doomed) {
    if (artifact.n_files === null) continue;
    await context.fs.removeOwnFile(manifestPath(context, artifact.uid));
    await forgetDates(context, artifact.uid);
  }
}
