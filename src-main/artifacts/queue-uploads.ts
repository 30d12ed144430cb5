/** Puts uploads on the list of transfers; the queue works on them. */
import { BenchkeepError } from '../../shared/errors.ts';
import { escapeForDisplay } from '../../shared/format/display-name.ts';
import type { TransferRecord, UploadInput } from '../../shared/contract/index.ts';
import type { InstanceContext } from '../instance/index.ts';
import { timestamp } from '../ports/clock.ts';
import { joinRaw, rawFromText, rawToBytes } from '../ports/fs/raw-path.ts';
import type { ArtifactRow, StorageRow } from '../registry/schema.ts';
import { OWN_FOLDER, targetStorage } from '../storage/index.ts';
import { transferRecords } from '../transfers/index.ts';
import type { TransferRow } from '../workstation/schema.ts';
import { changeTransfers, chosenTransfers, firstRank, transfersOf } from '../workstation/transfer-rows.ts';
import { insertUploads, setFreeUp } from '../workstation/upload-rows.ts';
import { copiesIn } from './copies-in.ts';
import { findArtifacts } from './find-artifact.ts';
import { locateContents, type Content } from './locate-content.ts';
import { readContext } from './read-context.ts';

/** Rows of one durable step: the engine is not kept busy for longer. */
const INSERTED = 100;

export interface QueuedUploads {
  /** One for each artifact that is not in the cloud yet and can be uploaded. */
  rows: TransferRow[];
  /** Why others can't be. */
  refused: { artifact: ArtifactRow; error: BenchkeepError }[];
}

/** `transfers.upload`. Errors: `refused` where there is no storage in the cloud, those of `findArtifacts`. */
export async function queueChosen(
  context: InstanceContext,
  input: UploadInput,
): Promise<{ items: TransferRecord[]; refused: { uid: string; name: string; reason: string }[] }> {
  const artifacts = await findArtifacts(context.registry.db, input.artifacts);
  const storage = await targetStorage(context, { upload: true });
  const { rows, refused } = await queueUploads(context, artifacts, storage, { freeUp: input.free_up });
  return { items: await transferRecords(context, rows), refused: refused.map(refusedRecord) };
}

/**
 * What is on the list or in the store already is left as it is. `now`: somebody waits for these: they come first, also
 * those that are paused or wait after a failure. `freeUp`: whether a file in place goes to the cache, too; undefined leaves what
 * was chosen before, and is no for new ones.
 */
export async function queueUploads(
  context: InstanceContext,
  artifacts: readonly ArtifactRow[],
  storage: StorageRow,
  { freeUp, now = false }: { freeUp?: boolean | undefined; now?: boolean } = {},
): Promise<QueuedUploads> {
  const { workstation, clock, queue } = context;
  const uids = artifacts.map(({ uid }) => uid);
  const known = new Map(
    (await transfersOf(workstation, uids))
      .filter(({ storage_uid: uid, purpose }) => uid === storage.uid && purpose === 'upload')
      .map((row) => [row.artifact_uid, row]),
  );
  const there = await copiesIn(context, artifacts, storage);
  const refused: QueuedUploads['refused'] = [];
  const wanted: { artifact: ArtifactRow; sha256: string; content: Content }[] = [];
  const missing = artifacts.filter(({ uid, id }) => !known.has(uid) && !there.has(id));
  const contents = await contentsOf(context, missing);
  for (const [n, artifact] of missing.entries()) {
    const content = contents[n];
    if (content instanceof BenchkeepError) refused.push({ artifact, error: content });
    else if (content !== undefined) wanted.push({ artifact, ...content });
  }
  const rank = now ? await firstRank(workstation) : 0;
  const before = [...known.values()].map(({ id }) => id);
  const at = timestamp(clock);
  if (now && before.length > 0) {
    await changeTransfers(workstation, before, {
      rank,
      paused: 0,
      attempts: 0,
      next: null,
      error: null,
      updated_at: at,
    });
  }
  if (freeUp !== undefined && before.length > 0) await setFreeUp(workstation, before, freeUp);
  const inserted: (TransferRow | null)[] = [];
  for (let i = 0; i < wanted.length; i += INSERTED) {
    const rows = wanted.slice(i, i + INSERTED).map(({ artifact, sha256, content: { path, facts } }) => ({
      direction: 'upload' as const,
      purpose: 'upload' as const,
      artifact_uid: artifact.uid,
      storage_uid: storage.uid,
      path: rawToBytes(joinRaw(OWN_FOLDER, rawFromText(`${artifact.uid}${artifact.suffix}`))),
      source: rawToBytes(path),
      facts: JSON.stringify(facts),
      size: artifact.size,
      sha256,
      state: 'planned' as const,
      rank,
      free_up: freeUp === true ? 1 : 0,
      created_at: at,
      updated_at: at,
    }));
    inserted.push(...(await insertUploads(workstation, rows, context.busyTransfers)));
  }
  // Somebody else was faster with the others: theirs is waited for, unless it is no upload, which nobody brings to its end.
  const missed = wanted.filter((_, n) => inserted[n] === null).map(({ artifact }) => artifact);
  const theirs = (
    await transfersOf(
      workstation,
      missed.map(({ uid }) => uid),
    )
  ).filter(({ storage_uid: uid, purpose }) => uid === storage.uid && purpose === 'upload');
  const waitedFor = new Set(theirs.map(({ artifact_uid: uid }) => uid));
  for (const artifact of missed)
    if (!waitedFor.has(artifact.uid)) refused.push({ artifact, error: beingSaved(artifact) });
  if (now) queue.tryAgain();
  else queue.wake();
  const rows = [...inserted.flatMap((row) => row ?? []), ...theirs];
  return { rows: [...(await chosenTransfers(workstation, before)), ...rows], refused };
}

function beingSaved({ key, uid }: ArtifactRow): BenchkeepError {
  return new BenchkeepError(
    'locked',
    `"${escapeForDisplay(key ?? uid)}" is being saved into the cloud at this moment`,
    'Wait until that is done, then upload it if it is not there.',
    { retry: true },
  );
}

/** Of each, in order, or why it can't be uploaded: `file_changed` (not read wholly yet), those of `locateContent`. */
export async function contentsOf(
  context: InstanceContext,
  artifacts: readonly ArtifactRow[],
): Promise<({ sha256: string; content: Content } | BenchkeepError)[]> {
  const contents = await locateContents(readContext(context), artifacts);
  return artifacts.map(({ sha256, key, uid }, n) => {
    if (sha256 === null) return unread(key ?? uid);
    const content = contents[n];
    if (content === undefined) throw new Error(`Nobody looked for the content of ${uid}`);
    return content instanceof BenchkeepError ? content : { sha256, content };
  });
}

function unread(name: string): BenchkeepError {
  return new BenchkeepError(
    'file_changed',
    `"${escapeForDisplay(name)}" was not read wholly yet`,
    'It is being read. Upload it when that is done.',
    { retry: true },
  );
}

export function refusedRecord({ artifact: { uid, key }, error }: QueuedUploads['refused'][number]): {
  uid: string;
  name: string;
  reason: string;
} {
  return { uid, name: escapeForDisplay(key ?? uid), reason: `${error.message}. ${error.remedy}` };
}
