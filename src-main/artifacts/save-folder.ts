/** `save FOLDER`: the whole folder is one artifact. */
import { BenchkeepError } from '../../shared/errors.ts';
import { checkKey } from '../../shared/keys.ts';
import { suffixOf } from '../../shared/suffixes.ts';
import type { InstanceContext } from '../instance/index.ts';
import { TEMPORARY_PREFIX } from '../ports/fs/node-fs.ts';
import { joinRaw, rawFromText, rawToBytes, rawToDisplay, splitRaw, type RawPath } from '../ports/fs/raw-path.ts';
import { writeRegistry } from '../registry/change-log.ts';
import type { ArtifactRow, StorageRow } from '../registry/schema.ts';
import { linkLabels } from '../annotation/index.ts';
import { assertWritable, localRoot, targetStorage } from '../storage/index.ts';
import { retireLatest, uidFor } from './artifact-family.ts';
import { folderContent, writeManifest, type FolderContent } from './folder-manifest.ts';
import { familyOfKey, knownContent } from './known-content.ts';
import { readFolder, type ReadEntry } from './read-folder.ts';
import { describeKnown, saveAuthor, type SaveDetails, type Saved, type SaveTools } from './save-details.ts';
import { keepKnown, requireName, requireSpace } from './save-file-copy.ts';
import { forgetTombstone, refuseOwnFolder, type Place } from './save-file-in-place.ts';

/** In a storage it stays where it is; from outside it is copied and appears whole. Errors: `empty_folder` and those of files. */
export async function saveFolder(
  context: InstanceContext,
  path: RawPath,
  place: Place | null,
  details: SaveDetails,
  tools: SaveTools,
): Promise<Saved> {
  if (place?.relative === '') {
    throw new BenchkeepError(
      'refused',
      `${rawToDisplay(path)} is a whole storage`,
      'Watch it (benchkeep storage add ROOT --watch), or save a folder in it.',
    );
  }
  if (place !== null) refuseOwnFolder(place.relative);
  const name = rawToDisplay(splitRaw(path).name);
  const key = details.key === null ? null : checkKey(details.key, name);
  const target = place?.storage ?? (await targetStorage(context));
  if (place === null) await assertWritable(context, target);
  const entries = await readFolder(context, path, {
    ...tools,
    onSkipped: (skipped) => {
      tools.warn(`${rawToDisplay(skipped)} was left out: links, pipes and devices are no content.`);
    },
  });
  const content = folderContent(entries);
  if (place !== null) return saveInPlace(context, place, { name, key, content }, details);
  const known =
    details.isNew || details.revises !== null
      ? null
      : await knownContent(context.registry.db, { ...content, isFolder: true });
  if (known !== null) return keepKnown(context, known, key, details, tools);
  requireName(key, details, name);
  const family =
    details.revises ?? (key === null || details.isNew ? null : await familyOfKey(context.registry.db, key));
  const { uid, stem } = await uidFor(context.registry.db, family, context.random);
  const relative = rawFromText(`.lamindb/${uid}${suffixOf(name).suffix}`);
  await copyFolder(context, path, { root: localRoot(target), relative }, entries, content.size, tools);
  await writeManifest(context, uid, content.manifest);
  return record(
    context,
    { uid, stem, family, key, name, content, target, relative, isVirtual: true, movesCopy: null },
    details,
  );
}

interface Named {
  name: string;
  key: string | null;
  content: FolderContent;
}

