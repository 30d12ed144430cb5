/** A hasher that reads only while nobody else does: for what reads known content by the common operations. */
import type { Hasher } from '../ports/fs/hasher.ts';

/** Its outcomes have no LaminDB hash: sha256 alone is compared. */
export function idleHasher(hasher: Hasher): Hasher {
  return {
    ...hasher,
    async hashFiles(paths, options = {}) {
      const outcomes = await hasher.rehashFiles(paths, options);
      return outcomes.map((outcome) =>
        outcome.kind === 'hashed' ? { ...outcome, hash: '', hashType: 'md5' as const } : outcome,
      );
    },
  };
}
