/** The sha256 of a part file while its ranges come in any order: what comes in order is hashed from memory, the rest read again. */
import { nextTurn } from '../ports/give-way.ts';
import { createHash } from 'node:crypto';
import type { Fs } from '../ports/fs/fs.ts';
import type { RawPath } from '../ports/fs/raw-path.ts';
import { withRange, type PartJournal } from './part-file.ts';

/** Bytes at once: the engine's thread is kept busy no longer than that takes. */
const CHUNK = 1024 ** 2;

export interface OrderedHash {
  /** These bytes were written. One call at a time is at work; the others wait. */
  add(from: number, bytes: Uint8Array): Promise<void>;
  /** Hex, once all of it was added. */
  digest(size: number): Promise<string>;
}

/** `there`: ranges that were written in an earlier life of the program. */
export function orderedHash(fs: Pick<Fs, 'readRange'>, part: RawPath, there: PartJournal['ranges']): OrderedHash {
  const hash = createHash('sha256');
  let written = there;
  let at = 0;
  let turn: Promise<void> = Promise.resolve();

  async function fromMemory(bytes: Uint8Array): Promise<void> {
    for (let i = 0; i < bytes.length; i += CHUNK) {
      hash.update(bytes.subarray(i, i + CHUNK));
      // Others have their turn in between.
      await nextTurn();
    }
    at += bytes.length;
  }
  async function fromDisk(end: number): Promise<void> {
    while (at < end) {
      const bytes = await fs.readRange(part, at, Math.min(CHUNK, end - at));
      if (bytes.length === 0) return;
      hash.update(bytes);
      at += bytes.length;
    }
  }
  const reach = (): number => written.find(([from, to]) => from <= at && at < to)?.[1] ?? at;

  return {
    add(from, bytes) {
      written = withRange(written, from, from + bytes.length);
      turn = turn.then(async () => {
        if (at < from) await fromDisk(Math.min(from, reach()));
        if (at === from) await fromMemory(bytes);
      });
      return turn;
    },
    async digest(size) {
      await turn;
      await fromDisk(size);
      return hash.digest('hex');
    },
  };
}
