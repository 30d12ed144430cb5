/** A file that lies in a registered storage: it stays where it is. */
import { BenchkeepError, reviveError } from '../../shared/errors.ts';
import { checkKey } from '../../shared/keys.ts';
import type { InstanceContext } from '../instance/index.ts';
import type { FileFacts } from '../ports/fs/file-facts.ts';
import { rawToBytes, rawToDisplay, splitRaw, type RawPath } from '../ports/fs/raw-path.ts';
import { writeRegistry, type Author } from '../registry/change-log.ts';
import type { ArtifactRow, StorageRow } from '../registry/schema.ts';
import { retireLatest, uidFor } from './artifact-family.ts';
import { registerFiles } from './register-files.ts';
import { describeKnown, saveAuthor, type SaveDetails, type Saved, type SaveTools } from './save-details.ts';

export interface Place {
  storage: StorageRow;
  relative: RawPath;
}

/** A key that differs from the path is recorded, the file keeps its place. */
export async function saveFileInPlace(
  context: InstanceContext,
  place: Place,
  facts: FileFacts,
  details: SaveDetails,
  tools: SaveTools,
): Promise<Saved> {
  refuseOwnFolder(place.relative);
  const key = details.key === null ? null : checkKey(details.key, rawToDisplay(splitRaw(place.relative).name));
  const author = await saveAuthor(context, details);
  await forgetTombstone(context, place, author);
  const saved = await register(context, place, facts, author, tools);
  await writeRegistry(context, author, 'save', async (write) => {
    if (key !== null) await write.update('artifact', saved.id, { key, updated_at: write.now });
    await describeKnown(write, saved, details);
  });
  return details.revises === null ? saved : joinFamily(context, saved, details.revises, author);
}

export function refuseOwnFolder(relative: RawPath): void {
  if (relative !== '.lamindb' && !relative.startsWith('.lamindb/')) return;
  throw new BenchkeepError(
    'refused',
    'The folder .lamindb is where Benchkeep keeps its own copies',
    'Save the file from where it came from.',
  );
}

/** An explicit save revives what was removed on purpose. */
export async function forgetTombstone(
  context: InstanceContext,
  { storage, relative }: Place,
  author: Author,
): Promise<void> {
  const stone = await context.registry.db
    .selectFrom('tombstone')
    .select(['id', 'artifact_uid'])
    .where('storage_id', '=', storage.id)
    .where('path', '=', rawToBytes(relative))
    .executeTakeFirst();
  if (stone === undefined) return;
  await writeRegistry(context, author, 'save', (write) => write.remove('tombstone', stone.id, stone.artifact_uid));
}

async function register(
  context: InstanceContext,
  place: Place,
  facts: FileFacts,
  author: Author,
  tools: SaveTools,
): Promise<Saved> {
  const [outcome] = await registerFiles(context, {
    storage: place.storage,
    files: [{ path: place.relative, facts }],
    author,
    operation: 'save',
    onBytes: tools.onBytes,
    ...(tools.signal === undefined ? {} : { signal: tools.signal }),
  });
  switch (outcome?.kind) {
    case 'registered':
    case 'known':
    case 'tombstone': {
      const row = await context.registry.db
        .selectFrom('artifact')
        .select('id')
        .where('uid', '=', outcome.uid)
        .executeTakeFirstOrThrow();
      return { id: row.id, uid: outcome.uid };
    }
    case 'failed':
      throw reviveError(outcome.error);
    case 'gone':
      throw new BenchkeepError('file_not_found', `${rawToDisplay(place.relative)} is gone`, 'Check the path.');
    default:
      throw new BenchkeepError(
        'file_changed',
        `${rawToDisplay(place.relative)} was changed while it was read`,
        'Wait until the program that writes it is done, then save it again.',
        { retry: true },
      );
  }
}

/** Its uid becomes the next of the family: a uid is never used again, so a new row takes the place of the fresh one. */
async function joinFamily(
  context: InstanceContext,
  saved: Saved,
  revises: ArtifactRow,
  author: Author,
): Promise<Saved> {
  if (saved.uid.startsWith(revises.stem_uid)) return saved;
  return writeRegistry(context, author, 'save', async (write) => {
    const row = await write.tx.selectFrom('artifact').selectAll().where('id', '=', saved.id).executeTakeFirstOrThrow();
    const others = await write.tx
      .selectFrom('artifact')
      .select('id')
      .where('uid', '>=', row.stem_uid)
      .where('uid', '<', `${row.stem_uid}~`)
      .execute();
    if (others.length > 1) {
      throw new BenchkeepError('refused', 'The file has versions of its own already', 'Save it without --revises.');
    }
    const { uid, stem } = await uidFor(write.tx, revises, context.random);
    await retireLatest(write, stem);
    const { id: _id, ...fields } = row;
    const [id = 0] = write.insert('artifact', [{ ...fields, uid, stem_uid: stem, updated_at: write.now }]);
    const copies = await write.tx.selectFrom('copy').select('id').where('artifact_id', '=', row.id).execute();
    for (const copy of copies) await write.update('copy', copy.id, { artifact_id: id }, uid);
    const links = await write.tx
      .selectFrom('artifact_ulabel')
      .select(['id', 'ulabel_id'])
      .where('artifact_id', '=', row.id)
      .execute();
    for (const link of links) await write.update('artifact_ulabel', link.id, { artifact_id: id }, uid);
    await write.remove('artifact', row.id);
    return { id, uid };
  });
}
