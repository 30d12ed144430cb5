/** A file from outside every storage: its content is copied to where the instance keeps new files. */
import { BenchkeepError, reviveError } from '../../shared/errors.ts';
import { checkKey } from '../../shared/keys.ts';
import { suffixOf } from '../../shared/suffixes.ts';
import type { InstanceContext } from '../instance/index.ts';
import type { FileFacts } from '../ports/fs/file-facts.ts';
import type { HashOutcome } from '../ports/fs/hasher.ts';
import { joinRaw, rawFromText, rawToBytes, rawToDisplay, splitRaw, type RawPath } from '../ports/fs/raw-path.ts';
import { writeRegistry } from '../registry/change-log.ts';
import type { ArtifactRow, StorageRow } from '../registry/schema.ts';
import { linkLabels } from '../annotation/index.ts';
import { assertWritable, localRoot, targetStorage } from '../storage/index.ts';
import { retireLatest, uidFor } from './artifact-family.ts';
import { familyOfKey, knownContent } from './known-content.ts';
import { describeKnown, saveAuthor, type SaveDetails, type Saved, type SaveTools } from './save-details.ts';

/** Kept free on the disk beside the file itself, at most: registries and logs need room, too. */
const SPARE = 1024 * 1024 * 1024;
/** And never more of a small disk than this share of what is free. */
const SPARE_SHARE = 0.05;

/**
 * Known content gives the artifact that has it; another content under a known key its next version. The record is
 * written once the copy is durable; a copy without a record (the program died in between) is ours and is swept.
 */
export async function saveFileCopy(
  context: InstanceContext,
  path: RawPath,
  facts: FileFacts,
  details: SaveDetails,
  tools: SaveTools,
): Promise<Saved> {
  const name = rawToDisplay(splitRaw(path).name);
  const key = details.key === null ? null : checkKey(details.key, name);
  const target = await targetStorage(context);
  await assertWritable(context, target);
  const content = await readContent(context, path, facts, tools);
  const known =
    details.isNew || details.revises !== null
      ? null
      : await knownContent(context.registry.db, { ...content, isFolder: false });
  if (known !== null) return keepKnown(context, known, key, details, tools);
  requireName(key, details, name);
  const family =
    details.revises ?? (key === null || details.isNew ? null : await familyOfKey(context.registry.db, key));
  return copyAndRecord(context, { path, name, key, target, content, family }, details, tools);
}

type Content = Extract<HashOutcome, { kind: 'hashed' }> & { size: number };

async function readContent(
  context: InstanceContext,
  path: RawPath,
  facts: FileFacts,
  tools: SaveTools,
): Promise<Content> {
  const [outcome] = await context.hasher.hashFiles([path], {
    onBytes: tools.onBytes,
    ...(tools.signal === undefined ? {} : { signal: tools.signal }),
  });
  if (outcome?.kind === 'hashed') return { ...outcome, size: outcome.facts.size };
  if (outcome?.kind === 'failed') throw reviveError(outcome.error);
  if (outcome?.kind === 'gone')
    throw new BenchkeepError('file_not_found', `${rawToDisplay(path)} is gone`, 'Check the path.');
  throw new BenchkeepError(
    'file_changed',
    `${rawToDisplay(path)} was changed while it was read (it had ${String(facts.size)} bytes)`,
    'Wait until the program that writes it is done, then save it again.',
    { retry: true },
  );
}

export async function keepKnown(
  context: InstanceContext,
  known: ArtifactRow,
  key: string | null,
  details: SaveDetails,
  tools: SaveTools,
): Promise<Saved> {
  if (key !== null && key !== known.key) {
    tools.warn(
      `This content is known already as ${known.key ?? known.description ?? known.uid}; the key ${key} was not used. Add --new to keep both.`,
    );
  }
  const author = await saveAuthor(context, details);
  await writeRegistry(context, author, 'save', (write) => describeKnown(write, known, details));
  return { id: known.id, uid: known.uid };
}

export function requireName(key: string | null, details: SaveDetails, name: string): void {
  if (key !== null || details.description !== null || details.revises !== null) return;
  throw new BenchkeepError(
    'invalid_argument',
    `${name} lies outside every storage, so it needs a name in the registry`,
    `Give --key (for example --key ${JSON.stringify(name)}) or --description.`,
  );
}

interface NewCopy {
  path: RawPath;
  name: string;
  key: string | null;
  target: StorageRow;
  content: Content;
  family: ArtifactRow | null;
}

async function copyAndRecord(
  context: InstanceContext,
  copy: NewCopy,
  details: SaveDetails,
  tools: SaveTools,
): Promise<Saved> {
  const { content, target, family } = copy;
  const { uid, stem } = await uidFor(context.registry.db, family, context.random);
  const suffix = suffixOf(copy.name).suffix;
  const relative = rawFromText(`.lamindb/${uid}${suffix}`);
  const root = localRoot(target);
  await requireSpace(context, root, content.size);
  await context.fs.makeFolder(joinRaw(root, rawFromText('.lamindb')));
  await context.fs.copyFsyncMoveIn({
    source: copy.path,
    target: joinRaw(root, relative),
    expected: content.facts,
    sha256: content.sha256,
    ...(tools.signal === undefined ? {} : { signal: tools.signal }),
  });
  const author = await saveAuthor(context, details);
  try {
    return await writeRegistry(context, author, 'save', async (write) => {
      if (family !== null) await retireLatest(write, stem);
      const [id = 0] = write.insert('artifact', [
        {
          uid,
          stem_uid: stem,
          key: copy.key ?? family?.key ?? null,
          description: details.description ?? family?.description ?? null,
          suffix,
          kind: details.kind ?? family?.kind ?? null,
          otype: null,
          size: content.size,
          hash: content.hash,
          hash_type: content.hashType,
          sha256: content.sha256,
          n_files: null,
          n_observations: null,
          visibility: 1,
          is_latest: 1,
          version: details.version,
          key_is_virtual: 1,
          storage_id: target.id,
          state: 'ok',
          state_reason: null,
          run_id: details.runId,
          created_by_id: author.userId,
          created_at: write.now,
          updated_at: write.now,
        },
      ]);
      write.insert(
        'copy',
        [
          {
            artifact_id: id,
            storage_id: target.id,
            path: rawToBytes(relative),
            verified_at: write.now,
            created_at: write.now,
          },
        ],
        [uid],
      );
      await linkLabels(write, [{ id, uid }], details.labelIds);
      return { id, uid };
    });
  } catch (error) {
    // Without its record the copy is nobody's.
    await context.fs.removeOwnFile(joinRaw(root, relative));
    throw error;
  }
}

/** Errors: `disk_full`, before a byte is written. */
export async function requireSpace(context: Pick<InstanceContext, 'fs'>, root: RawPath, size: number): Promise<void> {
  const free = await context.fs.freeSpace(root);
  if (free >= size + Math.min(SPARE, free * SPARE_SHARE)) return;
  throw new BenchkeepError(
    'disk_full',
    `There is not enough space in ${rawToDisplay(root)}: ${String(size)} bytes are needed, ${String(free)} are free`,
    'Free some space there, or choose another storage: benchkeep storage use ROOT',
    { retry: true },
  );
}
