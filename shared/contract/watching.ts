/** Procedures on watched folders, and the live events that keep a window fresh. */
import { eventIterator } from '@orpc/contract';
import * as z from 'zod';
import { empty, items, job, jobProgress, mutation, query, storageArgument, stream } from './procedures.ts';
import { artifactRecord, changeRecord, inboxItem, transactionRecord, watchedFolder } from './records.ts';

/** What became of what arrived in folders whose rule is that it is uploaded. */
export const watchUploads = z.object({
  done: z.number(),
  /** Still queued. */
  waiting: z.number(),
  /** Ended for good: what is there is not what was registered any more. */
  failed: z.number(),
  /** Why some wait or failed, each once. */
  reasons: z.array(z.string()),
});
export type WatchUploads = z.infer<typeof watchUploads>;

export const watchSummary = z.object({
  registered: z.number(),
  versions: z.number(),
  waiting: z.number(),
  failed: z.number(),
  skipped: z.number(),
  storages: z.number(),
  uploads: watchUploads,
});
export type WatchSummary = z.infer<typeof watchSummary>;

export const folderSurvey = z.object({
  files: z.number(),
  folders: z.number(),
  bytes: z.number(),
  /** Temporary, junk, linked or special files that will be left out. */
  skipped: z.number(),
  suffixes: z.array(z.object({ suffix: z.string(), n: z.number() })),
  /** Folders that will be one item each; what is in them is in `bytes` only. `title` is their kind, for people. */
  units: z.array(z.object({ profile: z.string(), title: z.string(), n: z.number() })),
});
export type FolderSurvey = z.infer<typeof folderSurvey>;

const globs = z.array(z.string().max(500)).max(100);
/** Seconds between two equal looks; null is the default: 10 on local disks, 30 on network shares. */
const settle = z.number().min(0).max(86_400).nullable();

const doneMarker = z.string().min(1).max(500).nullable();

export const watchRule = z.object({
  include: globs.default([]),
  exclude: globs.default([]),
  settle: settle.default(null),
  /** Folders that are one item each, beside those that are known as such (`shared/unit-profiles`). */
  bundle: globs.default([]),
  /**
   * Name of the file in them that says they are done, with one `*` at most, or, with `{name}`, beside them; null: when
   * nothing in them changes any more. Without `bundle` it is for single files.
   */
  done_marker: doneMarker.default(null),
  /** What is registered there from now on goes to the default storage in the cloud by itself. */
  upload: z.boolean().default(false),
});
export type WatchRule = z.infer<typeof watchRule>;

/** `relative` of an item of the inbox. */
const inboxPath = z.string().max(4200);

/** What a window looks at again. Many changes come as one event. */
export const engineEvent = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('registry'),
    registries: z.array(z.string()),
    /** At most 100 uids, null where more changed. */
    uids: z.array(z.string()).nullable(),
    last_change: z.number(),
  }),
  z.object({ type: z.literal('inbox'), waiting: z.number(), failed: z.number() }),
  z.object({ type: z.literal('folders') }),
  z.object({ type: z.literal('transfers') }),
  z.object({ type: z.literal('instance') }),
]);
export type EngineEvent = z.infer<typeof engineEvent>;

export const watching = {
  folders: query.input(empty).output(items(watchedFolder)),
  inbox: query
    .input(z.object({ storage: storageArgument.nullish(), limit: z.number().int().min(1).max(10_000).default(1000) }))
    .output(z.object({ items: z.array(inboxItem), waiting: z.number(), failed: z.number(), ignored: z.number() })),
  /** Counts a folder live, before anything is registered; progress carries the counts so far. */
  survey: job.input(z.object({ root: z.string().min(1).max(4200) })).output(eventIterator(folderSurvey, folderSurvey)),
  /**
   * One full pass over every watched folder: registers what is stable, waits the settle time once, and brings uploads of
   * what arrived by rule to their end, within the hours for uploads. Ends well also where some of them wait.
   */
  once: job.input(empty).output(eventIterator(jobProgress, watchSummary)),
  rule: mutation
    // What is left out stays as it is. (A default would be filled in even where a field is optional.)
    .input(
      z.object({
        storage: storageArgument,
        include: globs.optional(),
        exclude: globs.optional(),
        settle: settle.optional(),
        bundle: globs.optional(),
        done_marker: doneMarker.optional(),
        upload: z.boolean().optional(),
      }),
    )
    .output(z.object({ storage: z.string(), rule: watchRule })),
  /**
   * What became of files that were held as a possible loss, or of a folder that turned empty: `lost` calls them
   * missing, otherwise they are looked for again.
   */
  confirmLoss: mutation.input(z.object({ storage: storageArgument, lost: z.boolean() })).output(empty),
  /**
   * Leaves a file of the inbox alone from now on, or (`names`) all that are named like it: those become a pattern of the
   * folder's rule, which is returned. Errors: `not_found`; `refused` for what must not be ignored.
   */
  ignore: mutation
    .input(z.object({ storage: storageArgument, path: inboxPath, names: z.boolean().default(false) }))
    .output(z.object({ pattern: z.string().nullable() })),
  /** What was ignored is looked at again. */
  unignore: mutation.input(z.object({ storage: storageArgument, path: inboxPath })).output(empty),
  /** What failed is tried again now; without a path all of the storage. */
  retry: mutation.input(z.object({ storage: storageArgument, path: inboxPath.nullable().default(null) })).output(empty),
  /** Looks at a folder (or all) now. */
  look: mutation.input(z.object({ storage: storageArgument.nullish() })).output(empty),
};

export const changes = {
  /** Latest changes, newest first. */
  view: query
    .input(
      z.object({
        since: z.string().nullish(),
        limit: z.number().int().min(1).max(1000).default(50),
        /** Only changes with a smaller id: the page before. */
        before: z.number().int().nullish(),
      }),
    )
    .output(items(changeRecord)),
  /** What was done, newest first, each transaction as one sentence. */
  transactions: query
    .input(
      z.object({
        limit: z.number().int().min(1).max(200).default(50),
        /** Only transactions before this one: the next page. */
        before: z.number().int().nullish(),
        /** Only these operations. */
        operation: z.array(z.string().max(100)).max(50).optional(),
      }),
    )
    .output(items(transactionRecord)),
  /**
   * Takes back the transaction that a change belongs to; null: the last one of this person that can be. Errors:
   * `not_found`, `refused` with what is in the way, `offline`. At most 1,000 of its artifacts are answered.
   */
  undo: mutation
    .input(z.object({ change: z.number().int().nullable().default(null) }))
    .output(items(artifactRecord).extend({ transaction: z.number(), title: z.string() })),
  events: stream.input(empty).output(eventIterator(engineEvent)),
};
