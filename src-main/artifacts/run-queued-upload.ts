/** What the queue does with one upload: looks what there is to be sent now, proves it, and brings it to its end. */
import { BenchkeepError } from '../../shared/errors.ts';
import { escapeForDisplay } from '../../shared/format/display-name.ts';
import type { InstanceContext } from '../instance/index.ts';
import { timestamp } from '../ports/clock.ts';
import { writeGzipLines } from '../ports/fs/gzip-lines.ts';
import { rawToBytes, type RawPath } from '../ports/fs/raw-path.ts';
import type { ArtifactRow, StorageRow } from '../registry/schema.ts';
import { manifestFolder, manifestLine, manifestPath } from '../storage/folder-manifest.ts';
import { assertWritable, checkRoot, cloudRootOf, offline } from '../storage/index.ts';
import {
  beginWithOther,
  dropParts,
  endTransfer,
  finishUpload,
  gatedStores,
  isOther,
  isSourceLost,
  READING,
  storageOf,
  UNPROVEN,
  type RunTools,
  type Settled,
} from '../transfers/index.ts';
import type { TransferRow } from '../workstation/schema.ts';
import { readTransfer, updateTransfer } from '../workstation/transfer-rows.ts';
import { copiesIn } from './copies-in.ts';
import { readFolderContent } from './folder-content.ts';
import { locateContent, type Content } from './locate-content.ts';
import { gatherSmall } from './gather-small-uploads.ts';
import { readContext } from './read-context.ts';

/** States in which the registry does not name what is in the store: content that was replaced is not to be named. */
const UNNAMED: ReadonlySet<string> = new Set([...UNPROVEN, 'verified']);
/** Ms for which a storage that was ours is taken for ours. */
const STILL_OURS = 60_000;

export type RunUpload = (context: InstanceContext, row: TransferRow, tools: RunTools) => Promise<Settled>;

/** The returned function ends a transfer that can't come to its end; its other errors may pass. */
export function queuedUploads(): RunUpload {
  const ours = new Map<string, number>();

  async function refuseForeign(context: InstanceContext, storage: StorageRow): Promise<void> {
    const now = context.clock.monotonic();
    if (now - (ours.get(storage.uid) ?? -Infinity) < STILL_OURS) return;
    await assertWritable(context, storage);
    ours.set(storage.uid, now);
  }

  /** Whether it still is ours is asked again; whoever signs in again is heard by a new client only. */
  function failed(context: InstanceContext, storage: StorageRow, error: unknown): void {
    ours.delete(storage.uid);
    const root = cloudRootOf(storage);
    if (error instanceof BenchkeepError && error.code === 'not_signed_in' && root !== null) context.stores.forget(root);
  }

  const together = gatherSmall({ refuseForeign, failed });

  async function run(context: InstanceContext, planned: TransferRow, tools: RunTools): Promise<Settled> {
    const done = await together({ context, row: planned, tools });
    if (done !== null) return { row: done, cached: null };
    const row = await readTransfer(context.workstation, planned.id);
    const storage = await storageOf(context, row);
    if (storage === null) throw await end(context, row, storageGone());
    try {
      await refuseForeign(context, storage);
      const gated = { ...context, stores: gatedStores(context.stores, tools.gate) };
      if (!UNNAMED.has(row.state)) return await finishUpload(gated, row, tools);
      const artifact = await artifactOf(context, row);
      if (row.state === 'verified' && (artifact === null || !isOther(artifact, row)))
        return await finishUpload(gated, row, tools);
      if (artifact === null) throw await end(context, row, artifactGone());
      if ((await copiesIn(context, [artifact], storage)).has(artifact.id)) return await isThere(context, row);
      const current = await ofContent(gated, row, artifact, storage, tools);
      const source = READING.has(current.state) ? await provenSource(context, current, artifact, tools) : null;
      return await finishUpload(gated, current, { ...tools, locate: () => locate(context, row) }, source);
    } catch (error) {
      failed(context, storage, error);
      throw error;
    }
  }
  return run;
}

async function artifactOf(
  { registry }: InstanceContext,
  { artifact_uid: uid }: TransferRow,
): Promise<ArtifactRow | null> {
  return (await registry.db.selectFrom('artifact').selectAll().where('uid', '=', uid).executeTakeFirst()) ?? null;
}

