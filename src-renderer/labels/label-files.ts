/** Adding and removing labels, each done at once and with its undo: files that had the label before keep it. */
import { countOf } from '../../shared/format/counts.ts';
import { describeError } from '../client/errors.ts';
import { actAndRemember, sayDone } from '../history/undo.ts';
import type { AppContext } from '../shell/app-context.ts';

export interface Labelling {
  mode: 'add' | 'remove';
  uids: string[];
  label: string;
}

/** True if it worked; otherwise a note said why not. */
export async function labelFiles(app: AppContext, { mode, uids, label }: Labelling): Promise<boolean> {
  const input = { artifacts: uids, labels: [label] };
  let done: number | null;
  try {
    done =
      mode === 'add'
        ? await actAndRemember(app, 'label add', () => app.client.labels.add({ ...input, create_missing: true }))
        : await actAndRemember(app, 'label remove', () => app.client.labels.remove(input));
  } catch (cause) {
    app.toasts.problem(describeError(cause, app.connection.state === 'ready'));
    return false;
  }
  const files = countOf(uids.length, 'file');
  const text = mode === 'add' ? `Label “${label}” added to ${files}.` : `Label “${label}” removed from ${files}.`;
  sayDone(app, text, done);
  return true;
}
