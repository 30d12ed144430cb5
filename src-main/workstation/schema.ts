/**
 * What only this computer knows of one instance. Deleting the file loses no science: a rescan rebuilds it.
 * Paths are bytes, device, inode and nanosecond times decimal text, times UTC ISO-8601.
 */
import type { Generated, Selectable } from 'kysely';

/** `PRAGMA application_id` of a workstation database: the bytes `BnKw`. */
export const WORKSTATION_APPLICATION_ID = 0x426e4b77;

/** A file of a storage as it was when it was registered. The primary key walks a folder in one range. */
export interface InventoryTable {
  storage_uid: string;
  /** Folder below the root, empty for the root itself. */
  folder: Buffer;
  name: Buffer;
  size: number;
  mtime_ns: string;
  ctime_ns: string;
  dev: string;
  ino: string;
  sha256: string | null;
  artifact_uid: string;
  /** First look that did not find it; null while it is there. */
  gone_since: string | null;
  /** 1: a second look did not find it either, and the registry says so. */
  missing: number;
  /** 1: a folder that is one item; size, mtime and ctime are the sum and the youngest of all in it. */
  unit: number;
}

/** What waits, failed, or is left out by a person's word. */
export interface InboxTable {
  id: Generated<number>;
  storage_uid: string;
  path: Buffer;
  state: 'waiting' | 'failed' | 'ignored';
  /** `settling`, `open`, `person`, `damaged`, or an error code; `reason` is the sentence that people read. */
  cause: string;
  reason: string;
  since: string;
  next: string | null;
  attempts: Generated<number>;
  /** Facts at the last look. */
  size: number;
  mtime_ns: string;
  ctime_ns: string;
  dev: string;
  ino: string;
}

/** What a local root was when it was last known to be attached (`faults.md`, R5). JSON of RootIdentity. */
export interface RootTable {
  storage_uid: string;
  identity: string;
  /** 0: its artifacts are shown as offline, for `reason`. */
  attached: number;
  reason: string | null;
  checked_at: string;
}

export interface SettingTable {
  name: string;
  /** JSON */
  value: string;
}

/** The round of the scrub that is under way, or was the last: one row. */
export interface ScrubTable {
  id: 1;
  round: number;
  state: 'idle' | 'running' | 'paused';
  /** Id of the last copy that was read. */
  position: number;
  checked: number;
  total: number;
  bytes: number;
  failed: number;
  started_at: string | null;
  /** Of the last round that came to its end. */
  finished_at: string | null;
}

/**
 * When a copy was last found right by the scrub. Kept here and not in the registry: a date a month for each of a
 * million copies would make the change log grow faster than all that people do.
 */
export interface ScrubbedTable {
  copy_id: number;
  /** Whose copy it was then. */
  artifact_uid: string;
  /** The round that came upon it last. */
  round: number;
  verified_at: string | null;
}

/** Steps of a transfer (`design.md`): a state is committed before its step, and every step can be repeated. */
export type TransferState =
  'planned' | 'sending' | 'completing' | 'verified' | 'recorded' | 'settling' | 'done' | 'cancelled';

/** Content on its way to or from a store. */
export interface TransferTable {
  id: Generated<number>;
  direction: 'upload' | 'download';
  /** `save`: the artifact is recorded by whoever saves, after it was verified. `cache`: a download for this computer. */
  purpose: 'save' | 'upload' | 'cache';
  /** For `save` the uid that it will have. */
  artifact_uid: string;
  storage_uid: string;
  /** Key below the root of the store. */
  path: Buffer;
  /** Absolute path on this computer that is read; of a download, where it is put. */
  source: Buffer;
  size: number;
  sha256: string;
  /** JSON of FileFacts of the source when it was planned. */
  facts: string;
  state: TransferState;
  paused: Generated<number>;
  /** A file in place goes to the cache, too. */
  free_up: Generated<number>;
  /** The lower, the sooner; equal ones in the order of their ids. */
  rank: Generated<number>;
  /** What identifies the upload at the store. */
  token: string | null;
  /** JSON of StoreChecksums of what was sent. */
  checksum: string | null;
  /** Version or generation of the object that was verified. */
  version: string | null;
  /** Bytes that the store has. */
  sent: Generated<number>;
  attempts: Generated<number>;
  /** When it is tried again. */
  next: string | null;
  /** JSON of ErrorData of the last try. */
  error: string | null;
  created_at: string;
  updated_at: string;
}

/** Content that is verified elsewhere, kept on this computer for reading. Files lie in the instance's folder. */
export interface CachedTable {
  artifact_uid: string;
  /** Absolute; in the folder `cache` of the instance. */
  path: Buffer;
  size: number;
  sha256: string;
  /** JSON of FileFacts when it was last known to be right. */
  facts: string;
  verified_at: string;
  used_at: string;
}

/** How this computer signs in to a storage. Never a secret in clear. */
export interface CredentialTable {
  /** Of the storage, as people see it. */
  root: string;
  /** Empty for the maker's own. */
  endpoint: string;
  kind: 'keys' | 'service_account' | 'profile';
  /** Name of an AWS profile. */
  profile: string | null;
  /** What the keychain of the computer made of the secret. */
  sealed: string | null;
  created_at: string;
}

export interface WorkstationDB {
  credential: CredentialTable;
  transfer: TransferTable;
  cached: CachedTable;
  scrub: ScrubTable;
  scrubbed: ScrubbedTable;
  inventory: InventoryTable;
  inbox: InboxTable;
  root: RootTable;
  setting: SettingTable;
}

export type ScrubRow = Selectable<ScrubTable>;
export type TransferRow = Selectable<TransferTable>;
export type CachedRow = Selectable<CachedTable>;
export type InventoryRow = Selectable<InventoryTable>;
export type InboxRow = Selectable<InboxTable>;
