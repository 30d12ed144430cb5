/** The copy here of what is verified in the cloud is to go to the cache: whether it may, and how the registry stops naming it. */
import { rawToDisplay } from '../ports/fs/raw-path.ts';
import { writeRegistry, type RegistryWrite } from '../registry/change-log.ts';
import type { ArtifactRow, CopyRow, StorageRow } from '../registry/schema.ts';
import { checkRoot, offline } from '../storage/index.ts';
import type { TransferRow } from '../workstation/schema.ts';
import { cachePath } from './cache-folder.ts';
import type { Leaving } from './give-back.ts';
import { artifactOf, mayGo, replaced } from './settle-place.ts';
import { copyAt, sourcePlace, wasUnnamed } from './source-place.ts';
import { sourceOf, type TransferContext } from './transfer-context.ts';

export interface MayLeave {
  leaving: Leaving;
  /** Hex. */
  sha256: string;
  /** Null where the registry does not name it any more: a program that died had come so far. */
  copy: CopyRow | null;
}

/** Null where it stays: it is not Benchkeep's own and nobody wanted it freed, or its place is somebody else's. Errors: `offline`. */
export async function mayLeave(context: TransferContext, row: TransferRow): Promise<MayLeave | null> {
  const artifact = await artifactOf(context, row);
  const place = await sourcePlace(context, row);
  if (artifact === null || artifact.sha256 === null || place === null || !mayGo(row, place)) return null;
  const root = await checkRoot(context, place.storage);
  if (!root.attached) throw offline(root.reason);
  const copy = await copyAt(context, place);
  if (copy === null ? !(await wasUnnamed(context, artifact.uid, place)) : copy.artifact_id !== artifact.id) return null;
  const { path: source, facts: was } = sourceOf(row);
  const leaving = { artifact, place, source, was, target: cachePath(context, artifact) };
  return { leaving, sha256: artifact.sha256, copy };
}

/**
 * `author`: asked for before the file was looked at for the last time. Errors: `file_changed` where the registry does not name
 * the copy in the store, or the content is another one by now.
 */
export async function nameCacheInstead(
  context: TransferContext,
  author: Awaited<ReturnType<TransferContext['author']>>,
  { artifact, source }: Leaving,
  { copy, row, storage }: { copy: CopyRow; row: TransferRow; storage: StorageRow },
): Promise<void> {
  await writeRegistry(context, author, 'to cache', async (write) => {
    await refuseUnnamed(write, artifact, row, storage, copy);
    write.note = `Its copy in ${rawToDisplay(source)} went to the cache: the one in ${storage.root} is verified.`;
    write.removeRow('copy', copy, artifact.uid);
  });
}

/** Looked at inside: the registry names the copy in the store, and the artifact still is what was sent. */
async function refuseUnnamed(
  write: RegistryWrite,
  artifact: ArtifactRow,
  row: TransferRow,
  storage: StorageRow,
  own: CopyRow,
): Promise<void> {
  const now = await write.tx.selectFrom('artifact').selectAll().where('id', '=', artifact.id).executeTakeFirst();
  const copies = await write.tx.selectFrom('copy').selectAll().where('artifact_id', '=', artifact.id).execute();
  const isNamed = copies.some(
    ({ storage_id: id, path, verified_at: at }) => id === storage.id && path.equals(row.path) && at !== null,
  );
  const isOwn = copies.some(({ id, path }) => id === own.id && path.equals(own.path));
  if (now?.sha256 !== row.sha256 || !isNamed || !isOwn) throw replaced(artifact);
}
