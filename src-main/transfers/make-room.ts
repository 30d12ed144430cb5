/** Room on the disk for what is to be fetched: what came of it already is there, and what can be fetched again may go. */
import { BenchkeepError } from '../../shared/errors.ts';
import { joinRaw, type RawPath } from '../ports/fs/raw-path.ts';
import type { ArtifactRow } from '../registry/schema.ts';
import { folderFiles } from '../storage/folder-files.ts';
import { activeTransfers } from '../workstation/transfer-rows.ts';
import { evictCached } from './evict-cached.ts';
import { bytesOf, partPath, readJournal } from './part-file.ts';
import type { TransferContext } from './transfer-context.ts';

/**
 * Call with the content of `artifact` alone. `enough`: whether so many bytes have room. Error: its own, where what is in
 * the cache and proven to be elsewhere would not make enough.
 */
export async function makeRoom(
  context: TransferContext,
  artifact: ArtifactRow,
  enough: (bytes: number) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const missing = Math.max(0, artifact.size - (await bytesHere(context, artifact)));
  try {
    await enough(missing);
    return;
  } catch (error) {
    if (!isFull(error)) throw error;
    for (const uid of await oldestFirst(context)) {
      // Whoever is at work on it may be waiting for this one.
      if (uid === artifact.uid || context.contentsAtWork.has(uid)) continue;
      const evicted = await evictCached(context, uid, signal);
      if (evicted.kind === 'evicted' && (await hasRoom(enough, missing))) return;
    }
    throw error;
  }
}

async function hasRoom(enough: (bytes: number) => Promise<void>, bytes: number): Promise<boolean> {
  try {
    await enough(bytes);
    return true;
  } catch (error) {
    if (isFull(error)) return false;
    throw error;
  }
}

function isFull(error: unknown): boolean {
  return error instanceof BenchkeepError && error.code === 'disk_full';
}

/** Bytes that came of it in an earlier try, and are kept. */
async function bytesHere(
  context: Pick<TransferContext, 'folder' | 'fs' | 'workstation'>,
  { uid }: ArtifactRow,
): Promise<number> {
  let most = 0;
  for (const row of await activeTransfers(context.workstation)) {
    if (row.artifact_uid !== uid || row.direction !== 'download') continue;
    const part = partPath(context, row);
    const facts = await context.fs.look(part);
    if (facts?.kind === 'folder') most = Math.max(most, await bytesIn(context, part));
    // A file that is not whole is as long as its last byte, with holes before.
    else if (facts !== null) most = Math.max(most, bytesOf(readJournal(row)?.ranges ?? []));
  }
  return most;
}

async function bytesIn({ fs }: Pick<TransferContext, 'fs'>, folder: RawPath): Promise<number> {
  let bytes = 0;
  for await (const path of folderFiles(fs, folder, () => undefined))
    bytes += (await fs.look(joinRaw(folder, path)))?.size ?? 0;
  return bytes;
}

async function oldestFirst({ workstation }: Pick<TransferContext, 'workstation'>): Promise<string[]> {
  const rows = await workstation.db
    .selectFrom('cached')
    .select('artifact_uid')
    .orderBy('used_at')
    .orderBy('artifact_uid')
    .execute();
  return rows.map(({ artifact_uid: uid }) => uid);
}
