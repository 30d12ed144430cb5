/** Adding and removing labels, each done at once and with its undo: the opposite call. */
import { countOf } from '../../shared/format/counts.ts';
import { ACTIONS } from '../../shared/vocabulary.ts';
import { describeError } from '../client/errors.ts';
import type { AppContext } from '../shell/app-context.ts';

export interface Labelling {
  mode: 'add' | 'remove';
  uids: string[];
  label: string;
}

/** True if it worked; otherwise a note said why not. */
export async function labelFiles(app: AppContext, { mode, uids, label }: Labelling): Promise<boolean> {
  const input = { artifacts: uids, labels: [label] };
  try {
    if (mode === 'add') await app.client.labels.add({ ...input, create_missing: true });
    else await app.client.labels.remove(input);
  } catch (cause) {
    app.toasts.problem(describeError(cause, app.connection.state === 'ready'));
    return false;
  }
  const files = countOf(uids.length, 'file');
  const text = mode === 'add' ? `Label “${label}” added to ${files}.` : `Label “${label}” removed from ${files}.`;
  app.toasts.show(text, { label: ACTIONS.undo, run: () => void undo(app, { mode, uids, label }) });
  return true;
}

async function undo(app: AppContext, { mode, uids, label }: Labelling): Promise<void> {
  const input = { artifacts: uids, labels: [label] };
  try {
    if (mode === 'add') await app.client.labels.remove(input);
    else await app.client.labels.add({ ...input, create_missing: false });
    app.toasts.show('Undone.');
  } catch (cause) {
    app.toasts.problem(describeError(cause, app.connection.state === 'ready'));
  }
}
