import { addLabels, createLabel, removeLabels } from '../../annotation/index.ts';
import { os } from './base.ts';

export const labels = os.labels.router({
  create: os.labels.create.handler(({ input, context }) => createLabel(context.services().context, input)),
  list: os.labels.list.handler(({ input, context }) => context.services().reads.listLabels(input)),
  add: os.labels.add.handler(({ input, context }) => addLabels(context.services().context, input)),
  remove: os.labels.remove.handler(({ input, context }) => removeLabels(context.services().context, input)),
});
