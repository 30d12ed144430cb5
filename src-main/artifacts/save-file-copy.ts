/** A file from outside every storage: its content is copied to where the instance keeps new files. */
import { BenchkeepError, reviveError } from '../../shared/errors.ts';
import { escapeForDisplay } from '../../shared/format/display-name.ts';
import { suffixOf } from '../../shared/suffixes.ts';
import type { InstanceContext } from '../instance/index.ts';
import type { HashOutcome } from '../ports/fs/hasher.ts';
import { joinRaw, rawFromText, rawToDisplay, splitRaw, type RawPath } from '../ports/fs/raw-path.ts';
import { writeRegistry } from '../registry/change-log.ts';
import type { ArtifactRow, StorageRow } from '../registry/schema.ts';
import { assertWritable, localRoot, OWN_FOLDER, requireSpace, targetStorage } from '../storage/index.ts';
import { begunSaves, endSave, forgetCloudLoss, leaveSave, saveToStore, type StoreSave } from '../transfers/index.ts';
import { uploadOne } from './upload-artifacts.ts';
import { copyIntoStorage } from './copy-into-storage.ts';
import { decideSave } from './known-content.ts';
import { recordContent } from './record-content.ts';
import { describeSaved, keyFor, type SaveDetails, type SaveTools } from './save-details.ts';
import type { Source } from './save-sources.ts';
import { writtenMeanwhile } from './save-files-in-place.ts';
import { markChanged, storeAnew } from './store-anew.ts';
import { refuseIfStopped } from './tell-progress.ts';
import { isOnlyAtHand, whereabouts } from './whereabouts.ts';

/** Id of its artifact: of the one that has this content, of the next version of its key, or of a new one. */
export async function saveFileCopy(
  context: InstanceContext,
  source: Source,
  details: SaveDetails,
  tools: SaveTools,
): Promise<number> {
  const { db } = context.registry;
  const key = keyFor(source, details);
  const target = await targetStorage(context, details);
  await assertWritable(context, target);
  // Told before a large file is read, where it can be known: content of another size is new.
  if (isNameless(key, details) && !(await isSizeKnown(context, source.facts.size))) throw nameless(source);
  const read = await readContent(context, source, tools);
  const content = { size: read.facts.size, sha256: read.sha256, isFolder: false };
  const suffix = suffixOf(rawToDisplay(source.path)).suffix;
  const copy = (path: RawPath, uid: string): Promise<void> =>
    target.type === 'local'
      ? copyFile(context, source, read, target, path, tools)
      : bringToStore(context, source, read, { uid, key: path, storage: target, name: key }, tools);

  const isContentAt = async (path: RawPath): Promise<boolean> => {
    const [left] = await context.hasher.hashFiles([path]);
    return left?.kind === 'hashed' && left.sha256 === content.sha256;
  };

  for (;;) {
    const { known } = await decideSave(db, content, target, details);
    if (known !== null) {
      const here = { path: source.path, facts: read.facts, sha256: read.sha256 };
      const where = await whereabouts(context, known, here, tools);
      if (where === 'changed') {
        await markChanged(context, known, details);
        continue;
      }
      const isWanted = details.upload === true;
      if (where === 'gone' || (isWanted && (await isOnlyAtHand(context, known, target, here, tools))))
        await storeAnew(context, { artifact: known, target, details, copy, isContentAt });
      else if (isWanted) await uploadKnown(context, known, target, tools);
      return keepKnown(context, known, details, tools);
    }
    if (isNameless(key, details)) throw nameless(source);
    const id = await copyIntoStorage(context, {
      suffix,
      target,
      content,
      details,
      copy,
      begun:
        target.type === 'local' ? [] : await begunSaves(context, { sha256: content.sha256, suffix, storage: target }),
      remove: (path, uid, isRefused) =>
        target.type === 'local'
          ? context.fs.removeOwnFile(path)
          : takeFromStore(context, { uid, storage: target }, isRefused),
      recorded: (uid) => endSave(context, { uid, storage: target }, 'done'),
      record: (write, { uid, path, family }) => {
        const { hash, hashType, sha256 } = read;
        const saved = {
          uid,
          suffix,
          key,
          size: content.size,
          hash,
          hashType,
          sha256,
          nFiles: null,
          storage: target,
          path,
        };
        return recordContent(write, saved, family, details);
      },
    });
    if (id !== null) return id;
  }
}

