/**
 * Puts other content under an artifact: its uid, name and labels stay. What it was becomes a version of the same family
 * in the trash, which brings it back.
 */
import type { ArtifactRecord, JobProgress } from '../../shared/contract/index.ts';
import { BenchkeepError } from '../../shared/errors.ts';
import { escapeForDisplay } from '../../shared/format/display-name.ts';
import { suffixOf } from '../../shared/suffixes.ts';
import { whileAlone, type InstanceContext } from '../instance/index.ts';
import { TEMPORARY_PREFIX } from '../ports/fs/node-fs.ts';
import { joinRaw, rawFromBytes, rawFromText, rawToDisplay, type RawPath } from '../ports/fs/raw-path.ts';
import { writeRegistry } from '../registry/change-log.ts';
import type { ArtifactRow } from '../registry/schema.ts';
import { assertWritable, localRoot, OWN_FOLDER, requireSpace } from '../storage/index.ts';
import { nextUid } from './artifact-family.ts';
import { artifactRecords } from './artifact-records.ts';
import { findArtifact } from './find-artifact.ts';
import { locateContent } from './locate-content.ts';
import {
  arrivingManifest,
  finishReplacement,
  planReplacement,
  type PendingReplacement,
} from './pending-replacements.ts';
import { placesOf, type DeletionPlace } from './plan-deletion.ts';
import { readContext } from './read-context.ts';
import { copyFile, readContent } from './save-file-copy.ts';
import type { SaveTools } from './save-details.ts';
import { copyFolder, whileRead } from './save-folder.ts';
import { gatherSources, type Source } from './save-sources.ts';
import { tellProgress } from './tell-progress.ts';
import { keyWithSuffix, refuseInCloud, writeReplacement, type ReplacingContent } from './write-replacement.ts';

/** How often it is begun anew because the family got another version meanwhile. */
const TRIES = 50;

/** Content that was read, and how it gets to where it is kept. */
interface Arriving extends ReplacingContent {
  copy(path: RawPath, plan: PendingReplacement): Promise<void>;
}

/**
 * Errors: `refused` (its file lies in place or in the cloud, it is in the trash), `invalid_argument` (a folder for a file), `offline`,
 * `file_not_found` and `file_changed` (of what it is now), those of the source, `disk_full`, `cancelled`, `locked`.
 */
export function replaceArtifact(
  context: InstanceContext,
  input: { artifact: string; path: string },
  signal?: AbortSignal,
): AsyncGenerator<JobProgress, { items: ArtifactRecord[] }> {
  return tellProgress(context.clock, signal, async ({ signal: stop, progress }) => {
    const artifact = await findArtifact(context.registry.db, input.artifact);
    const place = await ownPlaceOf(context, artifact);
    const [source] = await gatherSources(context, [input.path]);
    if (source === undefined) throw new Error('a path without a source');
    refuseOtherKind(artifact, source);
    progress.items_total = 1;
    progress.file = source.shown;
    const onBytes = (bytes: number): number => (progress.bytes += bytes);
    const tools: SaveTools = { signal: stop, onBytes, warn: () => undefined };
    await whileArriving(context, source, place, tools, (content) =>
      whileAlone(context, artifact.stem_uid, () => replace(context, artifact, place, content)),
    );
    progress.items = 1;
    return { items: await artifactRecords(readContext(context), [artifact.id]) };
  });
}

/** Where its content is now. What lies among a person's own files is never replaced. */
async function ownPlaceOf(context: InstanceContext, artifact: ArtifactRow): Promise<DeletionPlace> {
  const name = `"${escapeForDisplay(artifact.key ?? artifact.uid)}"`;
  const places = await placesOf(context.registry.db, artifact);
  const inPlace = places.find(({ isOwn }) => !isOwn);
  if (inPlace !== undefined) {
    throw new BenchkeepError(
      'refused',
      `The file of ${name} is your own: ${rawToDisplay(inPlace.path)}`,
      'Change that file itself: its new content becomes the next version.',
    );
  }
  if (artifact.visibility === -1)
    throw new BenchkeepError('refused', `${name} is in the trash`, 'Take it out of there first: benchkeep restore.');
  await refuseInCloud(context.registry.db, artifact);
  const { path } = await locateContent(readContext(context), artifact);
  const place = places.find((one) => one.path === path);
  if (place === undefined) throw new Error('content without a copy');
  await assertWritable(context, place.storage);
  return place;
}

