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
