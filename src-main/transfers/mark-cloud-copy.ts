/** What a store is found to have, or not to have any more, is said in the registry and in the inbox (`faults.md`, F-CA03). */
import { rawFromBytes, rawToDisplay, type RawPath } from '../ports/fs/raw-path.ts';
import { writeRegistry } from '../registry/change-log.ts';
import type { ArtifactRow, CopyRow, StorageRow } from '../registry/schema.ts';
import { DAMAGED, inboxStatements } from '../workstation/inbox-rows.ts';
import { writeWorkstation } from '../workstation/open-workstation.ts';
import type { TransferContext } from './transfer-context.ts';

type MarkContext = Pick<
  TransferContext,
  'registry' | 'workstation' | 'clock' | 'onCommitted' | 'author' | 'onWatching'
>;

export type CloudLoss = 'cloud-mismatch' | 'cloud-gone';

const REASONS: Readonly<Record<CloudLoss, string>> = {
  'cloud-mismatch': 'What is in the store is not the content that was registered',
  'cloud-gone': 'The store says that there is no such object',
};

const NO_FACTS = { kind: 'file', size: 0, mtimeNs: '0', ctimeNs: '0', dev: '0', ino: '0' } as const;

/** It does not count as a copy any more; an artifact without another one is missing. Nothing where nobody names it any more. */
export async function markCloudCopy(
  context: MarkContext,
  artifact: Pick<ArtifactRow, 'id' | 'uid'>,
  { copy, storage }: { copy: CopyRow; storage: StorageRow },
  loss: CloudLoss,
): Promise<void> {
  if (context.registry.readonly) return;
  const path = rawFromBytes(copy.path);
  const what = `${REASONS[loss]}: ${storage.root}/${rawToDisplay(path)}.`;
  const isNamed = await writeRegistry(context, await context.author(), 'verify', async (write) => {
    write.note = what;
    const rows = await write.tx.selectFrom('copy').selectAll().where('artifact_id', '=', artifact.id).execute();
    if (!rows.some(({ id }) => id === copy.id)) return false;
    await write.update('copy', copy.id, { verified_at: null }, artifact.uid);
    if (rows.some(({ id, verified_at: at }) => id !== copy.id && at !== null)) return true;
    await write.update('artifact', artifact.id, { state: 'missing', state_reason: loss, updated_at: write.now });
    return true;
  });
  // It was deleted while it was fetched.
  if (!isNamed) return;
  const { put } = inboxStatements(context.workstation);
  await writeWorkstation(context.workstation, () => {
    put(storage.uid, {
      path,
      facts: NO_FACTS,
      state: 'failed',
      cause: DAMAGED,
      reason: `${what} Ask who looks after the bucket: an earlier version of the object may still be there.`,
      since: context.clock.now(),
      next: null,
      attempts: 1,
    });
  });
  context.onWatching('inbox');
}

/** All of it came, and was right: content that was never read before has its checksum from now on. */
export async function markCloudCopyRight(
  context: MarkContext,
  artifact: Pick<ArtifactRow, 'id' | 'uid'> & { sha256: string },
  { copy, storage }: { copy: CopyRow; storage: StorageRow },
): Promise<void> {
  if (context.registry.readonly) return;
  const now = await context.registry.db
    .selectFrom('artifact')
    .select(['state', 'state_reason', 'sha256'])
    .where('id', '=', artifact.id)
    .executeTakeFirst();
  const isNew = now?.sha256 === null;
  const isMissing = now?.state === 'missing' && (now.state_reason ?? '').startsWith('cloud-');
  // All of it was read, and is the content that was registered.
  const wasLost = isMissing || now?.state === 'unverified';
  if (copy.verified_at !== null && !wasLost && !isNew) return;
  await writeRegistry(context, await context.author(), 'verify', async (write) => {
    await write.update('copy', copy.id, { verified_at: write.now }, artifact.uid);
    const right = { state: 'ok', state_reason: null, updated_at: write.now } as const;
    if (isNew) await write.update('artifact', artifact.id, { ...right, sha256: artifact.sha256 });
    else if (wasLost) await write.update('artifact', artifact.id, right);
  });
  await forgetCloudLoss(context, storage, rawFromBytes(copy.path));
}

/** What the inbox says of it is over. */
export async function forgetCloudLoss(
  context: Pick<MarkContext, 'workstation' | 'onWatching'>,
  storage: Pick<StorageRow, 'uid'>,
  path: RawPath,
): Promise<void> {
  const { find, remove } = inboxStatements(context.workstation);
  if (find(storage.uid, path)?.cause !== DAMAGED) return;
  await writeWorkstation(context.workstation, () => void remove(storage.uid, path));
  context.onWatching('inbox');
}
