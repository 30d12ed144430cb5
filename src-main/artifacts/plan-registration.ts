/** Decides what a file at a path of a storage is: pure, from what was gathered about it. */
import type { ArtifactRow } from '../registry/schema.ts';

export interface RegistrationFacts {
  size: number;
  hash: string;
  /** Null while only the ends of a large file were read. */
  sha256: string | null;
  /** The artifact that the path belongs to, if it does. */
  existing: Pick<ArtifactRow, 'size' | 'hash' | 'sha256' | 'state' | 'visibility'> | null;
  /** The record of this path was removed while its file stayed; null sha256: whatever its content. */
  tombstone: { sha256: string | null } | null;
  /** The artifact that was here before its content went to the cloud. */
  away?: Pick<ArtifactRow, 'size' | 'sha256'> | null;
}

export type RegistrationPlan =
  /** The path is nobody's: an artifact of its own, whatever other paths hold. */
  | { kind: 'new' }
  /** Content that was only in the cloud is here again. */
  | { kind: 'returned' }
  /** Other content at a known path. */
  | { kind: 'version' }
  /** What the registry says already. `heal`: it said less well of it (changed, missing). */
  | { kind: 'known'; heal: boolean }
  /** A large file that was registered by its ends is now read wholly. */
  | { kind: 'verified' }
  /** Its record was removed on purpose, and it is, or may be, the same content still. */
  | { kind: 'tombstone' };

export function planRegistration(facts: RegistrationFacts): RegistrationPlan {
  const { existing, tombstone, away = null } = facts;
  if (existing === null) {
    if (away !== null && facts.sha256 !== null && away.sha256 === facts.sha256 && away.size === facts.size)
      return { kind: 'returned' };
    if (tombstone === null) return { kind: 'new' };
    // Read by its ends only, it may still be what was removed: nothing comes back before all of it says otherwise.
    const same = tombstone.sha256 === null || facts.sha256 === null || tombstone.sha256 === facts.sha256;
    return same ? { kind: 'tombstone' } : { kind: 'new' };
  }
  const sameEnds = existing.size === facts.size && existing.hash === facts.hash;
  // By the ends alone nothing is concluded but that it may be the same: all of it is read next.
  if (facts.sha256 === null) return sameEnds ? { kind: 'known', heal: false } : { kind: 'version' };
  // Its identity was never known: equal ends and size are the only thing to go by, once.
  if (existing.sha256 === null) return sameEnds ? { kind: 'verified' } : { kind: 'version' };
  const same = existing.size === facts.size && existing.sha256 === facts.sha256;
  if (!same) return { kind: 'version' };
  return { kind: 'known', heal: existing.state !== 'ok' };
}
