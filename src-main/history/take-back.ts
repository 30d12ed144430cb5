/** Takes the steps of an undo on rows, in a transaction or for trial, as long as each finds its row as it was left. */
import type { Kysely } from 'kysely';
import type { RegistryWrite } from '../registry/change-log.ts';
import type { LoggedTable, RegistryDB } from '../registry/schema.ts';
import { isUniqueViolation } from '../registry/sqlite-error.ts';
import { isAsLogged, valueOfLogged, type Fields, type KnownRows, type Row } from './logged-rows.ts';
import type { Step } from './plan-undo.ts';

/** Why a step can't be taken. */
export type Conflict = { step: Step } & (
  | { kind: 'changed'; field: string }
  /** It is gone, or was made anew. */
  | { kind: 'other' }
  /** Rows refer to one that would be removed. */
  | { kind: 'used'; table: LoggedTable; n: number }
  /** Another row has its path or name. */
  | { kind: 'taken' }
);

/** What may have been written since without being in the way. */
const NOT_COMPARED: ReadonlySet<string> = new Set(['updated_at', 'verified_at']);
const DATED: ReadonlySet<string> = new Set([
  'instance',
  'user',
  'storage',
  'artifact',
  'transform',
  'ulabel',
  'collection',
]);
const CHUNK = 500;

/** `write` null: only for trial. Null where every step could be taken; else nothing after the conflict was done. */
export function takeBack(rows: KnownRows, steps: readonly Step[], write: RegistryWrite | null): Conflict | null {
  for (const step of steps) {
    const row = rows.get(step.table, step.id);
    const after = afterStep(row, step, write?.now ?? null);
    if ('kind' in after) return after;
    try {
      if (write !== null) writeStep(write, row, step, after.row);
    } catch (error) {
      if (!isUniqueViolation(error)) throw error;
      return { kind: 'taken', step };
    }
    rows.set(step.table, step.id, after.row);
  }
  return null;
}

function afterStep(row: Row | null, step: Step, now: string | null): { row: Row | null } | Conflict {
  if (step.kind === 'insert') return row === null ? { row: step.row } : { kind: 'other', step };
  if (row === null) return { kind: 'other', step };
  const field = differs(row, step.from);
  if (field !== null) return { kind: 'changed', step, field };
  if (step.kind === 'remove') return { row: null };
  const dated = now !== null && DATED.has(step.table) ? { updated_at: now } : {};
  return { row: { ...row, ...patchOf(step.to), ...dated } };
}

function writeStep(write: RegistryWrite, before: Row | null, step: Step, after: Row | null): void {
  const { table, uid } = step;
  // The log names a record by this uid, also where the table has one of its own: they are the same then.
  if (step.kind === 'insert') write.insert(table as 'copy', [after as never], [uid]);
  else if (step.kind === 'remove') write.removeRow(table, before as never, uid);
  else write.updateRow(table, before as never, after as never, uid);
}

function differs(row: Row, logged: Fields): string | null {
  for (const [field, value] of Object.entries(logged))
    if (!NOT_COMPARED.has(field) && !isAsLogged(field, row[field], value)) return field;
  return null;
}

function patchOf(logged: Fields): Fields {
  return Object.fromEntries(Object.entries(logged).map(([field, value]) => [field, valueOfLogged(field, value)]));
}

const REFERRERS: readonly { table: LoggedTable; column: string; to: LoggedTable }[] = [
  { table: 'copy', column: 'artifact_id', to: 'artifact' },
  { table: 'artifact_ulabel', column: 'artifact_id', to: 'artifact' },
  { table: 'collection_artifact', column: 'artifact_id', to: 'artifact' },
  { table: 'artifact_ulabel', column: 'ulabel_id', to: 'ulabel' },
  { table: 'ulabel', column: 'type_id', to: 'ulabel' },
];

/** What was added since to a record that would be removed: it would go with it, or break. */
export async function findReferrer(db: Kysely<RegistryDB>, steps: readonly Step[]): Promise<Conflict | null> {
  const removed = steps.filter((step) => step.kind === 'remove');
  const going = new Set(removed.map(({ table, id }) => `${table} ${String(id)}`));
  for (const { table, column, to } of REFERRERS) {
    const targets = new Map(removed.filter((step) => step.table === to).map((step) => [step.id, step]));
    const ids = [...targets.keys()];
    for (let i = 0; i < ids.length; i += CHUNK) {
      const found = await db
        .selectFrom(table as 'artifact_ulabel')
        .select(['id', `${column} as target` as 'ulabel_id as target'])
        .where(column as 'ulabel_id', 'in', ids.slice(i, i + CHUNK))
        .execute();
      const left = found.filter(({ id }) => !going.has(`${table} ${String(id)}`));
      const step = targets.get(left[0]?.target ?? -1);
      if (step !== undefined) {
        const n = left.filter(({ target }) => target === step.id).length;
        return { kind: 'used', step, table, n };
      }
    }
  }
  return null;
}
