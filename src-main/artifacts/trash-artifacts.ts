/** Into the trash and out of it: only what is shown changes, files and records stay. Nothing leaves the trash by itself. */
import type { ArtifactRecord } from '../../shared/contract/index.ts';
import type { InstanceContext } from '../instance/index.ts';
import { writeRegistry } from '../registry/change-log.ts';
import { artifactRecords } from './artifact-records.ts';
import { findArtifacts } from './find-artifact.ts';
import { keepLatest } from './keep-latest.ts';
import { readContext } from './read-context.ts';

type Context = Pick<
  InstanceContext,
  'registry' | 'workstation' | 'workstationUid' | 'fs' | 'clock' | 'author' | 'onCommitted'
>;

const IN_TRASH = -1;
const SHOWN = 1;

/** What is there already stays. Errors: `not_found`, `ambiguous`. */
export function trashArtifacts(context: Context, input: { artifacts: string[] }): Promise<{ items: ArtifactRecord[] }> {
  return show(context, input.artifacts, 'delete', IN_TRASH);
}

/** Artifacts of the trash are named by their uid. What is not in it stays. Errors: `not_found`. */
export function restoreArtifacts(
  context: Context,
  input: { artifacts: string[] },
): Promise<{ items: ArtifactRecord[] }> {
  return show(context, input.artifacts, 'restore', SHOWN);
}

async function show(
  context: Context,
  named: readonly string[],
  operation: 'delete' | 'restore',
  visibility: typeof IN_TRASH | typeof SHOWN,
): Promise<{ items: ArtifactRecord[] }> {
  const asked = await findArtifacts(context.registry.db, named);
  const ids = asked.map(({ id }) => id);
  await writeRegistry(context, await context.author(), operation, async (write) => {
    const stems = new Set<string>();
    for (const id of ids) {
      const row = await write.tx.selectFrom('artifact').selectAll().where('id', '=', id).executeTakeFirst();
      const inTrash = row?.visibility === IN_TRASH;
      if (row === undefined || inTrash === (visibility === IN_TRASH)) continue;
      write.updateRow('artifact', row, { visibility, updated_at: write.now });
      stems.add(row.stem_uid);
    }
    for (const stem of stems) await keepLatest(write, stem);
  });
  return { items: await artifactRecords(readContext(context), ids) };
}
