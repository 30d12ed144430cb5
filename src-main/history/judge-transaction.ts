/** Whether a transaction can be taken back now, and if not, why, in a sentence. */
import type { Kysely } from 'kysely';
import { countOf } from '../../shared/format/counts.ts';
import { escapeForDisplay } from '../../shared/format/display-name.ts';
import type { RegistryDB } from '../registry/schema.ts';
import { readRows } from './logged-rows.ts';
import { planUndo, type Step } from './plan-undo.ts';
import type { ChangeRow, TransactionHead } from './read-transactions.ts';
import { findReferrer, takeBack, type Conflict } from './take-back.ts';
import { findUndo } from './undo-note.ts';
import { whyNot } from './undo-policy.ts';

export interface Judged {
  /** Null: it can be taken back, as far as `changes` tell. */
  reason: string | null;
  /** The undo that holds now. */
  undoneBy: number | null;
}

/** What is told without a look at the rows. `changes`: all of the transaction, or of its first records. */
export async function judgeKind(
  db: Kysely<RegistryDB>,
  head: TransactionHead,
  changes: readonly ChangeRow[],
  steps: readonly Step[],
): Promise<Judged> {
  const reason = whyNot(head.operation, changes);
  if (reason !== null) return { reason, undoneBy: null };
  const [first] = steps;
  if (first === undefined) return { reason: 'It changed nothing.', undoneBy: null };
  const undoneBy = await findUndo(db, head.first, first.uid);
  if (undoneBy !== null) return { reason: `It was taken back already (change ${String(undoneBy)}).`, undoneBy };
  return { reason: null, undoneBy: null };
}

/** The same, and whether every row is as the transaction left it. */
export async function judgeTransaction(
  db: Kysely<RegistryDB>,
  head: TransactionHead,
  changes: readonly ChangeRow[],
): Promise<Judged> {
  const steps = planUndo(head.operation, changes);
  const judged = await judgeKind(db, head, changes, steps);
  if (judged.reason !== null) return judged;
  const conflict = (await findReferrer(db, steps)) ?? takeBack(await readRows(db, steps), steps, null);
  return { reason: conflict === null ? null : await nameConflict(db, head, conflict), undoneBy: null };
}

/** What is in the way, with the change that put it there. */
export async function nameConflict(
  db: Kysely<RegistryDB>,
  { last }: TransactionHead,
  conflict: Conflict,
): Promise<string> {
  const { step, kind } = conflict;
  const name = escapeForDisplay(await nameOf(db, step.table, step.id, step.uid));
  if (kind === 'taken') return `Another record has the place of ${name} or its name now.`;
  if (kind === 'used') {
    const what = step.table === 'ulabel' && conflict.table === 'artifact_ulabel' ? 'file' : 'record';
    return `${name} is used by ${countOf(conflict.n, what)} since. Take that back first.`;
  }
  const field = kind === 'changed' ? conflict.field : null;
  const later = await db
    .selectFrom('change')
    .innerJoin('user', 'user.id', 'change.created_by_id')
    .select(['change.tx', 'change.operation', 'change.created_at', 'change.action', 'change.after', 'change.before'])
    .select('user.handle')
    .where('change.uid', '=', step.uid)
    .where('change.registry', '=', step.table)
    .where('change.id', '>', last)
    .orderBy('change.id', 'desc')
    .execute();
  const found = later.find(({ action, after, before }) => {
    const fields = JSON.parse(after ?? before ?? '{}') as Record<string, unknown>;
    return fields['id'] === step.id && (field === null || action !== 'update' || field in fields);
  });
  const what = field === null ? name : `The ${FIELDS[field] ?? field} of ${name}`;
  if (found === undefined) return `${what} is not as it was left.`;
  const { tx, operation, handle, created_at: time } = found;
  const when = time.slice(0, 16).replace('T', ' ');
  return `${what} was changed since, by ${handle} at ${when} (change ${String(tx)}: ${operation}). Take that back first.`;
}

const FIELDS: Readonly<Record<string, string>> = {
  key: 'name in the registry',
  visibility: 'place in the trash',
  watch_rule: 'rule',
  default_storage_id: 'default storage place',
  is_latest: 'newest version',
  storage_id: 'storage place',
  version: 'version tag',
};

async function nameOf(db: Kysely<RegistryDB>, table: string, id: number, uid: string): Promise<string> {
  if (table === 'ulabel') {
    const label = await db.selectFrom('ulabel').select('name').where('id', '=', id).executeTakeFirst();
    return label === undefined ? 'The label' : `The label ${label.name}`;
  }
  if (table === 'storage') {
    const storage = await db.selectFrom('storage').select('root').where('id', '=', id).executeTakeFirst();
    return storage?.root ?? uid;
  }
  if (table === 'instance') return 'the registry';
  const artifact = await db.selectFrom('artifact').select('key').where('uid', '=', uid).executeTakeFirst();
  return artifact?.key ?? uid;
}
