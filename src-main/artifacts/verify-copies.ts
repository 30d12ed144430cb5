/** Reads the artifacts at paths of a storage again, and records what is found of them. */
import type { InstanceContext } from '../instance/index.ts';
import type { StorageRow } from '../registry/schema.ts';
import { rawFromBytes } from '../ports/fs/raw-path.ts';
import { dropDamaged } from '../workstation/inbox-actions.ts';
import { writeWorkstation } from '../workstation/open-workstation.ts';
import { verifyArtifacts, type VerifyFailure } from './verify-artifacts.ts';

/** `paths` below the root. What is nobody's any more is out of the inbox. Errors: `cancelled`, those of the registry. */
export async function verifyCopies(
  context: InstanceContext,
  storage: StorageRow,
  paths: readonly Buffer[],
  signal: AbortSignal = new AbortController().signal,
): Promise<VerifyFailure[]> {
  const rows = await context.registry.db
    .selectFrom('artifact')
    .innerJoin('copy', 'copy.artifact_id', 'artifact.id')
    .selectAll('artifact')
    .select('copy.path')
    .where('copy.storage_id', '=', storage.id)
    .where('copy.path', 'in', paths)
    .execute();
  const over = paths.filter((path) => !rows.some((row) => path.equals(row.path)));
  if (over.length > 0) {
    const nobodys = over.map((path) => rawFromBytes(path));
    await writeWorkstation(context.workstation, (tx) => dropDamaged(tx, storage.uid, nobodys));
    context.onWatching('inbox');
  }
  if (rows.length === 0) return [];
  const artifacts = rows.map(({ path: _path, ...artifact }) => artifact);
  return verifyArtifacts(context, artifacts, { signal, onBytes: () => undefined });
}
