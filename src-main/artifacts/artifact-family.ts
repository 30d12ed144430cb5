/** Version families: all artifacts that share a stem. */
import { FIRST_VERSION, newUid, nextVersionUid, UID_LENGTHS, versionSuffixOf } from '../../shared/uid.ts';
import type { Kysely } from 'kysely';
import type { Random } from '../ports/random.ts';
import type { RegistryWrite } from '../registry/change-log.ts';
import type { ArtifactRow, RegistryDB } from '../registry/schema.ts';

/** Every version, trash included. */
export function familyOf(db: Kysely<RegistryDB>, stem: string): Promise<ArtifactRow[]> {
  return db
    .selectFrom('artifact')
    .selectAll()
    .where('uid', '>=', stem)
    .where('uid', '<', `${stem}~`)
    .orderBy('uid')
    .execute();
}

/** The first uid of a new family, or the next of the one that `of` belongs to. */
export async function uidFor(
  db: Kysely<RegistryDB>,
  of: ArtifactRow | null,
  random: Random,
): Promise<{ uid: string; stem: string }> {
  if (of === null) {
    const stem = newUid(random, UID_LENGTHS.artifact.stem);
    return { uid: stem + FIRST_VERSION, stem };
  }
  const family = await familyOf(db, of.stem_uid);
  return {
    uid: nextVersionUid(
      of.stem_uid,
      family.map(({ uid }) => versionSuffixOf(uid)),
    ),
    stem: of.stem_uid,
  };
}

/** Before a new latest is inserted: the one before is it no more. */
export async function retireLatest(write: RegistryWrite, stem: string): Promise<void> {
  for (const member of await familyOf(write.tx, stem)) {
    if (member.is_latest === 1) await write.update('artifact', member.id, { is_latest: 0, updated_at: write.now });
  }
}
