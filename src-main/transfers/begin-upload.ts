/** The beginning of an upload in parts, and what is kept with the object that it becomes. */
import { wordsForObject, type ObjectStore } from '../storage/index.ts';
import type { TransferRow } from '../workstation/schema.ts';
import type { TransferContext, TransferTools } from './transfer-context.ts';

/**
 * A key has the uid of its artifact in it, so an upload of it that is there already was begun for the same content: by
 * this program before it died, or by another computer. What arrives of either serves both.
 */
export async function beginUpload(
  store: ObjectStore,
  key: string,
  size: number,
  metadata: Record<string, string>,
  signal: AbortSignal,
): Promise<string> {
  for await (const upload of store.uploads.list(key, { exact: true, signal }))
    if (upload.key === key) return upload.token;
  return store.uploads.begin(key, size, { metadata, signal });
}

/** Kept with the object: from it the record can be made anew, should nothing else be left. */
export async function wordsOf(
  { registry }: Pick<TransferContext, 'registry'>,
  { artifact_uid: uid, sha256 }: TransferRow,
  { about }: Pick<TransferTools, 'about'>,
): Promise<Record<string, string>> {
  const row = await registry.db
    .selectFrom('artifact')
    .select(['key', 'hash', 'hash_type as hashType'])
    .where('uid', '=', uid)
    .executeTakeFirst();
  return wordsForObject({ uid, sha256, ...(row ?? about ?? { key: null, hash: null, hashType: null }) });
}
