/** The note of every change of an undo: it names what is taken back, and is how that is known afterwards. */
import type { Kysely } from 'kysely';
import type { RegistryDB } from '../registry/schema.ts';

const NOTE = /^takes back change (\d+): (.*)$/s;
const BACK = 'Taken back: ';
const AGAIN = 'Done again: ';

export function undoNote(transaction: number, title: string): string {
  return `takes back change ${String(transaction)}: ${title}`;
}

/** Null for any other note. */
export function readUndoNote(note: string | null): { transaction: number; title: string } | null {
  const found = NOTE.exec(note ?? '');
  return found === null ? null : { transaction: Number(found[1]), title: found[2] ?? '' };
}

/** Of the undo of what is titled `title`: taking back an undo does again what was taken back. */
export function undoTitle(title: string): string {
  if (title.startsWith(BACK)) return AGAIN + title.slice(BACK.length);
  return BACK + (title.startsWith(AGAIN) ? title.slice(AGAIN.length) : title);
}

/** The undo of a transaction that holds now (it was not taken back itself), null for none. `uid`: of a record in it. */
export async function findUndo(db: Kysely<RegistryDB>, transaction: number, uid: string): Promise<number | null> {
  const rows = await db
    .selectFrom('change')
    .select(['tx', 'note'])
    .where('uid', '=', uid)
    .where('id', '>', transaction)
    .where('operation', '=', 'undo')
    .orderBy('id', 'desc')
    .execute();
  const undos = new Map(rows.map(({ tx, note }) => [tx, readUndoNote(note)?.transaction ?? 0]));
  return heldUndo(undos, transaction);
}

/** `undos`: each with what it takes back, the newest first. */
function heldUndo(undos: ReadonlyMap<number, number>, transaction: number): number | null {
  for (const [undo, target] of undos) if (target === transaction && heldUndo(undos, undo) === null) return undo;
  return null;
}
