/** The list of what is in a folder artifact: this computer's, or the one that lies beside the folder in its store. */
import { createHash } from 'node:crypto';
import { BenchkeepError } from '../../shared/errors.ts';
import { readGzipLines } from '../ports/fs/gzip-lines.ts';
import { giveWay } from '../ports/give-way.ts';
import { manifestFolder, manifestPath } from '../storage/folder-manifest.ts';
import type { ObjectStore } from '../storage/index.ts';
import type { RawPath } from '../ports/fs/raw-path.ts';
import type { ArtifactRow } from '../registry/schema.ts';
import { digestOfManifest, manifestKey } from './folder-in-store.ts';
import type { TransferContext } from './transfer-context.ts';

type ManifestContext = Pick<TransferContext, 'folder' | 'fs'>;

/** Bytes of one request. */
const CHUNK = 8 * 1024 ** 2;

/**
 * Null where there is none, or none that is the folder's. What is here and is not the folder's (it was made before its
 * files were read, on another computer perhaps, or is damaged) gives way to that of the store. Errors: those of the store and disk.
 */
export async function manifestOf(
  context: ManifestContext,
  store: ObjectStore,
  { uid, sha256 }: Pick<ArtifactRow, 'uid' | 'sha256'>,
  signal: AbortSignal,
): Promise<RawPath | null> {
  const target = manifestPath(context, uid);
  if (sha256 === null) return (await context.fs.look(target)) === null ? null : target;
  if (await isManifestHere(context, { uid, sha256 }, signal)) return target;
  const facts = await store.stat(manifestKey(uid), { signal });
  if (facts === null) return null;
  const digest = await digestOfManifest(store, facts, signal);
  if (digest?.text !== sha256) return null;
  await context.fs.makeFolder(manifestFolder(context), 0o700);
  await context.fs.removeOwnFile(target);
  await context.fs.fillFsyncMoveIn({
    target,
    size: facts.size,
    sha256: digest.bytes,
    async fill(write) {
      for (let offset = 0; offset < facts.size; offset += CHUNK) {
        const length = Math.min(CHUNK, facts.size - offset);
        await write(offset, await store.readRange(facts.key, offset, length, { of: facts, signal }));
      }
    },
  });
  return target;
}

/** This computer has the very list whose checksum is the folder's. */
export async function isManifestHere(
  context: ManifestContext,
  { uid, sha256 }: { uid: string; sha256: string },
  signal: AbortSignal,
): Promise<boolean> {
  const path = manifestPath(context, uid);
  if ((await context.fs.look(path)) === null) return false;
  const hash = createHash('sha256');
  const turn = giveWay(signal);
  try {
    for await (const line of readGzipLines(path)) {
      hash.update(`${line}\n`, 'latin1');
      await turn();
    }
  } catch (error) {
    if (!(error instanceof BenchkeepError) || error.code !== 'io_error') throw error;
    return false;
  }
  return hash.digest('hex') === sha256;
}
