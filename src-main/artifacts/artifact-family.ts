/** Version families: all artifacts that share a stem. */
import type { Kysely } from 'kysely';
import { nextVersionUid, versionSuffixOf } from '../../shared/uid.ts';
import type { RegistryWrite } from '../registry/change-log.ts';
import type { RegistryDB } from '../registry/schema.ts';

/** The uid after the highest of the family, trash included, and of `taken`. */
export async function nextUid(db: Kysely<RegistryDB>, stem: string, taken: readonly string[] = []): Promise<string> {
  const family = await db
    .selectFrom('artifact')
    .select('uid')
    .where('uid', '>=', stem)
    .where('uid', '<', `${stem}~`)
    .execute();
  return nextVersionUid(stem, [...family.map(({ uid }) => uid), ...taken].map(versionSuffixOf));
}

/**
 * One at a time lays down bytes for a new version of a family: two would give them the same number, and the file of the
 * one that has to give way would stand where the other's belongs.
 */
export async function whileAlone<T>(
  { familiesAtWork }: { familiesAtWork: Map<string, Promise<unknown>> },
  stem: string,
  work: () => Promise<T>,
): Promise<T> {
  const before = familiesAtWork.get(stem) ?? Promise.resolve();
  const mine = before.then(work, work);
  familiesAtWork.set(stem, mine);
  try {
    return await mine;
  } finally {
    if (familiesAtWork.get(stem) === mine) familiesAtWork.delete(stem);
  }
}

/** Before a new latest is inserted: the one before is it no more. */
export async function retireLatest(write: RegistryWrite, stem: string): Promise<void> {
  const latest = await write.tx
    .selectFrom('artifact')
    .select('id')
    .where('stem_uid', '=', stem)
    .where('is_latest', '=', 1)
    .execute();
  for (const { id } of latest) await write.update('artifact', id, { is_latest: 0, updated_at: write.now });
}
