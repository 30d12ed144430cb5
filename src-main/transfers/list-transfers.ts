/** What is on its way, waits, or is over, as people see it. */
import { escapeForDisplay } from '../../shared/format/display-name.ts';
import { reviveError, type ErrorData } from '../../shared/errors.ts';
import type { TransferRecord } from '../../shared/contract/index.ts';
import type { InstanceContext } from '../instance/index.ts';
import { rawFromBytes, rawToDisplay, splitRaw } from '../ports/fs/raw-path.ts';
import type { TransferRow } from '../workstation/schema.ts';
import {
  activeTransfers,
  chosenTransfers,
  countTransfers,
  transfersOf,
  transfersOver,
} from '../workstation/transfer-rows.ts';
import { activeOthers } from '../workstation/other-transfers.ts';
import { readUploadSettings } from '../workstation/upload-settings.ts';
import { isLeft, isOver, mayDo } from './may-do.ts';
import { isUploadTime, nextUploadTime, uploadHoursSentence } from './upload-hours.ts';
import type { WorkAtHand } from './work-at-hand.ts';

type ListContext = Pick<InstanceContext, 'registry' | 'workstation' | 'clock' | 'queue' | 'busyTransfers'>;

const CHUNK = 500;

interface Wanted {
  over: number;
  most: number;
  ids?: readonly number[] | null | undefined;
  /** By uid. */
  artifacts?: readonly string[] | null | undefined;
}

export async function listTransfers(
  context: ListContext,
  { over, most, ids = null, artifacts = null }: Wanted,
): Promise<{ items: TransferRecord[]; waiting: number; failing: number; paused: number }> {
  const { workstation } = context;
  const rows =
    ids !== null
      ? await chosenTransfers(workstation, ids)
      : artifacts !== null
        ? await transfersOf(workstation, artifacts)
        : [...(await activeTransfers(workstation, most)), ...(await transfersOver(workstation, over))];
  const counts = await countTransfers(workstation);
  const others = await activeOthers(workstation);
  const left = others.filter((row) => isLeft(row, context.busyTransfers.has(row.id))).length;
  return { items: await transferRecords(context, rows), ...counts, waiting: counts.waiting - left };
}

/** In the order of the rows. */
export async function transferRecords(context: ListContext, rows: readonly TransferRow[]): Promise<TransferRecord[]> {
  const artifacts = await artifactsOf(context, rows);
  const storages = await context.registry.db.selectFrom('storage').select(['uid', 'root']).execute();
  const roots = new Map(storages.map(({ uid, root }) => [uid, root]));
  const { hours } = await readUploadSettings(context.workstation);
  const now = context.clock.now();
  const isOutside = hours !== null && !isUploadTime(hours, now);
  return rows.map((row) => {
    const artifact = artifacts.get(row.artifact_uid);
    // What the queue runs it measures itself.
    const live = context.queue.progressOf(row.id) ?? progressOf(context.busyTransfers.get(row.id));
    const waits = isOutside && !isOver(row) && live === null && row.paused === 0 && row.purpose === 'upload';
    const failure = row.error === null ? null : reviveError(JSON.parse(row.error) as ErrorData);
    return {
      id: row.id,
      uid: row.artifact_uid,
      name: escapeForDisplay(artifact?.key ?? rawToDisplay(splitRaw(rawFromBytes(row.source)).name)),
      direction: row.direction,
      storage: roots.get(row.storage_uid) ?? row.storage_uid,
      state: row.state,
      paused: row.paused === 1,
      busy: live !== null,
      can: mayDo(row, live !== null),
      left: isLeft(row, live !== null),
      sent: live?.sent ?? row.sent,
      total: row.size,
      n_files: artifact?.n_files ?? null,
      rate: live?.rate ?? null,
      free_up: row.free_up === 1,
      error: failure === null ? null : { code: failure.code, message: failure.message, remedy: failure.remedy },
      attempts: row.attempts,
      next: waits
        ? new Date(Math.max(nextUploadTime(hours, now), Date.parse(row.next ?? '') || 0)).toISOString()
        : row.next,
      waits_for: waits ? uploadHoursSentence(hours) : null,
      created_at: row.created_at,
      updated_at: row.updated_at,
    };
  });
}

async function artifactsOf(
  { registry }: ListContext,
  rows: readonly TransferRow[],
): Promise<Map<string, { key: string | null; n_files: number | null }>> {
  const uids = [...new Set(rows.map(({ artifact_uid: uid }) => uid))];
  const found = new Map<string, { key: string | null; n_files: number | null }>();
  for (let i = 0; i < uids.length; i += CHUNK) {
    const some = await registry.db
      .selectFrom('artifact')
      .select(['uid', 'key', 'n_files'])
      .where('uid', 'in', uids.slice(i, i + CHUNK))
      .execute();
    for (const { uid, ...artifact } of some) found.set(uid, artifact);
  }
  return found;
}

function progressOf(work: WorkAtHand | undefined): { sent: number; rate: number | null } | null {
  return work === undefined ? null : { sent: work.sent(), rate: work.rate() };
}
