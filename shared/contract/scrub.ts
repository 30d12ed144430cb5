/** Procedures on the scrub: all content of this computer is read again from time to time and compared. */
import * as z from 'zod';
import { empty, mutation, query } from './procedures.ts';

export const scrubStatus = z.object({
  /** `off`: none comes by itself (setting `scrub_days` 0), and none is under way. */
  state: z.enum(['off', 'idle', 'running', 'paused']),
  /** Copies and bytes of the round that is under way or was the last. */
  checked: z.number(),
  total: z.number(),
  bytes: z.number(),
  /** Damaged, or not readable. They are in the inbox. */
  failed: z.number(),
  started_at: z.string().nullable(),
  /** Of the last round that came to its end. */
  finished_at: z.string().nullable(),
  next_at: z.string().nullable(),
  newest_verified_at: z.string().nullable(),
  oldest_verified_at: z.string().nullable(),
  /** Why a round stands still, in plain words. */
  reason: z.string().nullable(),
});
export type ScrubStatus = z.infer<typeof scrubStatus>;

export const scrub = {
  status: query.input(empty).output(scrubStatus),
  start: mutation.input(empty).output(scrubStatus),
  pause: mutation.input(empty).output(scrubStatus),
};
