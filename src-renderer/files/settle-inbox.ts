/** What a person can do about a file of the inbox, each told in one sentence and with what takes it back. */
import { escapeForDisplay } from '../../shared/format/display-name.ts';
import type { InboxItem } from '../../shared/contract/index.ts';
import { actAndRemember } from '../history/undo.ts';
import type { AppContext } from '../shell/app-context.ts';

export type InboxAction = InboxItem['can'][number];

export interface Settled {
  text: string;
  /** Null where there is nothing to take back. Rejects as the call does. */
  undo: (() => Promise<unknown>) | null;
}

/** Rejects as the call does. */
export async function settleInbox(app: AppContext, item: InboxItem, action: InboxAction): Promise<Settled> {
  const { watching, changes } = app.client;
  const file = { storage: item.storage, path: item.relative };
  const name = escapeForDisplay(item.path.split(/[\\/]/).at(-1) ?? item.path);
  switch (action) {
    case 'retry':
      await watching.retry(file);
      return { text: `${name} is tried again now.`, undo: null };
    case 'ignore':
      await watching.ignore(file);
      return { text: `${name} is ignored from now on.`, undo: () => watching.unignore(file) };
    case 'unignore':
      await watching.unignore(file);
      return { text: `${name} is looked at again.`, undo: null };
    case 'ignore names': {
      const change = await actAndRemember(app, 'watch rule', () => watching.ignore({ ...file, names: true }));
      const text = `Everything named ${escapeForDisplay(item.pattern ?? '')} is left out from now on.`;
      return { text, undo: change === null ? null : () => changes.undo({ change }) };
    }
  }
}
