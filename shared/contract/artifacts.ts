/** Procedures on artifacts. Names equal the command line's and the operations'. */
import { eventIterator } from '@orpc/contract';
import * as z from 'zod';
import { artifactArgument, items, job, jobProgress, query, mutation } from './procedures.ts';
import { artifactDetails, artifactKind, artifactRecord, changeRecord, facetRecord, versionRecord } from './records.ts';
import { uploadInput } from './transfers.ts';

export const sortField = z.enum(['key', 'created_at', 'updated_at', 'size', 'suffix']);
export type SortField = z.infer<typeof sortField>;

export const listArtifactsInput = z.object({
  /** Joined by AND, in the filter language. */
  filters: z.array(z.string().max(4000)).max(50).default([]),
  search: z.string().max(200).nullish(),
  sort: z.object({ field: sortField, descending: z.boolean() }).default({ field: 'created_at', descending: true }),
  limit: z.number().int().min(1).max(1000).default(100),
  /** `next_cursor` of the page before; valid only with the same filters, search and sort. */
  cursor: z.string().max(6000).nullish(),
  trash: z.boolean().default(false),
  all_versions: z.boolean().default(false),
});
export type ListArtifactsInput = z.infer<typeof listArtifactsInput>;

export const artifactPage = z.object({
  items: z.array(artifactRecord),
  next_cursor: z.string().nullable(),
  /** Exact without filters and search, and up to 10,000 with them; then null and `more` is true. */
  total: z.number().nullable(),
  more: z.boolean().optional(),
});
export type ArtifactPage = z.infer<typeof artifactPage>;

export const saveInput = z.object({
  /** Absolute paths on the engine's computer. */
  paths: z.array(z.string().min(1).max(4200)).min(1),
  key: z.string().max(1100).nullish(),
  /** Without a key, what lies outside every storage has the name of its file. */
  key_of_file: z.boolean().optional(),
  description: z.string().max(10_000).nullish(),
  kind: artifactKind.nullish(),
  /** An artifact of the family whose next version this is. */
  revises: artifactArgument.nullish(),
  run: z.string().nullish(),
  version_tag: z.string().max(100).nullish(),
  labels: z.array(z.string().max(200)).default([]),
  /** A new artifact even if the content is known. */
  new: z.boolean().default(false),
  /** Into the default storage in the cloud, also where new files are kept on this computer. */
  upload: z.boolean().optional(),
});
export type SaveInput = z.infer<typeof saveInput>;

export const saveResult = z.object({
  items: z.array(artifactRecord),
  /** What a person should know though it went well, for example "content already known under another key". */
  warnings: z.array(z.string()),
});
export type SaveResult = z.infer<typeof saveResult>;

export const verifyInput = z.object({
  artifacts: z.array(artifactArgument).default([]),
  all: z.boolean().default(false),
  registry: z.boolean().default(false),
});
export type VerifyInput = z.infer<typeof verifyInput>;

export const verifyResult = z.object({
  checked: z.number(),
  ok: z.number(),
  /** A damaged registry is listed with uid `registry` and its file as the path. */
  failed: z.array(z.object({ uid: z.string(), path: z.string(), reason: z.string() })),
  /** What was compared, where that is less than a checksum of all bytes that was known before. */
  notes: z.array(z.object({ uid: z.string(), path: z.string(), note: z.string() })).optional(),
});
export type VerifyResult = z.infer<typeof verifyResult>;

export const preview = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('text'), text: z.string(), truncated: z.boolean() }),
  z.object({
    kind: z.literal('table'),
    columns: z.array(z.string()),
    rows: z.array(z.array(z.string())),
    truncated: z.boolean(),
  }),
  z.object({
    kind: z.literal('image'),
    mime: z.string(),
    /** base64 */
    bytes: z.string(),
    /** What to know before comparing it, for example that brightness was stretched. */
    note: z.string().nullable(),
  }),
  z.object({ kind: z.literal('none'), reason: z.string() }),
]);
export type Preview = z.infer<typeof preview>;

const named = z.object({ artifacts: z.array(artifactArgument).min(1).max(10_000) });

export const plannedDeletion = z.object({
  uid: z.string(),
  key: z.string().nullable(),
  size: z.number(),
  /** Where its file lies among a person's own, and where Benchkeep's copy lies. */
  in_place: z.string().nullable(),
  managed: z.string().nullable(),
  /** The file in place lies in a linked storage: it can't be removed from here. */
  linked: z.boolean(),
  /** "a file remains here: …", if nothing else is asked for. */
  remains: z.string().nullable(),
  /** Why it can't be deleted. */
  blocked: z.string().nullable(),
});
export type PlannedDeletion = z.infer<typeof plannedDeletion>;

