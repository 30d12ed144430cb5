import { planUploads, queueChosen } from '../../artifacts/index.ts';
import {
  cancelTransfers,
  clearTransfers,
  firstTransfers,
  listTransfers,
  pauseTransfers,
  resumeTransfers,
  retryTransfers,
} from '../../transfers/index.ts';
import { os } from './base.ts';

export const transfers = os.transfers.router({
  list: os.transfers.list.handler(({ input, context }) => listTransfers(context.services().context, input)),
  plan: os.transfers.plan.handler(({ input, context }) => planUploads(context.services().context, input)),
  upload: os.transfers.upload.handler(({ input, context }) => queueChosen(context.services().context, input)),
  pause: os.transfers.pause.handler(({ input, context }) => pauseTransfers(context.services().context, input)),
  resume: os.transfers.resume.handler(({ input, context }) => resumeTransfers(context.services().context, input)),
  cancel: os.transfers.cancel.handler(({ input, context }) => cancelTransfers(context.services().context, input)),
  retry: os.transfers.retry.handler(({ input, context }) => retryTransfers(context.services().context, input)),
  first: os.transfers.first.handler(({ input, context }) => firstTransfers(context.services().context, input)),
  clear: os.transfers.clear.handler(({ context }) => clearTransfers(context.services().context)),
});
