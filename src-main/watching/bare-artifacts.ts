/** Artifacts that nobody said anything of: those that may be taken together with the record of the same file. */
import type { Kysely } from 'kysely';
import type { RegistryDB } from '../registry/schema.ts';

/** Copies with their artifacts, and whether nobody said anything of these (`bare`). */
export function bareArtifacts(db: Kysely<RegistryDB>) {
  return db
    .selectFrom('copy')
    .innerJoin('artifact', 'artifact.id', 'copy.artifact_id')
    .select(['artifact.id', 'artifact.uid', 'artifact.sha256', 'artifact.state', 'artifact.created_at'])
    .select(['copy.path', 'copy.storage_id'])
    .select((eb) => [
      eb
        .case()
        .when(
          eb.and([
            eb('artifact.description', 'is', null),
            eb('artifact.kind', 'is', null),
            eb('artifact.version', 'is', null),
            eb('artifact.visibility', '=', 1),
            eb('artifact.is_latest', '=', 1),
            eb('artifact.key_is_virtual', '=', 0),
            eb(eb.fn<string>('substr', ['artifact.uid', eb.lit(17)]), '=', '0000'),
            eb.not(
              eb.exists(
                eb
                  .selectFrom('artifact_ulabel')
                  .select('artifact_ulabel.id')
                  .whereRef('artifact_ulabel.artifact_id', '=', 'artifact.id'),
              ),
            ),
            eb.not(
              eb.exists(
                eb
                  .selectFrom('collection_artifact')
                  .select('collection_artifact.id')
                  .whereRef('collection_artifact.artifact_id', '=', 'artifact.id'),
              ),
            ),
          ]),
        )
        .then(1)
        .else(0)
        .end()
        .as('bare'),
    ]);
}
