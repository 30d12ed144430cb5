/** Fetches content from a store into the cache, or to where a person wants it: in ranges, several at once, then proven. */
import type { RawPath } from '../ports/fs/raw-path.ts';
import { splitRaw } from '../ports/fs/raw-path.ts';
import type { FileFacts } from '../ports/fs/file-facts.ts';
import { BenchkeepError } from '../../shared/errors.ts';
import type { StorageRow } from '../registry/schema.ts';
import { storeOf } from '../storage/index.ts';
import type { TransferContext } from './transfer-context.ts';

/** Bytes of one request, and requests at once. */
const RANGE = 8 * 1024 ** 2;
const PARALLEL = 4;

export interface FetchRequest {
  storage: StorageRow;
  /** Key below its root. */
  key: string;
  size: number;
  sha256: string;
  target: RawPath;
}

/**
 * The file is there under its name only when its sha256 is right. Errors: `file_not_found` (the store says that there is
 * no such object), `file_changed` (replaced meanwhile, or of another size), `wrong_content`, those of the store and disk.
 */
export async function fetchContent(
  context: Pick<TransferContext, 'fs' | 'stores'>,
  { storage, key, size, sha256, target }: FetchRequest,
  { signal, onBytes }: { signal: AbortSignal; onBytes: (bytes: number) => void },
): Promise<FileFacts> {
  const store = await storeOf(context, storage);
  const facts = await store.stat(key, { signal });
  const name = `${storage.root}/${key}`;
  if (facts === null) {
    throw new BenchkeepError(
      'file_not_found',
      `There is no ${name} any more`,
      'Its record stays. Ask who looks after the bucket; an earlier version of the object may still be there.',
    );
  }
  if (facts.size !== size) {
    throw new BenchkeepError(
      'file_changed',
      `${name} is not any more what was registered`,
      'It was not fetched. Ask who else writes into this storage.',
    );
  }
  await context.fs.makeFolder(splitRaw(target).folder);
  return context.fs.fillFsyncMoveIn({
    target,
    size,
    sha256,
    async fill(write) {
      let next = 0;
      const worker = async (): Promise<void> => {
        for (let offset = next; offset < size; offset = next) {
          next = offset + RANGE;
          signal.throwIfAborted();
          const bytes = await store.readRange(key, offset, Math.min(RANGE, size - offset), { of: facts, signal });
          await write(offset, bytes);
          onBytes(bytes.length);
        }
      };
      await Promise.all(Array.from({ length: PARALLEL }, worker));
    },
  });
}
