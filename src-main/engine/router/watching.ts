import {
  confirmLoss,
  ignoreFile,
  listInbox,
  retryFile,
  setWatchRule,
  surveyFolder,
  unignoreFile,
  watchOnce,
} from '../../watching/index.ts';
import { undoChange } from '../../history/index.ts';
import { findStorage } from '../../storage/index.ts';
import { os } from './base.ts';

export const watching = os.watching.router({
  folders: os.watching.folders.handler(async ({ context }) => ({ items: await context.services().watching.folders() })),
  inbox: os.watching.inbox.handler(({ input, context }) => listInbox(context.services().context, input)),
  survey: os.watching.survey.handler(({ input, context, signal }) => surveyFolder(context.surveying(), input, signal)),
  once: os.watching.once.handler(({ context, signal }) => watchOnce(context.services().scanning, signal)),
  rule: os.watching.rule.handler(async ({ input, context }) => {
    const services = context.services();
    const result = await setWatchRule(services.context, input);
    await services.watching.refresh();
    return result;
  }),
  confirmLoss: os.watching.confirmLoss.handler(async ({ input, context }) => {
    const services = context.services();
    const { storage } = await confirmLoss(services.context, input);
    await services.watching.look(storage);
    return {};
  }),
  ignore: os.watching.ignore.handler(async ({ input, context }) => {
    const services = context.services();
    const ignored = await ignoreFile(services.context, input);
    if (ignored.pattern !== null) await services.watching.refresh();
    return ignored;
  }),
  unignore: os.watching.unignore.handler(async ({ input, context }) => {
    const services = context.services();
    services.watching.wake((await unignoreFile(services.context, input)).storage);
    return {};
  }),
  retry: os.watching.retry.handler(async ({ input, context }) => {
    const services = context.services();
    services.watching.wake((await retryFile(services.context, input)).storage);
    return {};
  }),
  look: os.watching.look.handler(async ({ input, context }) => {
    const services = context.services();
    const uid =
      typeof input.storage !== 'string'
        ? undefined
        : (await findStorage(services.context.registry.db, input.storage)).uid;
    await services.watching.look(uid);
    return {};
  }),
});

export const changes = os.changes.router({
  transactions: os.changes.transactions.handler(({ input, context }) =>
    context.services().reads.listTransactions(input),
  ),
  undo: os.changes.undo.handler(({ input, context }) => undoChange(context.services().context, input)),
  view: os.changes.view.handler(({ input, context }) => context.services().reads.viewChanges(input)),
  events: os.changes.events.handler(({ context, signal }) => context.events.subscribe(signal)),
});
