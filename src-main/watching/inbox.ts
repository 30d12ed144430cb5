/** What waits or failed, kept in the workstation database so that waiting is never silent and survives a restart. */
import type { Insertable, Transaction } from 'kysely';
import type { ErrorData } from '../../shared/errors.ts';
import type { FileFacts } from '../ports/fs/file-facts.ts';
import { rawFromBytes, rawToBytes, type RawPath } from '../ports/fs/raw-path.ts';
import { writeWorkstation, type Workstation } from '../workstation/open-workstation.ts';
import type { InboxRow, InboxTable, WorkstationDB } from '../workstation/schema.ts';
import type { Candidate } from './scanner.ts';

/** Wait before a failed file is tried again: doubled each time, in ms. */
const FIRST_RETRY = 10_000;
const LONGEST_RETRY = 3_600_000;
/** Paths of one look-up: SQLite takes this many parameters without trouble. */
const CHUNK = 500;

export const REASONS = {
  settling: 'Waiting – still being written',
  open: 'Waiting – another program has it open for writing',
  changed: 'Waiting – it was changed while it was read',
} as const;

export interface Waiting extends Candidate {
  cause: keyof typeof REASONS;
  /** Wall clock, ms. */
  next: number;
}

export interface Failed extends Candidate {
  error: ErrorData;
}

/** Facts of a file that could not even be looked at. */
export const NO_FACTS: FileFacts = { kind: 'file', size: 0, mtimeNs: '0', ctimeNs: '0', dev: '0', ino: '0' };

/** Rows of these paths, by path. */
export async function inboxOf(workstation: Workstation, storageUid: string, paths: readonly RawPath[]): Promise<Map<RawPath, InboxRow>> {
  const found = new Map<RawPath, InboxRow>();
  for (let i = 0; i < paths.length; i += CHUNK) {
    const rows = await workstation.db
      .selectFrom('inbox')
      .selectAll()
      .where('storage_uid', '=', storageUid)
      .where('path', 'in', paths.slice(i, i + CHUNK).map(rawToBytes))
      .execute();
    for (const row of rows) found.set(rawFromBytes(row.path), row);
  }
  return found;
}

export function factsOfRow(row: InboxRow): FileFacts {
  return { kind: 'file', size: row.size, mtimeNs: row.mtime_ns, ctimeNs: row.ctime_ns, dev: row.dev, ino: row.ino };
}

/** Everything one batch says about the inbox, in one transaction. False where nothing changed. */
export async function updateInbox(
  workstation: Workstation,
  storageUid: string,
  now: number,
  update: { waiting?: readonly Waiting[]; failed?: readonly Failed[]; settled?: readonly RawPath[] },
): Promise<boolean> {
  const { waiting = [], failed = [], settled = [] } = update;
  if (waiting.length + failed.length + settled.length === 0) return false;
  return writeWorkstation(workstation, async (tx) => {
    let changed = waiting.length + failed.length > 0;
    for (let i = 0; i < settled.length; i += CHUNK) {
      const removed = await tx
        .deleteFrom('inbox')
        .where('storage_uid', '=', storageUid)
        .where('state', '!=', 'ignored')
        .where('path', 'in', settled.slice(i, i + CHUNK).map(rawToBytes))
        .executeTakeFirst();
      changed ||= removed.numDeletedRows > 0n;
    }
    const since = new Date(now).toISOString();
    for (const file of waiting) {
      await put(tx, {
        ...rowOf(storageUid, file),
        state: 'waiting',
        cause: file.cause,
        reason: REASONS[file.cause],
        since,
        next: new Date(file.next).toISOString(),
        attempts: 0,
      });
    }
    for (const file of failed) {
      const before = await tx
        .selectFrom('inbox')
        .select(['attempts', 'state'])
        .where('storage_uid', '=', storageUid)
        .where('path', '=', rawToBytes(file.path))
        .executeTakeFirst();
      const attempts = (before?.state === 'failed' ? before.attempts : 0) + 1;
      const retry = Math.min(LONGEST_RETRY, FIRST_RETRY * 2 ** (attempts - 1));
      await put(tx, {
        ...rowOf(storageUid, file),
        state: 'failed',
        cause: file.error.code,
        reason: `${file.error.message}. ${file.error.remedy}`,
        since,
        next: new Date(now + retry).toISOString(),
        attempts,
      });
    }
    return changed;
  });
}

function rowOf(storageUid: string, { path, facts }: Candidate): Pick<InboxRow, 'storage_uid' | 'path' | 'size' | 'mtime_ns' | 'ctime_ns' | 'dev' | 'ino'> {
  return {
    storage_uid: storageUid,
    path: rawToBytes(path),
    size: facts.size,
    mtime_ns: facts.mtimeNs,
    ctime_ns: facts.ctimeNs,
    dev: facts.dev,
    ino: facts.ino,
  };
}

/** `since` stays that of the first look while the state is the same; what a person ignores stays ignored. */
async function put(tx: Transaction<WorkstationDB>, row: Insertable<InboxTable>): Promise<void> {
  const { since: _since, storage_uid: _uid, path: _path, ...changes } = row;
  await tx
    .insertInto('inbox')
    .values(row)
    .onConflict((conflict) =>
      conflict
        .columns(['storage_uid', 'path'])
        .doUpdateSet((eb) => ({
          ...changes,
          since: eb.case().when('inbox.state', '=', row.state).then(eb.ref('inbox.since')).else(row.since).end(),
        }))
        .where('inbox.state', '!=', 'ignored'),
    )
    .execute();
}

export interface DueFiles {
  due: InboxRow[];
  /** Earliest time that something else is due, wall clock ms. */
  next: number | null;
}

/** What is to be looked at again by `now`, and when the rest is. */
export async function dueInInbox(workstation: Workstation, storageUid: string, now: number, limit: number): Promise<DueFiles> {
  const time = new Date(now).toISOString();
  const base = workstation.db.selectFrom('inbox').where('storage_uid', '=', storageUid).where('state', '!=', 'ignored');
  const due = await base.selectAll().where('next', '<=', time).orderBy('next').limit(limit).execute();
  const later = await base
    .select((eb) => eb.fn.min('next').as('next'))
    .where('next', '>', time)
    .executeTakeFirst();
  return { due, next: due.length === limit ? now : later?.next == null ? null : Date.parse(later.next) };
}

/** After a jump of the wall clock what waits begins anew: times recorded before mean nothing any more. */
export async function restartWaiting(workstation: Workstation, storageUid: string, next: number): Promise<void> {
  await writeWorkstation(workstation, async (tx) => {
    await tx
      .updateTable('inbox')
      .set({ next: new Date(next).toISOString() })
      .where('storage_uid', '=', storageUid)
      .where('state', '=', 'waiting')
      .execute();
  });
}

export async function inboxCounts(workstation: Pick<Workstation, 'db'>, storageUid?: string): Promise<{ waiting: number; failed: number; ignored: number }> {
  const rows = await workstation.db
    .selectFrom('inbox')
    .select(['state', (eb) => eb.fn.countAll<number>().as('n')])
    .$if(storageUid !== undefined, (query) => query.where('storage_uid', '=', storageUid ?? ''))
    .groupBy('state')
    .execute();
  const counts = { waiting: 0, failed: 0, ignored: 0 };
  for (const { state, n } of rows) counts[state] = n;
  return counts;
}