function refuseOtherKind({ n_files: n }: ArtifactRow, { facts, shown }: Source): void {
  const isFolder = n !== null;
  if (isFolder === (facts.kind === 'folder')) return;
  throw new BenchkeepError(
    'invalid_argument',
    `${shown} is a ${isFolder ? 'file' : 'folder'}, and what it would replace is a ${isFolder ? 'folder' : 'file'}`,
    'Save it as an artifact of its own.',
  );
}

function whileArriving(
  context: InstanceContext,
  source: Source,
  { storage }: DeletionPlace,
  tools: SaveTools,
  use: (content: Arriving) => Promise<void>,
): Promise<void> {
  const suffix = suffixOf(rawToDisplay(source.path)).suffix;
  if (source.facts.kind === 'folder') {
    return whileRead(context, source, tools, (read) =>
      use({
        ...read.content,
        suffix,
        async copy(path, plan) {
          await requireSpace(context, localRoot(storage), read.content.size);
          await copyFolder(context, read, path, tools);
          await read.manifest.finish(arrivingManifest(context, plan));
        },
      }),
    );
  }
  return readContent(context, source, tools).then((read) => {
    const { sha256, hash, hashType, facts } = read;
    const copy = (path: RawPath): Promise<void> => copyFile(context, source, read, storage, path, tools);
    return use({ sha256, hash, hashType, size: facts.size, nFiles: null, suffix, copy });
  });
}

async function replace(
  context: InstanceContext,
  artifact: ArtifactRow,
  place: DeletionPlace,
  content: Arriving,
): Promise<void> {
  if (artifact.sha256 === content.sha256 && artifact.size === content.size) return;
  const root = localRoot(place.storage);
  const from = rawFromBytes(place.copy.path);
  const to = joinRaw(OWN_FOLDER, rawFromText(`${artifact.uid}${content.suffix}`));
  await refuseTaken(context, joinRaw(root, to), to === from);
  const author = await context.author();
  const taken: string[] = [];
  for (let tries = 0; tries < TRIES; tries++) {
    const asideUid = await nextUid(context.registry.db, artifact.stem_uid, taken);
    const aside = joinRaw(OWN_FOLDER, rawFromText(`${asideUid}${artifact.suffix}`));
    // A crash left a whole file there: the number is given up.
    if ((await context.fs.look(joinRaw(root, aside))) !== null) {
      taken.push(asideUid);
      continue;
    }
    const random = Buffer.from(context.random(9)).toString('hex');
    const plan: PendingReplacement = {
      uid: artifact.uid,
      asideUid,
      storageUid: place.storage.uid,
      isFolder: artifact.n_files !== null,
      arriving: joinRaw(OWN_FOLDER, rawFromText(`${TEMPORARY_PREFIX}${random}.tmp`)),
      from,
      aside,
      to,
    };
    const name = await planReplacement(context, plan);
    if (name === null) {
      taken.push(asideUid);
      continue;
    }
    try {
      await content.copy(joinRaw(root, plan.arriving), plan);
      const key = keyWithSuffix(artifact.key, artifact.suffix, content.suffix);
      const done = await writeRegistry(context, author, 'replace', (write) =>
        writeReplacement(write, { artifact, place, content, plan, key, taken }),
      );
      if (done) return;
    } finally {
      await finishReplacement(context, name, plan);
    }
  }
  throw new BenchkeepError('locked', 'Other versions of it are being saved', 'Try again when they are done.', {
    retry: true,
  });
}

async function refuseTaken({ fs }: InstanceContext, path: RawPath, isOwn: boolean): Promise<void> {
  if (isOwn || (await fs.look(path)) === null) return;
  throw new BenchkeepError(
    'already_exists',
    `${rawToDisplay(path)} is there already`,
    'Move that file out of the folder, then try again.',
  );
}
