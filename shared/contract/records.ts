/** The records that cross the contract: LaminDB's field names in snake_case, as `cli.md` lists them. */
import * as z from 'zod';

export const storageType = z.enum(['local', 's3', 'gs', 'https', 'hf']);
export const artifactState = z.enum(['ok', 'unverified', 'changed', 'missing', 'offline']);
export const artifactKind = z.enum(['dataset', 'model', 'code']);

const time = z.string();

export const storageReference = z.object({
  uid: z.string(),
  root: z.string(),
  type: storageType,
  region: z.string().nullable(),
});

export const copyRecord = z.object({
  /** Null for this workstation's cache. */
  storage: z.string().nullable(),
  path: z.string(),
  verified_at: time.nullable(),
});

export const userRecord = z.object({ uid: z.string(), handle: z.string(), name: z.string().nullable() });

export const artifactRecord = z.object({
  uid: z.string(),
  key: z.string().nullable(),
  description: z.string().nullable(),
  suffix: z.string(),
  kind: artifactKind.nullable(),
  otype: z.string().nullable(),
  /** Bytes; of a folder the sum. */
  size: z.number(),
  hash: z.string().nullable(),
  hash_type: z.string().nullable(),
  sha256: z.string().nullable(),
  n_files: z.number().nullable(),
  n_observations: z.number().nullable(),
  visibility: z.number(),
  is_latest: z.boolean(),
  version: z.string().nullable(),
  key_is_virtual: z.boolean(),
  storage: storageReference,
  run: z.string().nullable(),
  transform: z.string().nullable(),
  created_by: z.string(),
  created_at: time,
  updated_at: time,
  state: artifactState,
  state_reason: z.string().nullable(),
  copies: z.array(copyRecord),
  /** Names of its labels; lists show them beside the name. */
  ulabels: z.array(z.string()),
});

export const artifactBrief = artifactRecord.pick({ uid: true, key: true, size: true, state: true, created_at: true });

export const versionRecord = artifactRecord.pick({
  uid: true,
  key: true,
  version: true,
  is_latest: true,
  size: true,
  sha256: true,
  state: true,
  state_reason: true,
  visibility: true,
  created_at: true,
  created_by: true,
});

export const artifactDetails = artifactRecord.extend({
  /** 1 for the oldest. */
  version_number: z.number(),
  features: z.record(z.string(), z.unknown()),
  schema: z.string().nullable(),
  feature_sets: z.array(z.unknown()),
  collections: z.array(z.string()),
  input_of: z.array(z.string()),
  versions: z.array(versionRecord),
  same_content_as: z.array(z.object({ uid: z.string(), key: z.string().nullable(), storage: storageReference })),
});

export const storageRecord = z.object({
  uid: z.string(),
  root: z.string(),
  description: z.string().nullable(),
  type: storageType,
  region: z.string().nullable(),
  /** Address of the servers of a bucket that are not those of its maker (Amazon, Google); null for those and folders. */
  endpoint: z.string().nullable(),
  instance_uid: z.string().nullable(),
  managed: z.boolean(),
  default: z.boolean(),
  local: z.boolean(),
  watch: z.boolean(),
  run: z.string().nullable(),
  created_by: z.string(),
  created_at: time,
  updated_at: time,
});

export const labelRecord = z.object({
  uid: z.string(),
  name: z.string(),
  type: z.string().nullable(),
  is_type: z.boolean(),
  description: z.string().nullable(),
  /** How many artifacts that are shown carry it. */
  n_artifacts: z.number(),
  created_by: z.string(),
  created_at: time,
  updated_at: time,
});

export const changeRecord = z.object({
  id: z.number(),
  transaction: z.number(),
  created_at: time,
  created_by: z.string(),
  /** What was asked for, for example `save`, `label add`, `watch`. */
  operation: z.string(),
  registry: z.string(),
  uid: z.string(),
  action: z.enum(['insert', 'update', 'delete']),
  /** Only the fields that changed; of an inserted row all. */
  before: z.record(z.string(), z.unknown()).nullable(),
  after: z.record(z.string(), z.unknown()).nullable(),
  run: z.string().nullable(),
  /** Why, with the evidence, where the program decided it by itself. */
  note: z.string().nullable(),
});

/** What was done at once: one transaction of the change log. */
export const transactionRecord = z.object({
  /** Id of its first change. */
  transaction: z.number(),
  created_at: time,
  created_by: z.string(),
  operation: z.string(),
  /** One plain sentence, without a full stop. */
  title: z.string(),
  /** Records that it concerns. */
  n: z.number(),
  undoable: z.boolean(),
  /** A sentence, where it can't be taken back. */
  why_not: z.string().nullable(),
  /** The transaction that took it back, while that holds. */
  undone_by: z.number().nullable(),
});

