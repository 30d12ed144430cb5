/** The registry names what is verified in a store: from now on the storage of these artifacts is the one in the cloud. */
import { rawFromBytes } from '../ports/fs/raw-path.ts';
import { writeRegistry, type RegistryWrite } from '../registry/change-log.ts';
import type { ArtifactRow, CopyRow, StorageRow } from '../registry/schema.ts';
import type { TransferRow } from '../workstation/schema.ts';
import { isOther } from './begin-with-other.ts';
import { forgetCloudLoss } from './mark-cloud-copy.ts';
import type { TransferContext } from './transfer-context.ts';

/**
 * What became of one. Nothing was written but where it is `recorded`: it was deleted meanwhile (`gone`), has other content by
 * now (`other`), or its place in the store is another artifact's (`taken`).
 */
export type Recorded =
  { kind: 'gone'; artifact: null } | { kind: 'recorded' | 'other' | 'taken'; artifact: ArtifactRow };

/** In one durable step, in the order of `rows`. What the inbox says of objects that were gone is over then. */
export async function recordCopies(
  context: TransferContext,
  rows: readonly TransferRow[],
  storage: StorageRow,
): Promise<Recorded[]> {
  if (rows.length === 0) return [];
  const anew: CopyRow[] = [];
  const all = await writeRegistry(context, await context.author(), 'upload', async (write) => {
    const artifacts = new Map((await artifactsOf(write, rows)).map((artifact) => [artifact.uid, artifact]));
    const copies = new Map((await copiesAt(write, rows, storage)).map((copy) => [copy.path.toString('hex'), copy]));
    const recorded: Recorded[] = [];
    for (const row of rows) {
      const artifact = artifacts.get(row.artifact_uid);
      if (artifact === undefined) recorded.push({ kind: 'gone', artifact: null });
      else if (isOther(artifact, row)) recorded.push({ kind: 'other', artifact });
      else {
        const there = copies.get(row.path.toString('hex'));
        recorded.push(await recordOne(write, row, artifact, storage, there));
        if (there?.artifact_id === artifact.id) anew.push(there);
      }
    }
    return recorded;
  });
  for (const { path } of anew) await forgetCloudLoss(context, storage, rawFromBytes(path));
  return all;
}

async function recordOne(
  write: RegistryWrite,
  { path }: TransferRow,
  artifact: ArtifactRow,
  storage: StorageRow,
  there: CopyRow | undefined,
): Promise<Recorded> {
  if (there === undefined) {
    const copy = { artifact_id: artifact.id, storage_id: storage.id, path };
    write.insert('copy', [{ ...copy, verified_at: write.now, created_at: write.now }], [artifact.uid]);
  } else if (there.artifact_id !== artifact.id) return { kind: 'taken', artifact };
  else write.updateRow('copy', there, { verified_at: write.now }, artifact.uid);
  if (artifact.state === 'changed') await doubtOthers(write, artifact, storage);
  const now = { storage_id: storage.id, state: 'ok', state_reason: null, updated_at: write.now } as const;
  write.updateRow('artifact', artifact, now);
  return { kind: 'recorded', artifact };
}

function artifactsOf({ tx }: RegistryWrite, rows: readonly TransferRow[]): Promise<ArtifactRow[]> {
  const uids = rows.map(({ artifact_uid: uid }) => uid);
  return tx.selectFrom('artifact').selectAll().where('uid', 'in', uids).execute();
}

function copiesAt({ tx }: RegistryWrite, rows: readonly TransferRow[], { id }: StorageRow): Promise<CopyRow[]> {
  const paths = rows.map(({ path }) => path);
  return tx.selectFrom('copy').selectAll().where('storage_id', '=', id).where('path', 'in', paths).execute();
}

/** Its state said that one of its copies is other content; from now on it says that the content is safe, so the copies say it. */
async function doubtOthers(write: RegistryWrite, { id, uid }: ArtifactRow, storage: StorageRow): Promise<void> {
  const others = await write.tx
    .selectFrom('copy')
    .select('id')
    .where('artifact_id', '=', id)
    .where('storage_id', '!=', storage.id)
    .where('verified_at', 'is not', null)
    .execute();
  for (const other of others) await write.update('copy', other.id, { verified_at: null }, uid);
}
