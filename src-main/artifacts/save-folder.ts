/** `save FOLDER`: the whole folder is one artifact. */
import { suffixOf } from '../../shared/suffixes.ts';
import type { InstanceContext } from '../instance/index.ts';
import { writeGzipLines, type GzipLines } from '../ports/fs/gzip-lines.ts';
import { TEMPORARY_PREFIX } from '../ports/fs/node-fs.ts';
import { joinRaw, rawFromText, rawToDisplay, splitRaw, type RawPath } from '../ports/fs/raw-path.ts';
import { assertWritable, localRoot, requireSpace, targetStorage } from '../storage/index.ts';
import { begunSaves, endSave } from '../transfers/index.ts';
import { copyIntoStorage } from './copy-into-storage.ts';
import { folderLooks } from '../storage/folder-looks.ts';
import { readFolderContent, type FolderContent } from './folder-content.ts';
import { manifestFolder, manifestLine, manifestPath, readManifest } from '../storage/folder-manifest.ts';
import { decideSave } from './known-content.ts';
import { recordContent } from './record-content.ts';
import { keyFor, type SaveDetails, type SaveTools } from './save-details.ts';
import { isNameless, keepKnown, nameless, takeFromStore, uploadKnown } from './save-file-copy.ts';
import { writtenMeanwhile } from './save-files-in-place.ts';
import { bringFolderToStore } from './save-folder-to-store.ts';
import { saveFolderInPlace } from './save-folder-in-place.ts';
import type { Source } from './save-sources.ts';
import { markChanged, storeAnew } from './store-anew.ts';
import { refuseIfStopped } from './tell-progress.ts';
import { isOnlyAtHand, whereabouts } from './whereabouts.ts';

/** A folder that was read, with its manifest under a name for the time being. */
export interface ReadFolder {
  source: Source;
  content: FolderContent;
  manifest: GzipLines;
  /** Where the manifest can be read until it has its name. */
  manifestFile: RawPath;
}

/** Id of its artifact. In a storage it stays where it is. Errors: `empty_folder` and those of files. */
export async function saveFolder(
  context: InstanceContext,
  source: Source,
  details: SaveDetails,
  tools: SaveTools,
): Promise<number> {
  const key = keyFor(source, details);
  if (source.place === null) {
    const target = await targetStorage(context, details);
    await assertWritable(context, target);
  }
  return whileRead(context, source, tools, (read) =>
    source.place === null
      ? saveFolderCopy(context, read, key, details, tools)
      : saveFolderInPlace(context, { ...read, place: source.place }, key, details),
  );
}

/** Reads all of a folder, with its manifest, which `use` may give its name. Errors: `empty_folder` and those of files. */
export async function whileRead<T>(
  context: InstanceContext,
  source: Source,
  tools: SaveTools,
  use: (read: ReadFolder) => Promise<T>,
): Promise<T> {
  await context.fs.makeFolder(manifestFolder(context), 0o700);
  const manifest = await writeGzipLines(manifestFolder(context), context.random);
  try {
    const content = await readFolderContent(context, source.path, {
      ...tools,
      onSkipped: (path) => {
        const shown = rawToDisplay(joinRaw(source.path, path));
        tools.warn(`${shown} was left out: links, pipes and devices are no content.`);
      },
      onEntry: (entry) => manifest.write(manifestLine(entry)),
    });
    return await use({ source, content, manifest, manifestFile: await manifest.end() });
  } finally {
    await manifest.discard();
  }
}

