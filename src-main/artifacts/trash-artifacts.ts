/** Into the trash and out of it: only what is shown changes, files and records stay. Nothing leaves the trash by itself. */
import type { ArtifactRecord } from '../../shared/contract/index.ts';
import { escapeForDisplay } from '../../shared/format/display-name.ts';
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
  return show(context, input.artifacts, 'trash', IN_TRASH);
}

/**
 * Artifacts of the trash are named by their uid. What is not in it stays. Where another artifact has the name by now,
 * both keep it, and `warnings` says so. Errors: `not_found`.
 */
export async function restoreArtifacts(
  context: Context,
  input: { artifacts: string[] },
): Promise<{ items: ArtifactRecord[]; warnings: string[] }> {
  const { items } = await show(context, input.artifacts, 'restore', SHOWN);
  const warnings: string[] = [];
  for (const { uid } of items) {
    const warning = await sameName(context, uid);
    if (warning !== null) warnings.push(warning);
  }
  return { items, warnings };
}

/** Names are looked up as `save` does: those given by people are one in all storages, paths one in their storage. */
async function sameName({ registry }: Context, uid: string): Promise<string | null> {
  const row = await registry.db.selectFrom('artifact').selectAll().where('uid', '=', uid).executeTakeFirst();
  if (row === undefined || row.key === null || row.is_latest === 0) return null;
  const other = await registry.db
    .selectFrom('artifact')
    .select('uid')
    .where('visibility', 'in', [1, 0])
    .where('is_latest', '=', 1)
    .where('key', '=', row.key)
    .where('stem_uid', '!=', row.stem_uid)
    .where((where) => where.or([where('key_is_virtual', '=', 1), where('storage_id', '=', row.storage_id)]))
    .orderBy('id')
    .limit(1)
    .executeTakeFirst();
  if (other === undefined) return null;
  return `${other.uid} is called "${escapeForDisplay(row.key)}" too by now, and ${uid} was restored beside it. Give one of them another name: benchkeep edit UID --key NAME.`;
}

async function show(
  context: Context,
  named: readonly string[],
  operation: 'trash' | 'restore',
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
