/** Reads all of an object, as it was when it was looked at, with its checksums. */
import { createHash } from 'node:crypto';
import { giveWay } from '../../ports/give-way.ts';
import type { ObjectFacts, ObjectStore } from './object-store.ts';

export interface ReadBytes {
  sha256: string;
  md5: string;
}

/** Bytes of one request. */
const CHUNK = 8 * 1024 ** 2;
/** Bytes that are hashed in one go: half a millisecond. */
const SLICE = 512 * 1024;

/** Hex. Errors: `file_changed` where it is replaced meanwhile, `file_not_found`, those of the store. */
export async function readObject(
  store: Pick<ObjectStore, 'readRange' | 'readWhole'>,
  facts: ObjectFacts,
  { signal, onBytes }: { signal: AbortSignal; onBytes: (bytes: number) => void },
): Promise<ReadBytes> {
  const [sha256, md5] = [createHash('sha256'), createHash('md5')];
  const turn = giveWay(signal);
  for await (const bytes of bytesOf(store, facts, signal)) {
    for (let at = 0; at < bytes.length; at += SLICE) {
      const slice = bytes.subarray(at, at + SLICE);
      sha256.update(slice);
      md5.update(slice);
      await turn();
    }
    onBytes(bytes.length);
  }
  return { sha256: sha256.digest('hex'), md5: md5.digest('hex') };
}

async function* bytesOf(
  store: Pick<ObjectStore, 'readRange' | 'readWhole'>,
  of: ObjectFacts,
  signal: AbortSignal,
): AsyncGenerator<Buffer> {
  if (store.readWhole !== undefined) yield* store.readWhole(of.key, { of, signal });
  else
    for (let offset = 0; offset < of.size; offset += CHUNK)
      yield await store.readRange(of.key, offset, Math.min(CHUNK, of.size - offset), { of, signal });
}
