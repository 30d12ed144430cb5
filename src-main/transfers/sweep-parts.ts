/** Part files of downloads: ended with their download, and swept where nobody goes on with them (invariant 7). */
import { timestamp } from '../ports/clock.ts';
import { canWrite } from '../ports/fs/file-system.ts';
import { TEMPORARY_PREFIX } from '../ports/fs/node-fs.ts';
import { PART_ENDING } from '../ports/fs/part-verbs.ts';
import { joinRaw, type RawPath } from '../ports/fs/raw-path.ts';
import type { TransferRow } from '../workstation/schema.ts';
import { activeTransfers, updateTransfer } from '../workstation/transfer-rows.ts';
import { cacheFolder } from './cache-folder.ts';
import { partPath } from './part-file.ts';
import { giveNamesBack } from './remove-cached-folder.ts';
import type { TransferContext } from './transfer-context.ts';

type SweepContext = Pick<TransferContext, 'folder' | 'fs' | 'workstation' | 'clock'>;

/** Ms for which what came of a download waits for somebody who asks for it again. */
const KEPT = 7 * 86_400_000;

/** When an instance is opened: no download is under way. */
export async function sweepParts(context: SweepContext): Promise<void> {
  const { fs, clock } = context;
  const folder = cacheFolder(context);
  if (!(await canWrite(folder))) return;
  await giveNamesBack(fs, folder);
  const wanted = new Set<string>();
  for (const row of await activeDownloads(context)) {
    const part = partPath(context, row);
    const isYoung = clock.now() - Date.parse(row.updated_at) < KEPT;
    if (isYoung && (await fs.look(part)) !== null) wanted.add(part);
    else await endDownload(context, row, 'cancelled');
  }
  for (const { name, kind } of await fs.readFolder(folder)) {
    const path = joinRaw(folder, name);
    if (!name.startsWith(TEMPORARY_PREFIX) || !name.endsWith(PART_ENDING) || wanted.has(path)) continue;
    if (kind === 'file' || kind === 'folder') await removePart(context, path);
  }
}

/** The content of the artifact is here: what a program that died left of its downloads is nobody's. */
export async function endDownloads(context: SweepContext, artifactUid: string): Promise<void> {
  for (const row of await activeDownloads(context))
    if (row.artifact_uid === artifactUid) await endDownload(context, row, 'done');
}

async function activeDownloads({ workstation }: SweepContext): Promise<TransferRow[]> {
  return (await activeTransfers(workstation)).filter(({ direction }) => direction === 'download');
}

/** What came of it is taken away. Nobody may be at work on it. */
export async function endDownload(context: SweepContext, row: TransferRow, state: 'done' | 'cancelled'): Promise<void> {
  await removePart(context, partPath(context, row));
  await updateTransfer(context.workstation, row.id, { state, error: null, updated_at: timestamp(context.clock) });
}

/** Of a folder what came of its files. */
async function removePart({ fs }: SweepContext, part: RawPath): Promise<void> {
  if ((await fs.look(part))?.kind === 'folder') await fs.removeTemporaryFolder(part);
  else await fs.removeOwnFile(part);
}
