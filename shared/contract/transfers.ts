/** Procedures on what is on its way to and from stores. What is queued goes on by itself, also after a restart. */
import * as z from 'zod';
import { artifactArgument, empty, items, mutation, query } from './procedures.ts';

/** `design.md`; `cancelled` is over without its end, whoever ended it. */
export const transferState = z.enum([
  'planned',
  'sending',
  'completing',
  'verified',
  'recorded',
  'settling',
  'done',
  'cancelled',
]);

export const transferRecord = z.object({
  id: z.number(),
  /** Of its artifact; of content that is being saved, the uid that it will have. */
  uid: z.string(),
  /** Key of its artifact, or the name of its file, as displayed. */
  name: z.string(),
  direction: z.enum(['upload', 'download']),
  /** Root of the storage in the cloud. */
  storage: z.string(),
  state: transferState,
  paused: z.boolean(),
  /** Worked on at this moment. */
  busy: z.boolean(),
  /** What a person can do with it now; everything else is refused. */
  can: z.object({
    pause: z.boolean(),
    resume: z.boolean(),
    retry: z.boolean(),
    first: z.boolean(),
    cancel: z.boolean(),
  }),
  /** Nobody goes on with it by themselves: a download that nobody waits for any more, a save that was broken off. */
  left: z.boolean(),
  /** Bytes. */
  sent: z.number(),
  total: z.number(),
  /** Of a folder; null of a file. */
  n_files: z.number().nullable(),
  /** Bytes a second over the last moments; null while nothing is measured. */
  rate: z.number().nullable(),
  /** What becomes of a file in place once the cloud copy is verified. */
  free_up: z.boolean(),
  /** Why the last try ended, or why it was ended for good. */
  error: z.object({ code: z.string(), message: z.string(), remedy: z.string() }).nullable(),
  /** How often it was tried in vain, and when it is tried (again) by itself. */
  attempts: z.number(),
  next: z.string().nullable(),
  /** Why it is not its turn although nothing is wrong, as a sentence: outside the hours. */
  waits_for: z.string().nullish(),
  created_at: z.string(),
  updated_at: z.string(),
});
export type TransferRecord = z.infer<typeof transferRecord>;

export const uploadInput = z.object({
  artifacts: z.array(artifactArgument).min(1),
  /**
   * Files in place move to the cache, too, once the cloud copy is verified, or stay where they are. Left out: as was
   * chosen before for what is queued already; new ones stay.
   */
  free_up: z.boolean().optional(),
});
export type UploadInput = z.infer<typeof uploadInput>;

/** What would be uploaded, for the question before it: counts and bytes by what becomes of the copy on this computer. */
export const uploadPlan = z.object({
  /** Root of the storage in the cloud. */
  storage: z.string(),
  n_files: z.number(),
  size: z.number(),
  /** Benchkeep's own copies: they move to the cache. */
  own: z.number(),
  /** Files in place in storages that Benchkeep may write: they stay, or are freed where a person says so. */
  in_place: z.number(),
  /** Files in linked folders: they stay where they are. */
  linked: z.number(),
  /** In the cloud already. */
  there: z.number(),
  refused: z.array(z.object({ uid: z.string(), name: z.string(), reason: z.string() })),
});
export type UploadPlan = z.infer<typeof uploadPlan>;

const chosen = z.object({
  /** Null: all that are not over. */
  ids: z.array(z.number().int()).max(10_000).nullable(),
});

export const transfers = {
  /**
   * Those that are not over first, in their order (at most `most`), then the newest that are over (at most `over`).
   * `ids`: only these; `artifacts`: only what is not over of these, by uid.
   */
  list: query
    .input(
      z.object({
        over: z.number().int().min(0).max(10_000).default(200),
        most: z.number().int().min(0).max(100_000).default(1000),
        ids: z.array(z.number().int()).max(1000).nullish(),
        artifacts: z.array(z.string().max(64)).max(1000).nullish(),
      }),
    )
    .output(
      z.object({
        items: z.array(transferRecord),
        /** Of all that are not over and go on by themselves, also of those that are not told. */
        waiting: z.number(),
        failing: z.number(),
        paused: z.number(),
      }),
    ),
  /** Errors: `refused` where there is no storage in the cloud. */
  plan: query.input(z.object({ artifacts: z.array(artifactArgument).min(1) })).output(uploadPlan),
  /** Queues uploads and returns; what is queued or there already is left as it is. */
  upload: mutation.input(uploadInput).output(
    z.object({
      items: z.array(transferRecord),
      refused: z.array(z.object({ uid: z.string(), name: z.string(), reason: z.string() })),
    }),
  ),
  /**
   * Of these five the answer names what was asked for, as it is now. Errors: `not_found`; `refused` for one that can't
   * (see `can`), the others are changed all the same. Of all (`ids` null) those that can are.
   */
  pause: mutation.input(chosen).output(items(transferRecord)),
  resume: mutation.input(chosen).output(items(transferRecord)),
  /** Ends them; what the store got of them is taken away. Nothing on this computer is touched. */
  cancel: mutation.input(chosen).output(items(transferRecord)),
  /** Tries again now those that wait after a failure. */
  retry: mutation.input(chosen).output(items(transferRecord)),
  /** Makes these the next ones. */
  first: mutation.input(chosen).output(items(transferRecord)),
  /** Takes those that are over off the list. */
  clear: mutation.input(empty).output(empty),
};
