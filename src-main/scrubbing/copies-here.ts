/** The copies whose bytes can be read again on this computer. */
import type { Kysely } from 'kysely';
import type { InstanceContext } from '../instance/index.ts';
import type { RegistryDB } from '../registry/schema.ts';

/** What is missing has nothing to be read, what is not wholly known yet is the watcher's. */
export function copiesHere({
  registry,
  workstationUid,
}: {
  registry: { db: Kysely<RegistryDB> };
  workstationUid: InstanceContext['workstationUid'];
}) {
  return registry.db
    .selectFrom('copy')
    .innerJoin('artifact', 'artifact.id', 'copy.artifact_id')
    .innerJoin('storage', 'storage.id', 'copy.storage_id')
    .where('storage.type', '=', 'local')
    .where('storage.workstation_uid', '=', workstationUid)
    .where('artifact.sha256', 'is not', null)
    .where('artifact.state', 'in', ['ok', 'changed']);
}
