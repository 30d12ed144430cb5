/**
 * Proof that content is in a store, made at the moment before a copy of this computer goes (`faults.md`, R4): the registry
 * names the object, the store has it, and what the store itself computed of its bytes agrees with what was read here.
 */
import { BenchkeepError } from '../../shared/errors.ts';
import type { FileFacts } from '../ports/fs/file-facts.ts';
import { rawFromBytes, rawToDisplay, type RawPath } from '../ports/fs/raw-path.ts';
import type { CopyRow, StorageRow } from '../registry/schema.ts';
import { objectOfCopy, storeOf, type ObjectFacts } from '../storage/index.ts';
import { isContent } from './judge-object.ts';
import { readChecksums } from './read-parts.ts';
import type { TransferContext } from './transfer-context.ts';

type ProofContext = Pick<TransferContext, 'registry' | 'stores' | 'fs'>;

export interface StoreProof {
  storage: StorageRow;
  /** The row of the registry that names the object. */
  copy: CopyRow;
  object: ObjectFacts;
}

export type Proven = { kind: 'proven'; proof: StoreProof } | { kind: 'not proven'; reason: string };

export interface LocalContent {
  path: RawPath;
  facts: FileFacts;
  sha256: string;
}

/**
 * Reads all of the local file, and asks each store that the registry calls verified. Errors: `file_changed` where the
 * file is not that content; those of reading. A store that can't be asked proves nothing, and is a reason.
 */
export async function proveInStore(
  context: ProofContext,
  artifactId: number,
  local: LocalContent,
  signal: AbortSignal,
): Promise<Proven> {
  const copies = await cloudCopies(context, artifactId);
  if (copies.length === 0) return { kind: 'not proven', reason: 'it is only on this computer' };
  const objects: { copy: CopyRow; storage: StorageRow; object: ObjectFacts }[] = [];
  let reason = '';
  for (const { copy, storage } of copies) {
    const found = await lookInStore(context, storage, copy, signal);
    if (typeof found === 'string') reason = found;
    else objects.push({ copy, storage, object: found });
  }
  if (objects.length === 0) return { kind: 'not proven', reason };
  const md5 = objects.some(({ object: { checksums } }) => checksums.crc32 === undefined && checksums.md5 !== undefined);
  const checksums = await readChecksums(context.fs, local, { md5, signal });
  for (const { copy, storage, object } of objects) {
    const store = await storeOf(context, storage);
    const { size } = local.facts;
    if (await isContent(store, object, { size, sha256: local.sha256, checksums }, signal))
      return { kind: 'proven', proof: { storage, copy, object } };
    reason = `what is in ${storage.root} is not the same content`;
  }
  return { kind: 'not proven', reason };
}

/** The very object of the proof is there, now; null, or why that can't be said. */
export async function whyNotThere(
  context: ProofContext,
  { storage, copy, object }: StoreProof,
  signal: AbortSignal,
): Promise<string | null> {
  const unnamed = await whyUnnamed(context, { storage, copy });
  if (unnamed !== null) return unnamed;
  const now = await lookInStore(context, storage, copy, signal);
  if (typeof now === 'string') return now;
  const same = now.size === object.size && now.etag === object.etag && now.version === object.version;
  return same ? null : `it was replaced in ${storage.root} just now`;
}

/** Null where the registry names this very copy, and calls it verified. */
export async function whyUnnamed(
  { registry }: Pick<TransferContext, 'registry'>,
  { storage, copy }: { storage: StorageRow; copy: CopyRow },
): Promise<string | null> {
  const named = await registry.db
    .selectFrom('copy')
    .select('id')
    .where('id', '=', copy.id)
    .where('artifact_id', '=', copy.artifact_id)
    .where('path', '=', copy.path)
    .where('verified_at', 'is not', null)
    .executeTakeFirst();
  return named === undefined ? `the registry does not name its copy in ${storage.root} any more` : null;
}

async function lookInStore(
  context: ProofContext,
  storage: StorageRow,
  { path }: CopyRow,
  signal: AbortSignal,
): Promise<ObjectFacts | string> {
  try {
    const store = await storeOf(context, storage);
    const { key, version } = objectOfCopy(storage, { path });
    const facts = await store.stat(key, { signal, version });
    return facts ?? `there is no ${storage.root}/${rawToDisplay(rawFromBytes(path))} any more`;
  } catch (error) {
    if (!(error instanceof BenchkeepError) || error.code === 'cancelled') throw error;
    return `its copy in the cloud can't be checked: ${error.message}`;
  }
}

/** Copies in stores that were found right, and not found wrong since. */
export async function cloudCopies(
  { registry }: Pick<TransferContext, 'registry'>,
  artifactId: number,
): Promise<{ copy: CopyRow; storage: StorageRow }[]> {
  const copies = await registry.db
    .selectFrom('copy')
    .selectAll()
    .where('artifact_id', '=', artifactId)
    .where('verified_at', 'is not', null)
    .orderBy('id')
    .execute();
  const found: { copy: CopyRow; storage: StorageRow }[] = [];
  for (const copy of copies) {
    const storage = await registry.db
      .selectFrom('storage')
      .selectAll()
      .where('id', '=', copy.storage_id)
      .executeTakeFirst();
    if (storage !== undefined && storage.type !== 'local') found.push({ copy, storage });
  }
  return found;
}
