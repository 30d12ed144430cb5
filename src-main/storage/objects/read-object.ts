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
  store: Pick<ObjectStore, 'readRange' | 'readWhole' | 'comesWhole'>,
  facts: ObjectFacts,
  { signal, onBytes }: { signal: AbortSignal; onBytes: (bytes: number) => void },
): Promise<ReadBytes> {
  const [sha256, md5] = [createHash('sha256'), createHash('md5')];
  for await (const slice of objectSlices(store, facts, signal)) {
    sha256.update(slice);
    md5.update(slice);
    onBytes(slice.length);
  }
  return { sha256: sha256.digest('hex'), md5: md5.digest('hex') };
}

/** All its bytes in order, in pieces that can be hashed without keeping others waiting. */
export async function* objectSlices(
  store: Pick<ObjectStore, 'readRange' | 'readWhole' | 'comesWhole'>,
  facts: ObjectFacts,
  signal: AbortSignal,
): AsyncGenerator<Buffer> {
  const turn = giveWay(signal);
  for await (const bytes of bytesOf(store, facts, signal)) {
    for (let at = 0; at < bytes.length; at += SLICE) {
      yield bytes.subarray(at, at + SLICE);
      await turn();
    }
  }
}

async function* bytesOf(
  store: Pick<ObjectStore, 'readRange' | 'readWhole' | 'comesWhole'>,
  of: ObjectFacts,
  signal: AbortSignal,
): AsyncGenerator<Buffer> {
  for (let offset = 0; offset < of.size; offset += CHUNK) {
    // That is seen by the first range at the latest.
    if (store.readWhole !== undefined && store.comesWhole?.(of) !== false) {
      yield* from(offset, store.readWhole(of.key, { of, signal }));
      return;
    }
    yield await store.readRange(of.key, offset, Math.min(CHUNK, of.size - offset), { of, signal });
  }
}

async function* from(offset: number, chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let passed = 0;
  for await (const chunk of chunks) {
    const rest = chunk.subarray(Math.max(0, offset - passed));
    passed += chunk.length;
    if (rest.length > 0) yield rest;
  }
}
