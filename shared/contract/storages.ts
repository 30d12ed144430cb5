/** Procedures on storages. */
import * as z from 'zod';
import { items, mutation, query, storageArgument, empty } from './procedures.ts';
import { storageRecord } from './records.ts';

export const addStorageInput = z.object({
  root: z.string().min(1).max(4200),
  host: z.string().max(200).nullish(),
  description: z.string().max(10_000).nullish(),
  /** Null: managed, but with `watch` linked. */
  managed: z.boolean().nullish(),
  watch: z.boolean().default(false),
});
export type AddStorageInput = z.infer<typeof addStorageInput>;

/** One folder of a tree; `folders` nest to a depth of what was asked for. */
export interface TreeFolder {
  name: string;
  n_files: number;
  size: number;
  folders: TreeFolder[];
  files: { name: string; size: number }[];
  /** True where files or folders were left out of the two lists (the counts are whole). */
  truncated: boolean;
}
export const treeFolder: z.ZodType<TreeFolder> = z.object({
  name: z.string(),
  n_files: z.number(),
  size: z.number(),
  get folders() {
    return z.array(treeFolder);
  },
  files: z.array(z.object({ name: z.string(), size: z.number() })),
  truncated: z.boolean(),
});

export const storageTree = z.object({
  root: z.string(),
  /** Of a bucket, or the label of a folder's computer; null where it is not told. */
  region: z.string().nullable().optional(),
  n_folders: z.number(),
  n_files: z.number(),
  size: z.number(),
  suffixes: z.array(z.object({ suffix: z.string(), n: z.number(), size: z.number() })),
  tree: treeFolder,
});
export type StorageTree = z.infer<typeof storageTree>;

/** One thing that was tried of a storage in the cloud; those after one that failed are left out. */
export const storageTest = z.object({
  step: z.enum(['name', 'endpoint', 'clock', 'sign-in', 'region', 'list', 'put', 'delete']),
  ok: z.boolean(),
  /** In plain words, also where it went well. */
  message: z.string(),
  remedy: z.string().nullable(),
  /** It would be tried if a person said that this is right (`confirm`). */
  confirm: z.literal('endpoint').nullish(),
});
export type StorageTest = z.infer<typeof storageTest>;

/** How this computer signs in to a storage; never the secret. */
export const signInRecord = z.object({
  by: z.enum([
    'keys',
    'profile',
    'environment',
    'machine',
    'service_account',
    'application_default',
    'anonymous',
    'nothing',
  ]),
  /** Of the profile or the service account. */
  name: z.string().nullable(),
  /** Where that is kept that was given for this storage: for good, or until the program ends. Null: nothing was given. */
  kept: z.enum(['keychain', 'session']).nullable(),
});
export type SignInRecord = z.infer<typeof signInRecord>;

const secret = z.string().min(1).max(65_536);
export const signInInput = z.object({
  /** Uid or root; a root that is no storage yet may carry its `?endpoint_url=…`. */
  storage: storageArgument,
  credentials: z.union([
    z.object({ access_key_id: secret, secret_access_key: secret, session_token: secret.nullish() }),
    /** JSON of a key file. */
    z.object({ service_account: secret }),
    /** Its name is kept, never what is in it. */
    z.object({ profile: z.string().min(1).max(128) }),
  ]),
  keep: z.enum(['keychain', 'session']),
});
export type SignInInput = z.infer<typeof signInInput>;

/** A storage with what is particular to this computer; both null for folders. */
export const storageOfComputer = storageRecord.extend({
  sign_in: signInRecord.nullish(),
  /** What a person should know of the store, in plain words. */
  warning: z.string().nullish(),
});
export type StorageOfComputer = z.infer<typeof storageOfComputer>;

export const storages = {
  list: query.input(empty).output(items(storageOfComputer)),
  /** Asks nobody whether it is right: that is what `test` does. Errors: `not_supported` where nothing keeps secrets. */
  signIn: mutation.input(signInInput).output(signInRecord),
  /**
   * Forgets what was given; what the environment or the usual profile says counts again. `session`: only what was given
   * until the program ends, so that what is kept for good counts again.
   */
  signOut: mutation
    .input(z.object({ storage: storageArgument, what: z.enum(['session', 'all']).default('all') }))
    .output(signInRecord),
  add: mutation.input(addStorageInput).output(items(storageRecord)),
  use: mutation.input(z.object({ storage: storageArgument })).output(items(storageRecord)),
  local: mutation.input(z.object({ storage: storageArgument })).output(items(storageRecord)),
  edit: mutation
    .input(z.object({ storage: storageArgument, description: z.string().max(10_000).nullable() }))
    .output(items(storageRecord)),
  remove: mutation.input(z.object({ storage: storageArgument })).output(z.object({ remains: z.array(z.string()) })),
  /**
   * Tries a storage, by root or uid, or a root that is none yet (with its `?endpoint_url=…`), step by step; leaves nothing
   * there. `confirm`: the person says that the endpoint, as it is registered, is right (S-10).
   */
  test: mutation
    .input(
      z.object({
        root: z.string().min(1).max(4200),
        managed: z.boolean().default(true),
        confirm: z.boolean().default(false),
      }),
    )
    .output(items(storageTest)),
  tree: query.input(z.object({ storage: storageArgument })).output(storageTree),
};