async function saveFolderCopy(
  context: InstanceContext,
  read: ReadFolder,
  key: string | null,
  details: SaveDetails,
  tools: SaveTools,
): Promise<number> {
  const { source, content } = read;
  const target = await targetStorage(context, details);
  const suffix = suffixOf(rawToDisplay(source.path)).suffix;
  const saved = { ...content, isFolder: true };
  const isBucket = target.type !== 'local';
  const copy = async (path: RawPath, uid: string): Promise<void> => {
    if (isBucket) return bringFolderToStore(context, read, { uid, key: path, storage: target, name: key }, tools);
    await requireSpace(context, localRoot(target), content.size);
    await copyFolder(context, read, path, tools);
  };
  const isContentAt = (path: RawPath): Promise<boolean> => isFolderContentAt(context, read, path, tools);

  for (;;) {
    const { sha256 } = content;
    // Those that have a record by now are over with this.
    const begun = isBucket ? await begunSaves(context, { sha256, suffix, storage: target, isFolder: true }) : [];
    const { known } = await decideSave(context.registry.db, saved, target, details);
    if (known !== null) {
      const here = { path: source.path, facts: source.facts, sha256 };
      const where = await whereabouts(context, known, here, tools);
      if (where === 'changed') {
        await markChanged(context, known, details);
        continue;
      }
      const isWanted = details.upload === true;
      const isLost = where === 'gone' || (isWanted && (await isOnlyAtHand(context, known, target, here, tools)));
      if (isLost) await storeAnew(context, { artifact: known, target, details, copy, isContentAt });
      const manifest = manifestPath(context, known.uid);
      if ((await context.fs.look(manifest)) === null) await read.manifest.finish(manifest);
      if (!isLost && isWanted) await uploadKnown(context, known, target, tools);
      return keepKnown(context, known, details, tools);
    }
    if (isNameless(key, details)) throw nameless(source);
    const id = await copyIntoStorage(context, {
      suffix,
      target,
      content: saved,
      details,
      begun,
      async copy(path, uid) {
        await copy(path, uid);
        if (!isBucket) await read.manifest.finish(manifestPath(context, uid));
      },
      remove: (path, uid, isRefused) =>
        isBucket ? takeFromStore(context, { uid, storage: target }, isRefused) : context.fs.removeOwnFolder(path),
      async recorded(uid) {
        if (!isBucket) return;
        await read.manifest.finish(manifestPath(context, uid));
        await endSave(context, { uid, storage: target }, 'done');
      },
      record: (write, { uid, path, family }) =>
        recordContent(write, { ...content, uid, suffix, key, storage: target, path }, family, details),
    });
    if (id !== null) return id;
  }
}

async function isFolderContentAt(
  context: InstanceContext,
  { content }: ReadFolder,
  path: RawPath,
  { signal }: SaveTools,
): Promise<boolean> {
  const nothing = (): void => undefined;
  const tools = { signal, onBytes: nothing, onSkipped: nothing, onEntry: () => Promise.resolve() };
  return (await readFolderContent(context, path, tools)).sha256 === content.sha256;
}

/** File by file under a temporary name, then whole under its own: half a folder is never seen. */
export async function copyFolder(
  context: InstanceContext,
  read: ReadFolder,
  path: RawPath,
  { signal }: SaveTools,
): Promise<void> {
  const { fs } = context;
  const { source, content, manifestFile } = read;
  const name = rawFromText(`${TEMPORARY_PREFIX}${Buffer.from(context.random(9)).toString('hex')}.tmp`);
  const temporary = joinRaw(splitRaw(path).folder, name);
  try {
    await fs.makeFolder(temporary);
    for await (const entry of readManifest(manifestFile)) {
      refuseIfStopped(signal);
      const from = joinRaw(source.path, entry.path);
      const expected = await fs.look(from);
      if (expected === null) throw writtenMeanwhile(rawToDisplay(from));
      const to = joinRaw(temporary, entry.path);
      await fs.makeFolder(splitRaw(to).folder);
      await fs.copyFsyncMoveIn({ source: from, target: to, expected, sha256: entry.sha256, signal });
    }
    if ((await folderLooks(context, source.path)) !== content.looks) throw writtenMeanwhile(source.shown);
    await fs.moveFolderIn(temporary, path);
  } catch (error) {
    await fs.removeTemporaryFolder(temporary);
    refuseIfStopped(signal);
    throw error;
  }
}
