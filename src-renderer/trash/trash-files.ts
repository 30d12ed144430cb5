/** Into the trash and out of it: each is the other's undo, for exactly the same files. */
import { countOf } from '../../shared/format/counts.ts';
import { ACTIONS } from '../../shared/vocabulary.ts';
import { describeError } from '../client/errors.ts';
import type { AppContext } from '../shell/app-context.ts';

/** True if it worked; otherwise a note said why not. `isUndo`: it takes back the other one, and is told shortly. */
export function trashFiles(app: AppContext, artifacts: string[], isUndo = false): Promise<boolean> {
  const text = isUndo ? 'Back in Trash.' : `${countOf(artifacts.length, 'item')} moved to Trash. The files stay.`;
  return attempt(
    app,
    () => app.client.artifacts.trash({ artifacts }),
    text,
    () => restoreFiles(app, artifacts, true),
  );
}

export function restoreFiles(app: AppContext, artifacts: string[], isUndo = false): Promise<boolean> {
  const text = isUndo ? 'Back from Trash.' : `${countOf(artifacts.length, 'item')} taken out of Trash.`;
  return attempt(
    app,
    () => app.client.artifacts.restore({ artifacts }),
    text,
    () => trashFiles(app, artifacts, true),
  );
}

async function attempt(
  app: AppContext,
  act: () => Promise<unknown>,
  text: string,
  undo: () => Promise<boolean>,
): Promise<boolean> {
  try {
    await act();
  } catch (cause) {
    app.toasts.problem(describeError(cause, app.connection.state === 'ready'));
    return false;
  }
  app.toasts.show(text, { label: ACTIONS.undo, run: () => void undo(), undoes: true });
  return true;
}
