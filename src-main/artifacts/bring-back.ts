/** `bringBack`: content that is in the cloud only, a file or a whole folder, where it was before space was freed. */
import type { JobProgress, SaveResult } from '../../shared/contract/index.ts';
import { BenchkeepError } from '../../shared/errors.ts';
import { escapeForDisplay } from '../../shared/format/display-name.ts';
import { newUid } from '../../shared/uid.ts';
import type { InstanceContext } from '../instance/index.ts';
import { TEMPORARY_PREFIX } from '../ports/fs/node-fs.ts';
import { joinRaw, rawFromText, rawToBytes, rawToDisplay, type RawPath } from '../ports/fs/raw-path.ts';
import { writeRegistry } from '../registry/change-log.ts';
import type { ArtifactRow, StorageRow } from '../registry/schema.ts';
import { assertWritable, localRoot, ownFolderOf, requireSpace } from '../storage/index.ts';
import { dropCached, sayLastCopy, whileContentAlone } from '../transfers/index.ts';
import { readCached } from '../workstation/transfer-rows.ts';
import { artifactRecords } from './artifact-records.ts';
import { fetchArtifact } from './cache-artifact.ts';
import { beginReturn, requireRoot } from './begin-return.ts';
import { findArtifact, findArtifacts } from './find-artifact.ts';
import { finishFreesOf } from './finish-frees.ts';
import { dropReturn, finishReturn, isTaken, pendingReturn, type PendingReturn } from './pending-returns.ts';
import { insertCopy } from './record-content.ts';
import { readContext } from './read-context.ts';
import { copyHere, placeFor, type ReturnPlace } from './return-place.ts';
import { refuseIfStopped, tellProgress, type JobTools } from './tell-progress.ts';

/**
 * What lay in place comes back to its path, Benchkeep's own copy to the current local storage of this computer; the artifact
 * stays at home in the cloud, unless nothing of it is there any more. `warnings`: what is here already. Errors:
 * `already_exists` (something is there now: it is never replaced), `no_local_storage`, `disk_full`, `offline`, `refused`,
 * those of fetching. What came before stays.
 */
export function bringBack(
  context: InstanceContext,
  input: { artifacts: string[] },
  signal?: AbortSignal,
): AsyncGenerator<JobProgress, SaveResult> {
  return tellProgress(context.clock, signal, (job) => bringAll(context, input.artifacts, job));
}

async function bringAll(
  context: InstanceContext,
  named: string[],
  { signal, progress }: JobTools,
): Promise<SaveResult> {
  const artifacts = await findArtifacts(context.registry.db, named);
  progress.items_total = artifacts.length;
  progress.bytes_total = artifacts.reduce((sum, { size }) => sum + size, 0);
  const warnings: string[] = [];
  let before = 0;
  for (const artifact of artifacts) {
    refuseIfStopped(signal);
    progress.file = artifact.key ?? artifact.uid;
    const onBytes = (bytes: number): void => void (progress.bytes = before + bytes);
    const note = await bringOne(context, artifact, { signal, onBytes }).catch((error: unknown) => {
      refuseIfStopped(signal);
      throw error;
    });
    if (note !== null) warnings.push(note);
    before += artifact.size;
    progress.bytes = before;
    progress.items += 1;
  }
  progress.file = null;
  const ids = artifacts.map(({ id }) => id);
  return { items: await artifactRecords(readContext(context), ids), warnings };
}

/** How often it is fetched anew where the cache loses it at once. */
const TRIES = 3;

/** What a person should know, or null. */
async function bringOne(
  context: InstanceContext,
  artifact: ArtifactRow,
  tools: { signal: AbortSignal; onBytes: (bytes: number) => void },
): Promise<string | null> {
  const name = escapeForDisplay(artifact.key ?? artifact.uid);
  // What an earlier freeing left in the middle is looked at first; it is not in the way where it can't be.
  await finishFreesOf(context, artifact.uid, tools.signal);
  const here = await copyHere(context, artifact);
  if (here !== null) return `${name} is on this computer already: ${rawToDisplay(here)}`;
  const place = await placeFor(context, artifact);
  const target = joinRaw(localRoot(place.storage), place.relative);
  await assertWritable(context, place.storage);
  // Before all of it is fetched.
  if ((await context.fs.look(target)) !== null) throw isTaken(target);
  const dropped = async (): Promise<true> => {
    await dropCached(context, artifact);
    return true;
  };
  for (let tries = 1; ; tries++) {
    const source = await fetchArtifact(context, artifact, tools);
    // What was fetched for the first time has its checksum since.
    const known = await findArtifact(context.registry.db, artifact.uid);
    const isBack = await whileContentAlone(context, artifact.uid, async () => {
      if (await finishEarlier(context, artifact)) return dropped();
      // Somebody else asked for the same, and was faster.
      if ((await copyHere(context, artifact)) !== null) return true;
      return (await returnTo(context, known, place, source, tools.signal)) && dropped();
    });
    if (isBack) {
      await sayLastCopy(context, artifact.uid);
      return null;
    }
    // The cache is small, and was cleared in between.
    if (tries === TRIES) throw lostAgain(name);
  }
}

