/** Taking back what was done, through the change log: exactly the transaction that is meant. */
import type { TransactionRecord } from '../../shared/contract/index.ts';
import { ACTIONS } from '../../shared/vocabulary.ts';
import { describeError } from '../client/errors.ts';
import type { AppContext } from '../shell/app-context.ts';

/**
 * `change` null: the last thing of this person that can be taken back. `next`: what taking that back again is called.
 * True if it worked; otherwise a note said why not.
 */
export async function undoChange(
  app: AppContext,
  change: number | null,
  next: 'redo' | 'undo' = 'redo',
): Promise<boolean> {
  try {
    const { title, transaction } = await app.client.changes.undo({ change });
    app.toasts.show(sentence(title), {
      label: ACTIONS[next],
      run: () => void undoChange(app, transaction, next === 'redo' ? 'undo' : 'redo'),
      undoes: next === 'undo',
    });
    return true;
  } catch (cause) {
    app.toasts.problem(describeError(cause, app.connection.state === 'ready'));
    return false;
  }
}

/**
 * Does `act`, then finds its transaction, the newest of `operation` since; null where there is none that can be taken
 * back (nothing changed). Rejects where `act` does.
 */
export async function actAndRemember(
  app: AppContext,
  operation: string,
  act: () => Promise<unknown>,
): Promise<number | null> {
  const before = await newest(app);
  await act();
  const done = await newest(app, [operation]);
  if (done === null || !done.undoable || done.transaction <= (before?.transaction ?? 0)) return null;
  return done.transaction;
}

/** Says what was done, with Undo where it can be taken back. */
export function sayDone(app: AppContext, text: string, transaction: number | null): void {
  if (transaction === null) return app.toasts.show(text);
  app.toasts.show(text, { label: ACTIONS.undo, run: () => void undoChange(app, transaction), undoes: true });
}

/** A title of the change log as a sentence. */
export function sentence(title: string): string {
  return /[.!?]$/.test(title) ? title : `${title}.`;
}

async function newest(app: AppContext, operation?: string[]): Promise<TransactionRecord | null> {
  const { items } = await app.client.changes.transactions({
    limit: 1,
    ...(operation === undefined ? {} : { operation }),
  });
  return items[0] ?? null;
}
