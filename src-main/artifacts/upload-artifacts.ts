/** `upload`: content that this computer has goes to the default storage in the cloud. */
import type { JobProgress, SaveResult, UploadInput } from '../../shared/contract/index.ts';
import { BenchkeepError, reviveError } from '../../shared/errors.ts';
import { escapeForDisplay } from '../../shared/format/display-name.ts';
import type { InstanceContext } from '../instance/index.ts';
import { sameFacts } from '../ports/fs/file-facts.ts';
import type { ArtifactRow, StorageRow } from '../registry/schema.ts';
import { assertWritable, targetStorage } from '../storage/index.ts';
import { finishUpload, startedUpload, uploadCopy, type Settled } from '../transfers/index.ts';
import { artifactRecords } from './artifact-records.ts';
import { findArtifacts } from './find-artifact.ts';
import { locateContent, type Content } from './locate-content.ts';
import { readContext } from './read-context.ts';
import { refuseIfStopped, tellProgress, type JobTools } from './tell-progress.ts';

/** States of an upload whose content is not proven to be in the store yet: its file is read again. */
const SENDING: ReadonlySet<string> = new Set(['planned', 'sending', 'completing']);

/**
 * Ends when all of it is verified there. What is there already is left as it is; what an earlier try has begun goes on.
 * `warnings`: what became of the copies here. Errors: `refused` (the default storage is a folder), `file_changed` (other
 * bytes than were registered: nothing is uploaded), those of `locateContent` and of transfers.
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
  { artifacts: named, free_up: isFreed }: UploadInput,
  { signal, progress }: JobTools,
): Promise<SaveResult> {
  const artifacts = await findArtifacts(context.registry.db, named);
  const storage = await targetStorage(context, { upload: true });
  await assertWritable(context, storage);
  progress.items_total = artifacts.length;
  progress.bytes_total = artifacts.reduce((sum, { size }) => sum + size, 0);
  const warnings: string[] = [];
  let before = 0;
  for (const artifact of artifacts) {
    refuseIfStopped(signal);
    progress.file = artifact.key ?? artifact.uid;
    const note = await uploadOne(context, artifact, storage, {
      signal,
      onSent: (bytes) => (progress.bytes = before + bytes),
      isFreed,
    }).catch((error: unknown) => {
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

/** What a person should know of its copy here, or null. */
export async function uploadOne(
  context: InstanceContext,
  artifact: ArtifactRow,
  storage: StorageRow,
  { isFreed = false, ...tools }: { signal: AbortSignal; onSent: (bytes: number) => void; isFreed?: boolean },
): Promise<string | null> {
  const started = await startedUpload(context, artifact.uid, storage.uid);
  if (started !== null && !SENDING.has(started.state)) return noteOf(await finishUpload(context, started, tools));
  if (await isThere(context, artifact, storage)) return null;
  if (artifact.n_files !== null) {
    throw new BenchkeepError(
      'not_supported',
      `"${escapeForDisplay(artifact.key ?? artifact.uid)}" is a folder, and folders can't be uploaded yet`,
      'Upload its files one by one.',
    );
  }
  const content = await locateContent(readContext(context), artifact);
  const sha256 = await provenSha(context, artifact, content, tools.signal);
  return noteOf(await uploadCopy(context, { artifact: { ...artifact, sha256 }, ...content, storage, isFreed }, tools));
}

function noteOf({ cached }: Settled): string | null {
  return cached === null ? null : `moved local artifact to cache: ${cached}`;
}

async function isThere({ registry }: InstanceContext, { id }: ArtifactRow, storage: StorageRow): Promise<boolean> {
  const copy = await registry.db
    .selectFrom('copy')
    .select('id')
    .where('artifact_id', '=', id)
    .where('storage_id', '=', storage.id)
    .where('verified_at', 'is not', null)
    .executeTakeFirst();
  return copy !== undefined;
}

/** All of it is read before a byte is sent: damaged or changed content is not spread. */
async function provenSha(
  context: InstanceContext,
  artifact: ArtifactRow,
  { path, facts }: Content,
  signal: AbortSignal,
): Promise<string> {
  const [outcome] = await context.hasher.hashFiles([path], { signal });
  if (outcome?.kind === 'failed') throw reviveError(outcome.error);
  const hashed = outcome?.kind === 'hashed' && sameFacts(outcome.facts, facts) ? outcome : null;
  if (hashed !== null && (artifact.sha256 ?? hashed.sha256) === hashed.sha256 && artifact.sha256 !== null)
    return hashed.sha256;
  const name = `"${escapeForDisplay(artifact.key ?? artifact.uid)}"`;
  throw hashed !== null && artifact.sha256 === null
    ? new BenchkeepError(
        'file_changed',
        `${name} was not read wholly yet`,
        'It is being read. Upload it when that is done.',
        {
          retry: true,
        },
      )
    : new BenchkeepError(
        'file_changed',
        `The file of ${name} has other content than what was registered`,
        'Nothing was uploaded. Let its folder be looked at: its new content becomes the next version.',
      );
}
