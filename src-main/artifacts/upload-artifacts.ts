/** `upload`: content that this computer has goes to the default storage in the cloud. */
import type { JobProgress, SaveResult, UploadInput } from '../../shared/contract/index.ts';
import { BenchkeepError } from '../../shared/errors.ts';
import { escapeForDisplay } from '../../shared/format/display-name.ts';
import type { InstanceContext } from '../instance/index.ts';
import type { ArtifactRow, StorageRow } from '../registry/schema.ts';
import { assertWritable, targetStorage } from '../storage/index.ts';
import type { Settled } from '../transfers/index.ts';
import type { TransferRow } from '../workstation/schema.ts';
import { artifactRecords } from './artifact-records.ts';
import { findArtifacts } from './find-artifact.ts';
import { queueUploads } from './queue-uploads.ts';
import { readContext } from './read-context.ts';
import { refuseIfStopped, tellProgress, type JobTools } from './tell-progress.ts';

const MOST_NAMED = 5;

/**
 * Ends when all of it is verified there, whatever the hours for uploads are. What is there already is left as it is;
 * what an earlier try has begun goes on, and what the queue is at work on is waited for. `warnings`: what became of the
 * copies here. Errors: `refused` (the default storage is a folder), `file_changed` (other bytes than were registered:
 * nothing is uploaded), those of `locateContent` and of transfers; where several fail, all are named under the code of
 * the first, after the others are done.
 */
export function uploadArtifacts(
  context: InstanceContext,
  input: UploadInput,
  signal?: AbortSignal,
): AsyncGenerator<JobProgress, SaveResult> {
  return tellProgress(context.clock, signal, (job) => uploadAll(context, input, job));
}

async function uploadAll(
  context: InstanceContext,
  input: UploadInput,
  { signal, progress }: JobTools,
): Promise<SaveResult> {
  const artifacts = await findArtifacts(context.registry.db, input.artifacts);
  const storage = await targetStorage(context, { upload: true });
  await assertWritable(context, storage);
  const { rows, refused } = await queueUploads(context, artifacts, storage, { now: true, freeUp: input.free_up });
  const byUid = new Map(artifacts.map((artifact) => [artifact.uid, artifact]));
  const failed: Failed[] = refused;
  const warnings: string[] = [];
  const sent = new Map<number, number>();
  const tell = (id: number, bytes: number): void => {
    progress.bytes += bytes - (sent.get(id) ?? 0);
    sent.set(id, bytes);
  };
  const waitedFor = new Set(rows.map(({ artifact_uid: uid }) => uid));
  const refusedUids = new Set(refused.map(({ artifact: { uid } }) => uid));
  const there = artifacts.filter(({ uid }) => !waitedFor.has(uid) && !refusedUids.has(uid));
  const bytesThere = there.reduce((sum, { size }) => sum + size, 0);
  progress.items_total = artifacts.length;
  progress.items = there.length;
  progress.bytes_total = artifacts.reduce((sum, { size }) => sum + size, 0);
  progress.bytes = bytesThere;
  const waitFor = async (row: TransferRow): Promise<void> => {
    const artifact = byUid.get(row.artifact_uid);
    if (artifact === undefined) return;
    try {
      const settled = await context.queue.finish(row, {
        signal,
        onSent(bytes) {
          progress.file = artifact.key ?? artifact.uid;
          tell(row.id, bytes);
        },
      });
      const note = noteOf(settled);
      if (note !== null) warnings.push(note);
      progress.items += 1;
      tell(row.id, row.size);
    } catch (error) {
      if (!(error instanceof BenchkeepError)) throw error;
      failed.push({ artifact, error });
    }
  };
  await Promise.all(rows.map(waitFor));
  refuseIfStopped(signal);
  if (failed.length > 0) throw namingAll(failed, artifacts.length);
  progress.file = null;
  const ids = artifacts.map(({ id }) => id);
  return { items: await artifactRecords(readContext(context), ids), warnings };
}

interface Failed {
  artifact: ArtifactRow;
  error: BenchkeepError;
}

function namingAll(failed: readonly Failed[], of: number): BenchkeepError {
  const [first] = failed;
  if (first === undefined || failed.length === 1)
    return first?.error ?? new BenchkeepError('internal', 'Nothing failed', '');
  const { code, remedy, retry } = first.error;
  const names = failed
    .slice(0, MOST_NAMED)
    .map(({ artifact, error }) => `"${escapeForDisplay(artifact.key ?? artifact.uid)}": ${error.message}`);
  const more = failed.length > MOST_NAMED ? `; and ${String(failed.length - MOST_NAMED)} more` : '';
  return new BenchkeepError(
    code,
    `${String(failed.length)} of ${String(of)} were not uploaded: ${names.join('; ')}${more}`,
    remedy,
    { retry, details: { failed: failed.map(({ artifact: { uid }, error }) => ({ uid, message: error.message })) } },
  );
}

/** What a person should know of its copy here, or null. Errors: why it can't be uploaded. */
export async function uploadOne(
  context: InstanceContext,
  artifact: ArtifactRow,
  storage: StorageRow,
  tools: { signal: AbortSignal; onSent: (bytes: number) => void },
): Promise<string | null> {
  const { rows, refused } = await queueUploads(context, [artifact], storage, { now: true });
  for (const { error } of refused) throw error;
  const [row] = rows;
  return row === undefined ? null : noteOf(await context.queue.finish(row, tools));
}

function noteOf({ cached }: Settled): string | null {
  return cached === null ? null : `moved local artifact to cache: ${cached}`;
}
