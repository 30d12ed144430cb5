/** The audit trail of one artifact: what was done to it, its copies and its labels, newest first. */
import type { ChangeRecord } from '../../shared/contract/index.ts';
import { changeRecords } from '../registry/queries/changes.ts';
import { findArtifact } from './find-artifact.ts';
import type { ReadContext } from './read-context.ts';

/** What concerns an artifact is logged under its uid. */
export async function artifactLog(
  context: ReadContext,
  input: { artifact: string },
): Promise<{ items: ChangeRecord[] }> {
  const { uid } = await findArtifact(context.registry, input.artifact);
  const rows = await context.registry
    .selectFrom('change')
    .selectAll()
    .where('uid', '=', uid)
    .orderBy('id', 'desc')
    .limit(MOST)
    .execute();
  return { items: await changeRecords(context.registry, rows) };
}

const MOST = 1000;
