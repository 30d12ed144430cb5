/** The steps that take a transaction back: its changes from the last to the first, each the other way round. */
import { rowsLogged } from '../registry/change-hash.ts';
import type { LoggedTable } from '../registry/schema.ts';
import { rowOfLogged, type Fields, type Row } from './logged-rows.ts';
import type { ChangeRow } from './read-transactions.ts';
import { isRegistration } from './undo-policy.ts';

interface Place {
  table: LoggedTable;
  id: number;
  /** Under which the change is logged. */
  uid: string;
}

/** `from` and `to` hold fields as logged. */
export type Step =
  | (Place & { kind: 'update'; from: Fields; to: Fields })
  | (Place & { kind: 'remove'; from: Fields })
  | (Place & { kind: 'insert'; row: Row });

const TRASH = -1;

/** Going backwards through the same states as it was done, no rule of a table is ever broken on the way. */
export function planUndo(operation: string, changes: readonly ChangeRow[]): Step[] {
  const backwards = changes.toReversed();
  if (isRegistration(operation, changes)) return backwards.flatMap(trashStep);
  return backwards.flatMap(backStep);
}

function trashStep({ registry, action, uid, after }: ChangeRow): Step[] {
  if (registry !== 'artifact' || action !== 'insert') return [];
  const { id, visibility } = JSON.parse(after ?? '{}') as { id: number; visibility?: number };
  return [
    { kind: 'update', table: 'artifact', id, uid, from: { visibility: visibility ?? 1 }, to: { visibility: TRASH } },
  ];
}

function backStep(change: ChangeRow): Step[] {
  const { uid, action } = change;
  const table = change.registry as LoggedTable;
  const before = parse(change.before);
  if (action === 'delete') return [{ kind: 'insert', table, id: Number(before['id']), uid, row: rowOfLogged(before) }];
  if (action === 'insert') {
    // An artifact that was logged with its first copy: the copy goes first.
    return rowsLogged(table, change.after ?? '{}')
      .reverse()
      .map(({ registry, fields }) => ({
        kind: 'remove',
        table: registry as LoggedTable,
        id: Number(fields['id']),
        uid,
        from: fields,
      }));
  }
  const { id, updated_at: _then, ...from } = parse(change.after);
  const { id: _same, updated_at: _before, ...to } = before;
  // When something was changed last is not taken back.
  return Object.keys(from).length === 0 ? [] : [{ kind: 'update', table, id: Number(id), uid, from, to }];
}

function parse(json: string | null): Fields {
  return JSON.parse(json ?? '{}') as Fields;
}