async function saveInPlace(
  context: InstanceContext,
  place: Place,
  { name, key, content }: Named,
  details: SaveDetails,
): Promise<Saved> {
  const { db } = context.registry;
  const { storage, relative } = place;
  const author = await saveAuthor(context, details);
  await forgetTombstone(context, place, author);
  const copy = await db
    .selectFrom('copy')
    .select(['id', 'artifact_id'])
    .where('storage_id', '=', storage.id)
    .where('path', '=', rawToBytes(relative))
    .executeTakeFirst();
  const before =
    copy === undefined
      ? null
      : await db.selectFrom('artifact').selectAll().where('id', '=', copy.artifact_id).executeTakeFirstOrThrow();
  if (before !== null && before.sha256 === content.sha256) {
    await writeRegistry(context, author, 'save', (write) => describeKnown(write, before, details));
    return before;
  }
  const family = details.revises ?? before;
  const { uid, stem } = await uidFor(db, family, context.random);
  await writeManifest(context, uid, content.manifest);
  const shownKey = key ?? rawToDisplay(relative);
  const movesCopy = copy === undefined || before === null ? null : { id: copy.id, from: before };
  return record(
    context,
    { uid, stem, family, key: shownKey, name, content, target: storage, relative, isVirtual: false, movesCopy },
    details,
  );
}

interface NewFolder extends Named {
  uid: string;
  stem: string;
  family: ArtifactRow | null;
  target: StorageRow;
  relative: RawPath;
  isVirtual: boolean;
  /** The path's copy of the version before. */
  movesCopy: { id: number; from: ArtifactRow } | null;
}

async function record(context: InstanceContext, folder: NewFolder, details: SaveDetails): Promise<Saved> {
  const { uid, stem, family, content, target } = folder;
  const author = await saveAuthor(context, details);
  return writeRegistry(context, author, 'save', async (write) => {
    if (family !== null) await retireLatest(write, stem);
    const [id = 0] = write.insert('artifact', [
      {
        uid,
        stem_uid: stem,
        key: folder.key ?? family?.key ?? null,
        description: details.description ?? family?.description ?? null,
        suffix: suffixOf(folder.name).suffix,
        kind: details.kind ?? family?.kind ?? null,
        otype: null,
        size: content.size,
        hash: content.hash,
        hash_type: content.hashType,
        sha256: content.sha256,
        n_files: content.nFiles,
        n_observations: null,
        visibility: 1,
        is_latest: 1,
        version: details.version,
        key_is_virtual: folder.isVirtual ? 1 : 0,
        storage_id: target.id,
        state: 'ok',
        state_reason: null,
        run_id: details.runId,
        created_by_id: author.userId,
        created_at: write.now,
        updated_at: write.now,
      },
    ]);
    if (folder.movesCopy === null) {
      const copy = {
        artifact_id: id,
        storage_id: target.id,
        path: rawToBytes(folder.relative),
        verified_at: write.now,
        created_at: write.now,
      };
      write.insert('copy', [copy], [uid]);
    } else {
      const { id: copyId, from } = folder.movesCopy;
      await write.update('artifact', from.id, { state: 'missing', state_reason: 'overwritten', updated_at: write.now });
      await write.update('copy', copyId, { artifact_id: id, verified_at: write.now }, uid);
    }
    await linkLabels(write, [{ id, uid }], details.labelIds);
    return { id, uid };
  });
}

/** File by file under a temporary name, then whole under its own: half a folder is never seen. */
async function copyFolder(
  context: InstanceContext,
  source: RawPath,
  { root, relative }: { root: RawPath; relative: RawPath },
  entries: readonly ReadEntry[],
  size: number,
  tools: SaveTools,
): Promise<void> {
  const { fs } = context;
  await requireSpace(context, root, size);
  const temporary = joinRaw(
    root,
    rawFromText(`.lamindb/${TEMPORARY_PREFIX}${Buffer.from(context.random(9)).toString('hex')}.tmp`),
  );
  try {
    await fs.makeFolder(temporary);
    for (const { path, facts, sha256 } of entries) {
      const target = joinRaw(temporary, path);
      await fs.makeFolder(splitRaw(target).folder);
      await fs.copyFsyncMoveIn({
        source: joinRaw(source, path),
        target,
        expected: facts,
        sha256,
        ...(tools.signal === undefined ? {} : { signal: tools.signal }),
      });
    }
    await fs.moveFolderIn(temporary, joinRaw(root, relative));
  } catch (error) {
    await fs.removeTemporaryFolder(temporary);
    throw error;
  }
}
