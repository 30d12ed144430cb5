/** What waits or failed, kept in the workstation database so that waiting is never silent and survives a restart. */
import type { ErrorData } from '../../shared/errors.ts';
import { countOf } from '../../shared/format/counts.ts';
import type { Clock } from '../ports/clock.ts';
import type { FileFacts } from '../ports/fs/file-facts.ts';
import { rawFromBytes, type RawPath } from '../ports/fs/raw-path.ts';
import {
  DAMAGED,
  IGNORED_BY_PERSON,
  inboxStatements,
  restartInboxRows,
  type InboxEntry,
} from '../workstation/inbox-rows.ts';
import { writeWorkstation, type Workstation } from '../workstation/open-workstation.ts';
import type { InboxRow } from '../workstation/schema.ts';
import type { Candidate, SkippedEntry } from './scanner.ts';

/** Wait before a failed file is tried again: doubled each time, in ms. */
const FIRST_RETRY = 10_000;
const LONGEST_RETRY = 3_600_000;

export const REASONS = {
  settling: 'Waiting – still being written',
  open: 'Waiting – another program has it open for writing',
  changed: 'Waiting – it was changed while it was read',
  unit: 'Waiting – it is not complete yet',
  empty: 'Waiting – nothing is in it yet',
} as const;

const LEFT_OUT = {
  symlink: 'Left out – a symbolic link. Add the folder it leads to if its files are to be registered.',
  special: 'Left out – not an ordinary file (a pipe, a socket or a device). There is nothing in it to keep.',
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
export function inboxOf(
  workstation: Workstation,
  storageUid: string,
  paths: readonly RawPath[],
): Map<RawPath, InboxRow> {
  const { any, find } = inboxStatements(workstation);
  const found = new Map<RawPath, InboxRow>();
  if (!any(storageUid)) return found;
  for (const path of paths) {
    const row = find(storageUid, path);
    if (row !== undefined) found.set(path, row);
  }
  return found;
}

/** Of a file, as a row of this workstation's database has them. */
export function factsOfRow(row: Pick<InboxRow, 'size' | 'mtime_ns' | 'ctime_ns' | 'dev' | 'ino'>): FileFacts {
  return { kind: 'file', size: row.size, mtimeNs: row.mtime_ns, ctimeNs: row.ctime_ns, dev: row.dev, ino: row.ino };
}

/** Everything one batch says about the inbox, in one transaction. False where nothing changed. */
export async function updateInbox(
  workstation: Workstation,
  storageUid: string,
  now: number,
  update: {
    waiting?: readonly Waiting[];
    failed?: readonly Failed[];
    settled?: readonly RawPath[];
    /** Not found any more; what is known to be damaged stays so until its bytes are found right. */
    gone?: readonly RawPath[];
  },
): Promise<boolean> {
  const { waiting = [], failed = [], settled = [], gone = [] } = update;
  if (waiting.length + failed.length + settled.length + gone.length === 0) return false;
  if (waiting.length + failed.length === 0 && !inboxStatements(workstation).any(storageUid)) return false;
  return writeWorkstation(workstation, () => {
    const { find, put, remove } = inboxStatements(workstation);
    let changed = waiting.length + failed.length > 0;
    for (const path of settled) if (remove(storageUid, path)) changed = true;
    for (const path of gone) if (find(storageUid, path)?.cause !== DAMAGED && remove(storageUid, path)) changed = true;
    for (const one of waiting) {
      const { path, facts, cause, next } = one;
      put(storageUid, { path, facts, state: 'waiting', cause, reason: reasonOf(one), since: now, next, attempts: 0 });
    }
    for (const { path, facts, error } of failed) {
      const before = find(storageUid, path);
      if (before?.cause === IGNORED_BY_PERSON) continue;
      const attempts = (before?.state === 'failed' ? before.attempts : 0) + 1;
      const next = now + Math.min(LONGEST_RETRY, FIRST_RETRY * 2 ** Math.min(attempts - 1, 20));
      put(storageUid, { path, facts, ...failure(error), since: now, next, attempts });
    }
    return changed;
  });
}

/** What it waits for, in words. */
function reasonOf({ cause, waitsFor, unit }: Waiting): string {
  const missing = waitsFor ?? unit?.waitsFor ?? null;
  if (cause === 'unit' && missing !== null) return `Waiting – ${missing}`;
  const quiet = unit?.quiet ?? null;
  if (cause !== 'settling' || quiet === null) return REASONS[cause];
  const time = quiet < 120 ? countOf(quiet, 'second') : countOf(Math.round(quiet / 60), 'minute');
  return `${REASONS.settling}, complete after ${time} without a change`;
}

function failure(error: ErrorData): Pick<InboxEntry, 'state' | 'cause' | 'reason'> {
  return { state: 'failed', cause: error.code, reason: `${error.message}. ${error.remedy}` };
}

/** The links and special files of a whole pass, in place of those of the pass before. False where they are the same. */
export async function replaceSkipped(
  { workstation, clock }: { workstation: Workstation; clock: Pick<Clock, 'now'> },
  storageUid: string,
  skipped: readonly SkippedEntry[],
): Promise<boolean> {
  const rows = await workstation.db
    .selectFrom('inbox')
    .select(['path', 'cause'])
    .where('storage_uid', '=', storageUid)
    .where('state', '=', 'ignored')
    .where('cause', '!=', IGNORED_BY_PERSON)
    .execute();
  const before = new Map(rows.map(({ path, cause }) => [rawFromBytes(path), cause]));
  const fresh = skipped.filter(({ path, kind }) => before.get(path) !== kind);
  const still = new Set(skipped.map(({ path }) => path));
  const over = [...before.keys()].filter((path) => !still.has(path));
  if (fresh.length + over.length === 0) return false;
  return writeWorkstation(workstation, () => {
    const { find, put, remove } = inboxStatements(workstation);
    for (const path of over) remove(storageUid, path);
    for (const { path, kind } of fresh) {
      if (find(storageUid, path)?.cause === IGNORED_BY_PERSON) continue;
      put(storageUid, {
        path,
        facts: NO_FACTS,
        state: 'ignored',
        cause: kind,
        reason: LEFT_OUT[kind],
        since: clock.now(),
        next: null,
        attempts: 0,
      });
    }
    return true;
  });
}

export interface DueFiles {
  due: RawPath[];
  /** Earliest time that something else is due, wall clock ms. */
  next: number | null;
}

/** Failed files that are tried again in one look: the rest of them must not hold up what came meanwhile. */
const FAILED_AT_ONCE = 250;

/** What is to be looked at again by `now`, what waits before what failed, and when the rest is. */
export async function dueInInbox(
  workstation: Workstation,
  storageUid: string,
  now: number,
  limit: number,
): Promise<DueFiles> {
  const time = new Date(now).toISOString();
  const base = workstation.db.selectFrom('inbox').where('storage_uid', '=', storageUid);
  const dueOf = (state: 'waiting' | 'failed', most: number) =>
    base.select('path').where('state', '=', state).where('next', '<=', time).orderBy('next').limit(most).execute();
  const waiting = await dueOf('waiting', limit);
  const mostFailed = Math.min(limit - waiting.length, FAILED_AT_ONCE);
  const failed = mostFailed === 0 ? [] : await dueOf('failed', mostFailed);
  const later = await base.select('next').where('next', '>', time).orderBy('next').limit(1).executeTakeFirst();
  const next = later?.next ?? null;
  return {
    due: [...waiting, ...failed].map(({ path }) => rawFromBytes(path)),
    next: failed.length === mostFailed ? now : next === null ? null : Date.parse(next),
  };
}

/** After a jump of the wall clock what waits or failed begins anew: times recorded before mean nothing any more. */
export async function restartInbox(workstation: Workstation, storageUid: string, next: number): Promise<void> {
  await writeWorkstation(workstation, (tx) => restartInboxRows(tx, storageUid, next));
}

export async function inboxCounts(
  workstation: Pick<Workstation, 'db'>,
  storageUid?: string,
): Promise<{ waiting: number; failed: number; ignored: number }> {
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
