/**
 * The small record beside a published registry: who has the turn to write (the lease), and what the snapshot is. It is
 * only ever replaced on the condition that it still is what was read, so of two that are at it at once one is refused.
 */
import * as z from 'zod';
import { storeOptions } from '../objects/store-options.ts';

/** Number and hash of the last change of a registry: which history it is, and how far it goes. */
const head = z.object({ id: z.number().int().min(0), hash: z.string() });

const leaseHolder = z.object({
  workstation_uid: z.string(),
  /** Of one opening: a crash and a copied data folder are told apart from the one that goes on. */
  session: z.string(),
  host: z.string(),
  user: z.string(),
  /** UTC ISO-8601, by the clock of that computer: for people, never compared. */
  since: z.string(),
  renewed_at: z.string(),
});
export type LeaseHolder = z.infer<typeof leaseHolder>;

const publishedNote = z.object({
  head,
  /** Of the snapshot that this says something of. */
  tag: z.string(),
  /** Bytes. */
  size: z.number(),
  sha256: z.string(),
  n_artifacts: z.number(),
  workstation_uid: z.string(),
  host: z.string(),
  user: z.string(),
  /** UTC ISO-8601, by the clock of that computer. */
  at: z.string(),
});
export type PublishedNote = z.infer<typeof publishedNote>;

export const placeState = z.object({
  format: z.literal(1),
  instance_uid: z.string(),
  /** Counts up with each writing, so that no two are alike. */
  turn: z.number().int(),
  /** Null: nobody has it open for writing. */
  holder: leaseHolder.nullable(),
  published: publishedNote.nullable(),
  /** Who has written so far, by workstation: tells after a loss whether a folder was this very computer's. */
  /** The default storage is another one since then, and the registry is published there. */
  moved_to: z.object({ root: z.string(), options: storeOptions.nullable() }).nullable(),
  workstations: z.record(z.string(), z.object({ host: z.string(), home: z.string() })),
});
export type PlaceState = z.infer<typeof placeState>;

/** Null for what is no such record, or a damaged one. */
export function parsePlaceState(text: string): PlaceState | null {
  try {
    return placeState.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    return null;
  }
}

export function placeStateBytes(state: PlaceState): Buffer {
  return Buffer.from(`${JSON.stringify(state, null, 2)}\n`, 'utf8');
}
