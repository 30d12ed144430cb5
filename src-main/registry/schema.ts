/**
 * The tables of the registry as Kysely sees them. Field names are LaminDB's. Booleans are 0 and 1, times UTC
 * ISO-8601 text, paths the bytes the file system has. `id` is valid inside one database, `uid` everywhere.
 */
import type { Generated, Insertable, Selectable } from 'kysely';
import type { ArtifactKind, ArtifactState, StorageType } from '../../shared/contract/index.ts';

/** `PRAGMA application_id` of a registry: the bytes `BnKr`. */
export const REGISTRY_APPLICATION_ID = 0x426e4b72;

export interface InstanceTable {
  id: 1;
  uid: string;
  name: string;
  keep_artifacts_local: number;
  default_storage_id: number | null;
  created_at: string;
  updated_at: string;
  created_by_id: number;
}

export interface UserTable {
  id: Generated<number>;
  uid: string;
  handle: string;
  name: string | null;
  created_at: string;
  updated_at: string;
}

export interface StorageTable {
  id: Generated<number>;
  uid: string;
  /** Absolute path or URL, without credentials or query, no slash at the end. */
  root: string;
  /** Bytes of a local root. */
  root_path: Buffer | null;
  description: string | null;
  type: StorageType;
  /** JSON of StoreOptions: how a bucket is reached. Null for folders. */
  options: string | null;
  /** Cloud region, or the label of a local storage's host. */
  region: string | null;
  /** The instance that manages it, ours or another's; null: nobody. */
  instance_uid: string | null;
  managed: number;
  /** The workstation that reaches a local root. */
  workstation_uid: string | null;
  watch: number;
  /** JSON of WatchRule (`shared/contract/watching`). */
  watch_rule: string | null;
  /** The instrument in whose name the watcher writes, and who set it up. */
  transform_id: number | null;
  run_id: number | null;
  created_by_id: number;
  created_at: string;
  updated_at: string;
}

export interface ArtifactTable {
  id: Generated<number>;
  uid: string;
  /** First 16 characters of the uid: the version family. */
  stem_uid: string;
  /** Path in its storage as displayed, or the key a person gave. */
  key: string | null;
  description: string | null;
  suffix: string;
  kind: ArtifactKind | null;
  otype: string | null;
  size: number;
  hash: string | null;
  hash_type: string | null;
  /** Hex, of the whole content. Null while unverified. */
  sha256: string | null;
  n_files: number | null;
  n_observations: number | null;
  visibility: number;
  is_latest: number;
  /** A person's version tag. */
  version: string | null;
  key_is_virtual: number;
  storage_id: number;
  /** `offline` is never stored: each workstation computes it. */
  state: Exclude<ArtifactState, 'offline'>;
  state_reason: string | null;
  run_id: number | null;
  created_by_id: number;
  created_at: string;
  updated_at: string;
}

/** Where content is. One path of a storage belongs to one artifact: the newest that was seen there. */
export interface CopyTable {
  id: Generated<number>;
  artifact_id: number;
  storage_id: number;
  /** Bytes of the path below the root, `/` between its parts. */
  path: Buffer;
  /** When its bytes were last read and found right. */
  verified_at: string | null;
  created_at: string;
}

/** A record removed while its file stayed: keeps the next scan from bringing it back. */
export interface TombstoneTable {
  id: Generated<number>;
  storage_id: number;
  path: Buffer;
  sha256: string | null;
  artifact_uid: string;
  created_by_id: number;
  created_at: string;
}

export interface TransformTable {
  id: Generated<number>;
  uid: string;
  stem_uid: string;
  key: string | null;
  description: string | null;
  /** notebook, script, pipeline, function, protocol, instrument, upload, curation */
  kind: string;
  source_code: string | null;
  hash: string | null;
  is_latest: number;
  version: string | null;
  created_by_id: number;
  created_at: string;
  updated_at: string;
}

export interface RunTable {
  id: Generated<number>;
  uid: string;
  transform_id: number;
  started_at: string;
  finished_at: string | null;
  created_by_id: number;
  created_at: string;
}

export interface UlabelTable {
  id: Generated<number>;
  uid: string;
  name: string;
  description: string | null;
  is_type: number;
  type_id: number | null;
  run_id: number | null;
  created_by_id: number;
  created_at: string;
  updated_at: string;
}

export interface ArtifactUlabelTable {
  id: Generated<number>;
  artifact_id: number;
  ulabel_id: number;
  run_id: number | null;
  created_by_id: number;
  created_at: string;
}

export interface CollectionTable {
  id: Generated<number>;
  uid: string;
  stem_uid: string;
  key: string;
  description: string | null;
  hash: string | null;
  is_latest: number;
  version: string | null;
  visibility: number;
  run_id: number | null;
  created_by_id: number;
  created_at: string;
  updated_at: string;
}

export interface CollectionArtifactTable {
  id: Generated<number>;
  collection_id: number;
  artifact_id: number;
}

/** Rows can't be altered or deleted: triggers refuse. */
export interface ChangeTable {
  /** Gapless, from 1. */
  id: number;
  /** Id of the first change of the same transaction. */
  tx: number;
  created_at: string;
  created_by_id: number;
  operation: string;
  registry: string;
  uid: string;
  action: 'insert' | 'update' | 'delete';
  before: string | null;
  after: string | null;
  run_id: number | null;
  /** Why, in plain words with the evidence, where the program decided it by itself. */
  note: string | null;
  /** Hex sha256 over the hash before and this row (`change-log`). */
  hash: string;
}

/** Counts of the filter bar, of artifacts that are shown and newest; kept with every write. */
export interface FacetCountTable {
  facet: string;
  value: string;
  n: number;
}

/** What is kept for finding beside the counts (`finding-order`). */
export interface FindingTable {
  name: 'newest' | 'ordered_from';
  value: string;
}

export interface RegistryDB {
  instance: InstanceTable;
  user: UserTable;
  storage: StorageTable;
  artifact: ArtifactTable;
  copy: CopyTable;
  tombstone: TombstoneTable;
  transform: TransformTable;
  run: RunTable;
  ulabel: UlabelTable;
  artifact_ulabel: ArtifactUlabelTable;
  collection: CollectionTable;
  collection_artifact: CollectionArtifactTable;
  change: ChangeTable;
  facet_count: FacetCountTable;
  finding: FindingTable;
}

/** The tables whose rows the change log follows. */
export type LoggedTable = Exclude<keyof RegistryDB, 'change' | 'facet_count' | 'finding'>;

export type ArtifactRow = Selectable<ArtifactTable>;
export type NewArtifactRow = Insertable<ArtifactTable>;
export type CopyRow = Selectable<CopyTable>;
export type NewCopyRow = Insertable<CopyTable>;
export type StorageRow = Selectable<StorageTable>;
export type UlabelRow = Selectable<UlabelTable>;
