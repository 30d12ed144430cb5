/** The object of an upload is not any more what was verified: the registry must not go on naming it as a safe copy. */
import { toErrorData, type BenchkeepError } from '../../shared/errors.ts';
import { timestamp } from '../ports/clock.ts';
import type { FileFacts } from '../ports/fs/file-facts.ts';
import { rawToBytes, type RawPath } from '../ports/fs/raw-path.ts';
import { writeRegistry } from '../registry/change-log.ts';
import type { ArtifactRow, StorageRow } from '../registry/schema.ts';
import type { TransferRow } from '../workstation/schema.ts';
import { updateTransfer } from '../workstation/transfer-rows.ts';
import { findCached } from './cache-folder.ts';
import type { CloudLoss } from './mark-cloud-copy.ts';
import { copyAt, sourcePlace, wasUnnamed, type SourcePlace } from './source-place.ts';
import { sourceOf, type TransferContext } from './transfer-context.ts';

/** Where the content is on this computer, and the place that gets its record back. */
interface Here {
  path: RawPath;
  facts: FileFacts;
  unnamed: SourcePlace | null;
}

/**
 * A copy here that the registry does not name any more is named again; where content is left in the cache only, the
 * artifact is *unverified* until it is there again. What is gone (`isGone`) is sent again; where other content is in its
 * place the upload is over.
 */
export async function takeBackCopy(
  context: TransferContext,
  row: TransferRow,
  storage: StorageRow,
  { isGone, error }: { isGone: boolean; error: BenchkeepError },
): Promise<void> {
  const { registry, workstation, clock } = context;
  const artifact = await registry.db
    .selectFrom('artifact')
    .selectAll()
    .where('uid', '=', row.artifact_uid)
    .executeTakeFirst();
  const here = artifact === undefined ? null : await contentHere(context, row, artifact);
  if (artifact !== undefined) await writeBack(context, artifact, row, storage, { here, isGone });
  const source = here === null ? {} : { source: rawToBytes(here.path), facts: JSON.stringify(here.facts) };
  await updateTransfer(workstation, row.id, {
    ...source,
    state: isGone && here !== null ? 'planned' : 'cancelled',
    token: null,
    error: JSON.stringify(toErrorData(error)),
    updated_at: timestamp(clock),
  });
}

async function contentHere(context: TransferContext, row: TransferRow, artifact: ArtifactRow): Promise<Here | null> {
  const source = sourceOf(row);
  const facts = await context.fs.look(source.path);
  const { ino, mtimeNs, size } = source.facts;
  if (facts?.ino === ino && facts.mtimeNs === mtimeNs && facts.size === size) {
    const place = await sourcePlace(context, row);
    const isUnnamed =
      place !== null && (await copyAt(context, place)) === null && (await wasUnnamed(context, artifact.uid, place));
    return { path: source.path, facts, unnamed: isUnnamed ? place : null };
  }
  const cached = await findCached({ fs: context.fs, workstation: context.workstation.db }, artifact);
  return cached === null ? null : { ...cached, unnamed: null };
}

async function writeBack(
  context: TransferContext,
  artifact: ArtifactRow,
  row: TransferRow,
  storage: StorageRow,
  { here, isGone }: { here: Here | null; isGone: boolean },
): Promise<void> {
  await writeRegistry(context, await context.author(), 'upload taken back', async (write) => {
    const { now, tx } = write;
    write.note = `What was verified in ${storage.root} is not there any more.`;
    if (here !== null && here.unnamed !== null) {
      const { storage: where, path } = here.unnamed;
      const copy = { artifact_id: artifact.id, storage_id: where.id, path, verified_at: now, created_at: now };
      write.insert('copy', [copy], [artifact.uid]);
    }
    const copies = await tx.selectFrom('copy').selectAll().where('artifact_id', '=', artifact.id).execute();
    const cloud = copies.find(({ storage_id: id, path }) => id === storage.id && path.equals(row.path));
    const other = copies.find((copy) => copy.id !== cloud?.id);
    if (cloud === undefined) return;
    if (other === undefined) {
      await write.update('copy', cloud.id, { verified_at: null }, artifact.uid);
      const loss: CloudLoss = isGone ? 'cloud-gone' : 'cloud-mismatch';
      const found =
        here === null
          ? { state: 'missing' as const, state_reason: loss }
          : { state: 'unverified' as const, state_reason: 'it is in the cache of a computer only' };
      await write.update('artifact', artifact.id, { ...found, updated_at: now });
      return;
    }
    write.removeRow('copy', cloud, artifact.uid);
    await write.update('artifact', artifact.id, { storage_id: other.storage_id, updated_at: now });
  });
}
