/** The list of what is in a folder artifact: this computer's, or the one that lies beside the folder in its store. */
import { manifestFolder, manifestPath } from '../storage/folder-manifest.ts';
import type { ObjectStore } from '../storage/index.ts';
import type { RawPath } from '../ports/fs/raw-path.ts';
import type { ArtifactRow } from '../registry/schema.ts';
import { digestOfManifest, manifestKey } from './folder-in-store.ts';
import type { TransferContext } from './transfer-context.ts';

/** Bytes of one request. */
const CHUNK = 8 * 1024 ** 2;

/** Null where there is none, or none that is the folder's. Errors: those of the store and disk. */
export async function manifestOf(
  context: Pick<TransferContext, 'folder' | 'fs'>,
  store: ObjectStore,
  { uid, sha256 }: Pick<ArtifactRow, 'uid' | 'sha256'>,
  signal: AbortSignal,
): Promise<RawPath | null> {
  const target = manifestPath(context, uid);
  if ((await context.fs.look(target)) !== null) return target;
  if (sha256 === null) return null;
  const facts = await store.stat(manifestKey(uid), { signal });
  if (facts === null) return null;
  const digest = await digestOfManifest(store, facts, signal);
  if (digest?.text !== sha256) return null;
  await context.fs.makeFolder(manifestFolder(context), 0o700);
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
