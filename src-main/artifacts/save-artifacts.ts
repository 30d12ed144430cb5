/** `save`: registers files and folders that a person names. */
import type { JobProgress, SaveInput, SaveResult } from '../../shared/contract/index.ts';
import { escapeForDisplay } from '../../shared/format/display-name.ts';
import type { InstanceContext } from '../instance/index.ts';
import { assertWritable, targetStorage } from '../storage/index.ts';
import { artifactRecords } from './artifact-records.ts';
import { findObject, isAddress, type ObjectSource } from './object-sources.ts';
import { readContext } from './read-context.ts';
import { isStillInCloud } from './look-in-cloud.ts';
import { saveFileCopy, uploadKnown } from './save-file-copy.ts';
import { saveFilesInPlace } from './save-files-in-place.ts';
import { saveFolder } from './save-folder.ts';
import { saveObject } from './save-objects.ts';
import { gatherDetails, type SaveTools } from './save-details.ts';
import { gatherSources, type Place, type Source } from './save-sources.ts';
import { refuseIfStopped, tellProgress, type JobTools } from './tell-progress.ts';

/**
 * Yields progress, returns one record a path, in the order of the paths. What was saved before an error or a stop stays
 * saved. Errors: `file_not_found`, `not_a_file` (pipes, devices), `invalid_key`, `invalid_argument` (no name for content
 * from outside), `not_found` (label, run, artifact), `file_changed`, those of the target storage, `disk_full`,
 * `cancelled`.
 */
export function saveArtifacts(
  context: InstanceContext,
  input: SaveInput,
  signal?: AbortSignal,
): AsyncGenerator<JobProgress, SaveResult> {
  return tellProgress(context.clock, signal, (job) => saveAll(context, input, job));
}

async function saveAll(context: InstanceContext, input: SaveInput, job: JobTools): Promise<SaveResult> {
  // All that can be wrong with the words is found before anything is written.
  const { signal, progress } = job;
  const warnings: string[] = [];
  const sources = await gatherSources(
    context,
    input.paths.filter((path) => !isAddress(path)),
  );
  const details = await gatherDetails(context, input);
  const addresses = new Set(input.paths.filter(isAddress));
  const tools: SaveTools = {
    signal,
    onBytes: (bytes) => (progress.bytes += bytes),
    warn: (warning) => warnings.push(warning),
  };
  const objects = new Map<string, ObjectSource>();
  for (const address of addresses)
    objects.set(address, await findObject(context, address, (text) => warnings.push(text), signal));
  progress.items_total = sources.length + objects.size;
  const ids = new Map<Source | ObjectSource, number>();
  for (const group of inTurns(sources)) {
    refuseIfStopped(signal);
    const [first] = group;
    progress.file = first.shown;
    const placed = group.filter(isPlaced);
    if (first.facts.kind === 'folder') {
      const id = await saveFolder(context, first, details, tools);
      ids.set(first, id);
      if (first.place !== null && details.upload === true) await uploadSaved(context, [first], [id], tools);
    } else if (placed.length === 0) ids.set(first, await saveFileCopy(context, first, details, tools));
    else {
      const saved = await saveFilesInPlace(context, placed, details, tools);
      for (const [i, source] of placed.entries()) ids.set(source, saved[i] ?? 0);
      if (details.upload === true) await uploadSaved(context, placed, saved, tools);
    }
    progress.items += group.length;
  }
  for (const object of objects.values()) {
    refuseIfStopped(signal);
    progress.file = object.shown;
    ids.set(object, await saveObject(context, object, details, tools));
    progress.items += 1;
  }
  progress.file = null;
  const order = inOrder(input.paths, sources, objects).map((source) => ids.get(source) ?? 0);
  return { items: await artifactRecords(readContext(context), order), warnings };
}

/** They stay where they are, and are in the cloud as well. */
async function uploadSaved(
  context: InstanceContext,
  sources: readonly Source[],
  ids: readonly number[],
  tools: SaveTools,
): Promise<void> {
  const storage = await targetStorage(context, { upload: true });
  await assertWritable(context, storage);
  const { db } = context.registry;
  for (const [i, { path, facts }] of sources.entries()) {
    const id = ids[i] ?? 0;
    const artifact = await db.selectFrom('artifact').selectAll().where('id', '=', id).executeTakeFirstOrThrow();
    const here = { path, facts, sha256: artifact.sha256 ?? '' };
    await isStillInCloud(context, artifact, { here, only: storage }, tools);
    await uploadKnown(context, artifact, storage, tools);
  }
}

/** As they were named, each once. */
function inOrder(
  paths: readonly string[],
  sources: readonly Source[],
  objects: ReadonlyMap<string, ObjectSource>,
): (Source | ObjectSource)[] {
  const left = [...sources].reverse();
  const order = new Set<Source | ObjectSource>();
  for (const path of paths) {
    const object = objects.get(path);
    if (object !== undefined) order.add(object);
    else if (left.at(-1)?.shown === escapeForDisplay(path)) order.add(left.pop() as Source);
  }
  return [...order];
}

/** Files of one turn: those that one storage has side by side are registered together. */
const TURN = 250;

function* inTurns(sources: readonly Source[]): Generator<[Source, ...Source[]]> {
  let turn: Source[] = [];
  for (const source of sources) {
    const [first] = turn;
    if (first !== undefined && (turn.length === TURN || !belongTogether(first, source))) {
      yield [first, ...turn.slice(1)];
      turn = [];
    }
    turn.push(source);
  }
  const [first, ...rest] = turn;
  if (first !== undefined) yield [first, ...rest];
}

function belongTogether(a: Source, b: Source): boolean {
  if (a.facts.kind === 'folder' || b.facts.kind === 'folder' || a.place === null) return false;
  return a.place.storage.id === b.place?.storage.id;
}

function isPlaced(source: Source): source is Source & { place: Place } {
  return source.place !== null;
}
