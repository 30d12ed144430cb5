/**
 * What the files of a folder look like, as one short text: whatever the order in which they are come upon, in memory
 * that doesn't grow with their number. The device is left out: its number changes when a drive is plugged in again.
 */
import { hash } from 'node:crypto';
import type { FileFacts } from './file-facts.ts';
import type { RawPath } from './raw-path.ts';

const WORDS = 8;

export interface ListingDigest {
  /** `path`: below the folder. */
  add(path: RawPath, facts: FileFacts): void;
  /** Two listings are the same if they have the same files, each looking the same. */
  value(): string;
}

/** A sum of hashes, word by word. */
export function listingDigest(): ListingDigest {
  const sum = new Uint32Array(WORDS);
  return {
    add(path, { size, mtimeNs, ctimeNs, ino }) {
      const digest = hash('sha256', `${path}\0${String(size)} ${mtimeNs} ${ctimeNs} ${ino}`, 'buffer');
      for (let i = 0; i < WORDS; i++) sum[i] = (sum[i] ?? 0) + digest.readUInt32LE(i * 4);
    },
    value: () => `listing ${Buffer.from(sum.buffer).toString('hex')}`,
  };
}