/** Null: all that is in the cache, where copies lie whose content is verified in the cloud. */
const freed = z.object({ artifacts: z.array(artifactArgument).min(1).nullable() });
const keptContent = z.object({ uid: z.string(), name: z.string(), reason: z.string() });

export const freePlan = z.object({
  n_files: z.number(),
  /** Bytes that would be free. */
  size: z.number(),
  /** What stays here, and why. */
  kept: z.array(keptContent),
});
export type FreePlan = z.infer<typeof freePlan>;

export const freeResult = z.object({
  items: z.array(artifactRecord),
  /** Bytes. */
  freed: z.number(),
  kept: z.array(keptContent),
});
export type FreeResult = z.infer<typeof freeResult>;

export const artifacts = {
  save: job.input(saveInput).output(eventIterator(jobProgress, saveResult)),
  /** To the default storage in the cloud; ends when the content is verified there. */
  upload: job.input(uploadInput).output(eventIterator(jobProgress, saveResult)),
  /** The content on this computer: fetched if it has to be; with `to`, as a file there. */
  cache: job
    .input(z.object({ artifact: artifactArgument, to: z.string().min(1).max(4200).nullish() }))
    .output(eventIterator(jobProgress, z.object({ path: z.string() }))),
  /** What freeing space on this computer would do. */
  planFree: query.input(freed).output(freePlan),
  /** Removes content of this computer that is proven, now, to be in the cloud. Never what lies in a linked storage. */
  free: job.input(freed).output(eventIterator(jobProgress, freeResult)),
  /** The content again where it was before space was freed; never over something that is there now. */
  bringBack: job.input(named).output(eventIterator(jobProgress, saveResult)),
  list: query.input(listArtifactsInput).output(artifactPage),
  describe: query.input(z.object({ artifact: artifactArgument })).output(artifactDetails),
  versions: query.input(z.object({ artifact: artifactArgument })).output(items(versionRecord)),
  /** Local path of the content, refused where there is none here. */
  path: query.input(z.object({ artifact: artifactArgument })).output(z.object({ path: z.string() })),
  preview: query.input(z.object({ artifact: artifactArgument })).output(preview),
  log: query.input(z.object({ artifact: artifactArgument })).output(items(changeRecord)),
  verify: job.input(verifyInput).output(eventIterator(jobProgress, verifyResult)),
  /** Says where a missing file is now; `siblings` relinks the others of its folder that are found beside it. */
  locate: mutation
    .input(
      z.object({ artifact: artifactArgument, path: z.string().min(1).max(4200), siblings: z.boolean().default(false) }),
    )
    .output(items(artifactRecord).extend({ siblings: z.number() })),
  /** Where a missing file may be now, with what speaks for it; the likeliest first. */
  find: query
    .input(z.object({ artifact: artifactArgument }))
    .output(items(z.object({ path: z.string(), evidence: z.string() }))),
  /** Counts for the filter bar, kept with every write, of what is shown and newest. */
  facets: query.input(z.object({})).output(items(facetRecord)),
  /** To the trash: nothing leaves it by itself. */
  trash: mutation.input(named).output(items(artifactRecord)),
  /** `warnings`: names that another artifact has by now. */
  restore: mutation.input(named).output(items(artifactRecord).extend({ warnings: z.array(z.string()) })),
  /** The content of an old version becomes the newest version again. */
  revert: mutation.input(z.object({ artifact: artifactArgument })).output(items(artifactRecord)),
  /** Other content under the same uid; what it was goes to the trash. Refused for files in place. */
  replace: job
    .input(z.object({ artifact: artifactArgument, path: z.string().min(1).max(4200) }))
    .output(eventIterator(jobProgress, items(artifactRecord))),
  /** What `delete` would do. */
  planDeletion: query.input(named).output(items(plannedDeletion)),
  /** For good. `storage` null: own copies go, content in place stays; true: that too; false: no content goes. */
  delete: mutation.input(named.extend({ storage: z.boolean().nullable().default(null) })).output(
    items(z.object({ uid: z.string(), key: z.string().nullable() })).extend({
      removed: z.array(z.string()),
      /** Sentences: "a file remains here: …". */
      remains: z.array(z.string()),
    }),
  ),
  edit: mutation
    .input(
      z.object({
        artifact: artifactArgument,
        description: z.string().max(10_000).nullish(),
        kind: artifactKind.nullish(),
        /** Its name in the registry; `move` also renames its file in place. */
        key: z.string().min(1).max(1100).nullish(),
        move: z.boolean().default(false),
        /** A tag of a person's own for this version; null takes it away. */
        version: z.string().max(100).nullish(),
        /** 1 shown, 0 hidden. */
        visibility: z.union([z.literal(0), z.literal(1)]).nullish(),
      }),
    )
    .output(items(artifactRecord)),
};