export const inboxItem = z.object({
  path: z.string(),
  storage: z.string(),
  state: z.enum(['waiting', 'failed', 'ignored']),
  reason: z.string(),
  since: time,
  /** When it is looked at again; null if only a change of the file brings it back. */
  next: time.nullable(),
  /** Path below the root of its storage, as `ignore`, `unignore` and `retry` want it. */
  relative: z.string(),
  /** What a person can do about it. */
  can: z.array(z.enum(['retry', 'ignore', 'ignore names', 'unignore'])),
  /** What `ignore names` would leave out from then on; null where that can't be done. */
  pattern: z.string().nullable(),
});

export const instanceRecord = z.object({
  uid: z.string(),
  name: z.string(),
  connected: z.boolean(),
  /** Root of the default storage. */
  storage: z.string(),
  created_at: time,
});

export const publishedInfo = z.object({
  /** Root of the storage beside whose content the registry is published. */
  root: z.string(),
  /** When this computer last published or fetched it; null for never. */
  at: time.nullable(),
  last_change: z.number().nullable(),
  /** Changes of this computer that are not published yet. */
  unpublished: z.number(),
  /** This computer has the turn to write. */
  holds: z.boolean(),
  /** The published registry and this one have gone different ways. */
  diverged: z.boolean(),
  /** Why publishing failed last, in plain words. */
  problem: z.string().nullable(),
  /** The default storage is another one: the registry is moved there at the close, or after the next start. */
  moves: z.boolean(),
});

export const instanceInfo = instanceRecord.extend({
  home: z.string(),
  registry: z.string(),
  user: userRecord,
  keep_artifacts_local: z.boolean(),
  /** The current local storage of this workstation, if it has one. */
  local_storage: z.string().nullable(),
  n_artifacts: z.number(),
  n_storages: z.number(),
  /** Content of the cloud that is kept here for reading; bytes. */
  cache: z.object({ n_files: z.number(), size: z.number(), limit: z.number() }).optional(),
  version: z.string(),
  /** Set where the registry could be opened for reading only, in plain words. */
  read_only: z.string().nullable(),
  /** What a person should know of it, in plain words, a sentence or two each; usually none. */
  warnings: z.array(z.string()),
  /** Left out where the registry is published nowhere. */
  published: publishedInfo.optional(),
});

export const watchedFolder = z.object({
  storage: z.string(),
  root: z.string(),
  description: z.string().nullable(),
  managed: z.boolean(),
  health: z.enum(['watching', 'scanning', 'partly watched', 'possible loss', 'offline', 'stopped']),
  /** Plain words, for example what to do about an offline drive. */
  health_reason: z.string().nullable(),
  checked_at: time.nullable(),
  n_artifacts: z.number(),
  n_waiting: z.number(),
  n_failed: z.number(),
  n_skipped: z.number(),
  /** Not where they were: what is missing, and what is looked for again in some seconds. */
  n_gone: z.number(),
  /** Registered since the engine started. */
  n_new: z.number(),
  scan: z.object({ files: z.number(), bytes: z.number(), folders: z.number() }).nullable(),
});

export const facetRecord = z.object({
  facet: z.enum(['suffix', 'storage', 'ulabel', 'kind', 'state', 'created_by']),
  value: z.string(),
  /** What the window shows for it: for a storage its root, else the value. */
  title: z.string(),
  n: z.number(),
});

export type StorageType = z.infer<typeof storageType>;
export type ArtifactState = z.infer<typeof artifactState>;
export type ArtifactKind = z.infer<typeof artifactKind>;
export type StorageReference = z.infer<typeof storageReference>;
export type CopyRecord = z.infer<typeof copyRecord>;
export type UserRecord = z.infer<typeof userRecord>;
export type ArtifactRecord = z.infer<typeof artifactRecord>;
export type VersionRecord = z.infer<typeof versionRecord>;
export type ArtifactDetails = z.infer<typeof artifactDetails>;
export type StorageRecord = z.infer<typeof storageRecord>;
export type LabelRecord = z.infer<typeof labelRecord>;
export type ChangeRecord = z.infer<typeof changeRecord>;
export type TransactionRecord = z.infer<typeof transactionRecord>;
export type InboxItem = z.infer<typeof inboxItem>;
export type InstanceRecord = z.infer<typeof instanceRecord>;
export type PublishedInfo = z.infer<typeof publishedInfo>;
export type InstanceInfo = z.infer<typeof instanceInfo>;
export type WatchedFolder = z.infer<typeof watchedFolder>;
export type FacetRecord = z.infer<typeof facetRecord>;