function lostAgain(name: string): BenchkeepError {
  return new BenchkeepError(
    'file_changed',
    `What is fetched of "${name}" does not stay in the cache`,
    'Nothing was changed. Give the cache a higher limit: benchkeep settings cache-limit 50GB.',
    { retry: true },
  );
}

/** True where it was on its way back before, when its drive went away, and is back now. Error: `offline` where the drive is not. */
async function finishEarlier(context: InstanceContext, { uid }: ArtifactRow): Promise<boolean> {
  const pending = await pendingReturn(context, uid);
  if (pending === null) return false;
  const done = await finishReturn(context, pending);
  if (done === 'away') throw wentAway(pending);
  return done === 'back';
}

/** False where the cache has it no more. */
async function returnTo(
  context: InstanceContext,
  artifact: ArtifactRow,
  place: ReturnPlace,
  source: RawPath,
  signal: AbortSignal,
): Promise<boolean> {
  const { fs, random } = context;
  const { storage, relative } = place;
  const root = localRoot(storage);
  const target = joinRaw(root, relative);
  const { uid } = artifact;
  // Where nobody may write the registry, what was fetched has its checksum here only.
  const sha256 = artifact.sha256 ?? (await readCached({ db: context.workstation.db }, uid))?.sha256 ?? null;
  if (sha256 === null) return false;
  const own = ownFolderOf(root);
  // It may have taken hours to fetch it: what is there without the drive is the folder that it is mounted on.
  await requireRoot(context, storage);
  await fs.makeFolder(own);
  await requireSpace(context, own, artifact.size);
  // There what a crash leaves is cleared, and nobody watches.
  const arriving = joinRaw(own, rawFromText(`${TEMPORARY_PREFIX}${newUid(random, 12)}.tmp`));
  const pending = await beginReturn(context, { ...artifact, sha256 }, place, { source, arriving }, signal);
  if (pending === null) return false;
  const named = await nameCopy(context, artifact, storage, relative, target).catch(async (error: unknown) => {
    await finishReturn(context, pending);
    throw error;
  });
  if (!named) {
    await dropReturn(context, pending);
    throw isTaken(target);
  }
  // Its drive went away just now: the content waits there, and the cache keeps it until it has its name.
  if ((await finishReturn(context, pending)) === 'away') throw wentAway(pending);
  return true;
}

function wentAway({ relative }: PendingReturn): BenchkeepError {
  return new BenchkeepError(
    'offline',
    `The drive that ${rawToDisplay(relative)} was to come back to is away`,
    'Connect it: the content comes back when it is asked for again, or when Benchkeep is started.',
    { retry: true, details: { drive: true } },
  );
}

/** False where the path is another artifact's by now. */
async function nameCopy(
  context: InstanceContext,
  artifact: ArtifactRow,
  storage: StorageRow,
  relative: RawPath,
  target: RawPath,
): Promise<boolean> {
  return writeRegistry(context, await context.author(), 'bring back', async (write) => {
    write.note = `Its content came back to ${rawToDisplay(target)}.`;
    const taken = await write.tx
      .selectFrom('copy')
      .select('artifact_id')
      .where('storage_id', '=', storage.id)
      .where('path', '=', rawToBytes(relative))
      .executeTakeFirst();
    const now = await write.tx.selectFrom('artifact').selectAll().where('id', '=', artifact.id).executeTakeFirst();
    if (now?.sha256 !== artifact.sha256) return false;
    if (taken !== undefined && taken.artifact_id !== artifact.id) return false;
    if (taken === undefined) insertCopy(write, artifact, storage, relative);
    const other = await write.tx
      .selectFrom('copy')
      .select('id')
      .where('artifact_id', '=', artifact.id)
      .where('storage_id', '!=', storage.id)
      // One that was found wrong or gone counts no more.
      .where('verified_at', 'is not', null)
      .limit(1)
      .executeTakeFirst();
    if (now.state === 'missing')
      write.updateRow('artifact', now, {
        state: 'ok',
        state_reason: null,
        // Where it was is other content by now, or nothing.
        ...(other === undefined ? { storage_id: storage.id } : {}),
        updated_at: write.now,
      });
    return true;
  });
}