/** Somebody else brought it there meanwhile. */
async function isThere(context: InstanceContext, row: TransferRow): Promise<Settled> {
  const now = timestamp(context.clock);
  const done = await updateTransfer(context.workstation, row.id, {
    state: 'done',
    sent: row.size,
    error: null,
    updated_at: now,
  });
  await dropParts(context, row);
  return { row: done, cached: null };
}

/** Content that was replaced since it was queued is what is uploaded; what was sent of the old one goes. */
async function ofContent(
  context: InstanceContext,
  row: TransferRow,
  artifact: ArtifactRow,
  storage: StorageRow,
  { signal }: RunTools,
): Promise<TransferRow> {
  const { sha256 } = artifact;
  if (sha256 === null || !isOther(artifact, row)) return row;
  return beginWithOther(context, row, { ...artifact, sha256 }, storage, signal);
}

/** Null where it is not here any more. */
async function locate(context: InstanceContext, row: TransferRow): Promise<Content | null> {
  const artifact = await artifactOf(context, row);
  try {
    return artifact === null ? null : await locateContent(readContext(context), artifact);
  } catch (error) {
    if (error instanceof BenchkeepError) return null;
    throw error;
  }
}

/** Where it is now. Whether it is the content is known when all of it was read, before anything is made of it there. */
async function provenSource(
  context: InstanceContext,
  row: TransferRow,
  artifact: ArtifactRow,
  { signal }: RunTools,
): Promise<{ source: Buffer; facts: string }> {
  try {
    const content = await locateContent(readContext(context), artifact);
    if (artifact.n_files !== null) await refuseOtherFolder(context, artifact, content.path, row, signal);
    return { source: rawToBytes(content.path), facts: JSON.stringify(content.facts) };
  } catch (error) {
    if (signal.aborted || !isSourceLost(error)) throw error;
    if (error.code === 'file_not_found') await refuseAway(context, artifact);
    throw await end(context, row, error);
  }
}

/** A drive that is away takes its files with it: they are not lost. Error: `offline`. */
async function refuseAway(context: InstanceContext, { id }: ArtifactRow): Promise<void> {
  const storages = await context.registry.db
    .selectFrom('storage')
    .innerJoin('copy', 'copy.storage_id', 'storage.id')
    .selectAll('storage')
    .where('copy.artifact_id', '=', id)
    .where('storage.workstation_uid', '=', context.workstationUid)
    .execute();
  for (const storage of storages) {
    const root = await checkRoot(context, storage);
    if (!root.attached) throw offline(root.reason);
  }
}

function otherContent(name: string): BenchkeepError {
  return new BenchkeepError(
    'file_changed',
    `The folder of "${escapeForDisplay(name)}" has other content than what was registered`,
    'Nothing was uploaded. Let its folder be looked at: its new content becomes the next version.',
  );
}

/** Its manifest is made anew where this computer has lost it. */
async function refuseOtherFolder(
  context: InstanceContext,
  { uid, sha256, key }: ArtifactRow,
  path: RawPath,
  { state }: TransferRow,
  signal: AbortSignal,
): Promise<void> {
  const known = (await context.fs.look(manifestPath(context, uid))) !== null;
  if (known && state !== 'planned') return;
  const tools = { signal, background: true, onBytes: () => undefined, onSkipped: () => undefined };
  await context.fs.makeFolder(manifestFolder(context), 0o700);
  const manifest = await writeGzipLines(manifestFolder(context), context.random);
  try {
    const content = await readFolderContent(context, path, {
      ...tools,
      onEntry: (entry) => manifest.write(manifestLine(entry)),
    });
    await manifest.end();
    if (content.sha256 !== sha256) throw otherContent(key ?? uid);
    if (!known) await manifest.finish(manifestPath(context, uid));
  } catch (error) {
    if (error instanceof BenchkeepError && error.code === 'empty_folder') throw otherContent(key ?? uid);
    throw error;
  } finally {
    await manifest.discard();
  }
}

async function end(context: InstanceContext, row: TransferRow, reason: BenchkeepError): Promise<BenchkeepError> {
  await endTransfer(context, row, reason);
  return reason;
}

function storageGone(): BenchkeepError {
  return new BenchkeepError('not_found', 'The storage of this upload was removed', 'Upload it to another storage.');
}

function artifactGone(): BenchkeepError {
  return new BenchkeepError('not_found', 'Its artifact was deleted', 'There is nothing to be done.');
}
