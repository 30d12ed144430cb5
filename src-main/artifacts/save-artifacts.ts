/** `save`: registers files and folders that a person names. */
import { findLabel } from '../annotation/index.ts';
import { BenchkeepError } from '../../shared/errors.ts';
import type { JobProgress, SaveInput, SaveResult } from '../../shared/contract/index.ts';
import type { InstanceContext } from '../instance/index.ts';
import { rawFromText, type RawPath } from '../ports/fs/raw-path.ts';
import { storageOfPath } from '../storage/index.ts';
import { artifactRecords } from './artifact-records.ts';
import { findArtifact } from './find-artifact.ts';
import { readContext } from './read-context.ts';
import { saveFileInPlace } from './save-file-in-place.ts';
import { saveFileCopy } from './save-file-copy.ts';
import { saveFolder } from './save-folder.ts';
import type { SaveDetails, Saved, SaveTools } from './save-details.ts';

/**
 * Yields progress, returns the records in the order of the paths. What was saved before an error or a stop stays
 * saved. Errors: `file_not_found`, `not_a_file` (pipes, devices), `invalid_key`, `invalid_argument` (no name for content
 * from outside), `not_found` (label, run, artifact), `file_changed`, those of the target storage, `disk_full`, `cancelled`.
 */
export async function* saveArtifacts(
  context: InstanceContext,
  input: SaveInput,
  signal?: AbortSignal,
): AsyncGenerator<JobProgress, SaveResult> {
  if (input.paths.length > 1 && (input.key != null || input.revises != null)) {
    const what = input.key == null ? 'revises one artifact' : 'has one key';
    throw new BenchkeepError('invalid_argument', `Each file ${what}, but several were given`, 'Save them one by one.');
  }
  const details = await gatherDetails(context, input);
  const warnings: string[] = [];
  const ids: number[] = [];
  const progress = { items: 0, bytes: 0 };
  for (const path of input.paths) {
    refuseIfStopped(signal);
    yield { ...progress, items_total: input.paths.length, bytes_total: null, file: path };
    const tools: SaveTools = {
      onBytes: (bytes) => (progress.bytes += bytes),
      warn: (warning) => warnings.push(warning),
      ...(signal === undefined ? {} : { signal }),
    };
    const saved = await saveOne(context, await existing(context, path), details, tools);
    ids.push(saved.id);
    progress.items += 1;
  }
  yield { ...progress, items_total: input.paths.length, bytes_total: progress.bytes, file: null };
  const records = await artifactRecords(readContext(context), [...new Set(ids)]);
  const byUid = new Map(records.map((record) => [record.uid, record]));
  return { items: [...byUid.values()], warnings };
}

export function refuseIfStopped(signal: AbortSignal | undefined): void {
  if (signal?.aborted !== true) return;
  throw new BenchkeepError(
    'cancelled',
    'Saving was stopped',
    'What was saved so far is kept; run it again for the rest.',
    { retry: true },
  );
}

/** Everything that can be wrong with the words is found before anything is written. */
async function gatherDetails(context: InstanceContext, input: SaveInput): Promise<SaveDetails> {
  const { db } = context.registry;
  const labelIds: number[] = [];
  for (const name of input.labels) labelIds.push((await findLabel(db, name)).id);
  const run =
    input.run == null
      ? undefined
      : await db.selectFrom('run').select('id').where('uid', '=', input.run).executeTakeFirst();
  if (input.run != null && run === undefined) {
    throw new BenchkeepError('not_found', `There is no run ${input.run}`, 'Give the uid of a run, or leave it out.');
  }
  return {
    key: input.key ?? null,
    description: input.description ?? null,
    kind: input.kind ?? null,
    version: input.version_tag ?? null,
    revises: input.revises == null ? null : await findArtifact(db, input.revises),
    runId: run?.id ?? null,
    labelIds,
    isNew: input.new,
  };
}

async function existing(context: InstanceContext, text: string): Promise<RawPath> {
  const given = rawFromText(text);
  if ((await context.fs.look(given)) !== null) return context.fs.realPath(given);
  throw new BenchkeepError('file_not_found', `There is no file or folder ${text}`, 'Check the path.');
}

async function saveOne(
  context: InstanceContext,
  path: RawPath,
  details: SaveDetails,
  tools: SaveTools,
): Promise<Saved> {
  const facts = await context.fs.look(path);
  if (facts === null || facts.kind === 'special' || facts.kind === 'symlink') {
    throw new BenchkeepError(
      'not_a_file',
      'Only files and folders can be saved, not pipes or devices',
      'Choose a file or a folder.',
    );
  }
  const place = await storageOfPath(context, path);
  if (facts.kind === 'folder') return saveFolder(context, path, place, details, tools);
  return place === null
    ? saveFileCopy(context, path, facts, details, tools)
    : saveFileInPlace(context, place, facts, details, tools);
}