export type Read = Extract<HashOutcome, { kind: 'hashed' }>;

/** All of a file. Errors: `file_not_found`, `file_changed`, those of reading. */
export async function readContent(context: InstanceContext, source: Source, tools: SaveTools): Promise<Read> {
  const [outcome] = await context.hasher.hashFiles([source.path], { onBytes: tools.onBytes, signal: tools.signal });
  if (outcome?.kind === 'hashed') return outcome;
  if (outcome?.kind === 'failed') throw reviveError(outcome.error);
  if (outcome?.kind === 'gone')
    throw new BenchkeepError('file_not_found', `${source.shown} is gone`, 'Check the path.');
  throw writtenMeanwhile(source.shown);
}

/** `path`: absolute, in `target`. Errors: `disk_full`, `already_exists`, `file_changed`, `cancelled`. */
export async function copyFile(
  context: InstanceContext,
  source: Source,
  { facts, sha256 }: Read,
  target: StorageRow,
  path: RawPath,
  { signal }: SaveTools,
): Promise<void> {
  await requireSpace(context, localRoot(target), facts.size);
  try {
    await context.fs.copyFsyncMoveIn({ source: source.path, target: path, expected: facts, sha256, signal });
  } catch (error) {
    refuseIfStopped(signal);
    throw error;
  }
}

async function bringToStore(
  context: InstanceContext,
  source: Source,
  { facts, sha256, hash, hashType }: Read,
  { name, ...save }: Pick<StoreSave, 'uid' | 'key' | 'storage'> & { name: string | null },
  { signal }: SaveTools,
): Promise<void> {
  try {
    const about = { key: name, hash, hashType };
    const paced = { ...context, stores: context.queue.paced(context.stores) };
    await saveToStore(paced, { ...save, source: source.path, facts, sha256 }, { signal, about });
  } catch (error) {
    refuseIfStopped(signal);
    throw error;
  }
}

/** What was brought to a store has no record. */
export function takeFromStore(
  context: InstanceContext,
  save: Pick<StoreSave, 'uid' | 'storage'>,
  isRefused: boolean,
): Promise<void> {
  return isRefused ? leaveSave(context, save) : endSave(context, save, 'cancelled');
}

/** A person wants content in the cloud that is registered already: it is sent where no copy counts there (any more). */
export async function uploadKnown(
  context: InstanceContext,
  known: ArtifactRow,
  storage: StorageRow,
  { signal, warn }: SaveTools,
): Promise<void> {
  const note = await uploadOne(context, known, storage, { signal, onSent: () => undefined });
  await forgetCloudLoss(context, storage, joinRaw(OWN_FOLDER, rawFromText(`${known.uid}${known.suffix}`)));
  if (note !== null) warn(note);
}

/** Nothing is saved twice; what was said of it now is added. */
export async function keepKnown(
  context: InstanceContext,
  known: ArtifactRow,
  details: SaveDetails,
  { warn }: SaveTools,
): Promise<number> {
  const { key, revises } = details;
  const name = escapeForDisplay(known.key ?? known.description ?? known.uid);
  if (key !== null && key !== known.key) {
    warn(
      `This content is known already as "${name}" (${known.uid}); the key "${escapeForDisplay(key)}" was not used. Use --new to keep both.`,
    );
  }
  if (revises !== null && revises.stem_uid !== known.stem_uid) {
    warn(
      `This content is known already as "${name}" (${known.uid}); it was not made a version of ${revises.uid}. Use --new to keep both.`,
    );
  }
  await writeRegistry(context, details.author, 'save', (write) => describeSaved(write, known.id, details));
  return known.id;
}

export function isNameless(key: string | null, { description, revises }: SaveDetails): boolean {
  return key === null && description === null && revises === null;
}

/** Content of this size is in the registry, so it may be known. */
async function isSizeKnown({ registry }: InstanceContext, size: number): Promise<boolean> {
  const row = await registry.db
    .selectFrom('artifact')
    .select('id')
    .where('visibility', 'in', [1, 0])
    .where('is_latest', 'in', [1, 0])
    .where('size', '=', size)
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}

export function nameless({ shown, path }: Source): BenchkeepError {
  const name = rawToDisplay(splitRaw(path).name);
  return new BenchkeepError(
    'invalid_argument',
    `${shown} lies outside every storage, so it needs a name in the registry`,
    `Give --key (for example --key ${JSON.stringify(name)}) or --description.`,
  );
}
