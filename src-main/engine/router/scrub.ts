import { os } from './base.ts';

export const scrub = os.scrub.router({
  status: os.scrub.status.handler(({ context }) => context.services().scrubbing.status()),
  start: os.scrub.start.handler(({ context }) => context.services().scrubbing.start()),
  pause: os.scrub.pause.handler(({ context }) => context.services().scrubbing.pause()),
});
