/**
 * Where content lies that is no folder of a disk: a bucket, a web server. One small interface, one file a kind. Keys are
 * paths below the storage's root. Errors are Benchkeep's own (`store-error`): `offline` (nobody answers, too busy),
 * `not_signed_in`, `not_allowed`, `bucket_not_found`, `already_exists` (a condition did not hold), `file_changed`.
 */

import type { FileFacts } from '../../ports/fs/file-facts.ts';
import type { RawPath } from '../../ports/fs/raw-path.ts';

/** Whole-object checksums in hex, made by the store itself from the bytes it keeps. */
export interface StoreChecksums {
  crc32?: string;
  crc32c?: string;
  md5?: string;
  sha256?: string;
}

export interface ObjectFacts {
  key: string;
  /** Bytes. */
  size: number;
  /** Without its quotes; for conditions, and never a proof of content. Empty where the store gives none. */
  etag: string;
  /** Version id or generation; null where the store keeps no versions. */
  version: string | null;
  /** Empty where the store makes none; in lists at most what comes with them. */
  checksums: StoreChecksums;
  /** UTC ISO-8601; null where it is not told. */
  modifiedAt: string | null;
  /** What was said of it when it was put there, by whoever did; only where it is asked for singly. Proves nothing. */
  metadata?: Record<string, string>;
}

/** Words kept with an object, by lower-case names; values are ASCII. */
export interface Described {
  metadata?: Record<string, string>;
}

/** What the store said of an object that it just made. */
export type MadeObject = Pick<ObjectFacts, 'etag' | 'version'>;

/** `absent`: nothing may be there. `etag`: this very object must be there. */
export type PutCondition = { absent: true } | { etag: string } | null;

export interface Call {
  signal?: AbortSignal;
}

export interface PutOptions extends Call, Described {
  condition?: PutCondition;
  /** Hex, of all bytes, where they are known; see `signsContent`. */
  sha256?: string;
}

/** Reads and sends small files beside the thread that asks for it. Only what goes as it should goes so. */
export interface SmallFiles {
  /** Null where it is not what it was to be, could not be read, or can't be sent so: whoever reads it himself is told why. At once where it is stopped. */
  read(file: ContentSource, options?: Call): Promise<SmallFile | null>;
}

/** A file of this computer, as it was when it was chosen. */
export interface ContentSource {
  path: RawPath;
  facts: FileFacts;
  /** Hex. */
  sha256: string;
}

export interface PutFile {
  made: MadeObject;
  there: ObjectFacts;
}

export interface SmallFile {
  /** Of what was read, for comparing with what the store computes. */
  checksums: StoreChecksums & { crc32: string };
  /**
   * Makes an object where there is none, and looks what is there. Null where either was refused or broke off: what is
   * there is not known then. Nobody is at work on it any more when this resolves.
   */
  put(key: string, options: Call & Described): Promise<PutFile | null>;
  /** Its bytes are not needed any more. */
  close(): void;
}

export interface ObjectStore {
  readonly kind: 's3' | 'gs' | 'https' | 'hf';
  /** What the store computes of every object that is sent to it, for comparing with the same made of what was sent. */
  readonly proves: 'crc32' | 'md5';
  /** True where what is sent is signed with its SHA-256, which whoever reads the bytes makes best. */
  readonly signsContent?: boolean;
  /** Null where the store says that there is no such object; never because it could not be asked. */
  stat(key: string, options?: Call & { version?: string | null }): Promise<ObjectFacts | null>;
  /** All objects whose key begins with `prefix`, in the order of their keys. */
  list(prefix: string, options?: Call): AsyncGenerator<ObjectFacts>;
  /** Fewer bytes only where the object ends. Errors: `file_not_found`; `file_changed` where it is another one than `of`. */
  readRange(key: string, offset: number, length: number, options?: Call & { of?: ObjectFacts }): Promise<Buffer>;
  /** All of it in one request: for places that can't say whether two ranges are of one object. Error: `file_changed`. */
  readWhole?(key: string, options?: Call & { of?: ObjectFacts }): AsyncGenerator<Buffer>;
  /**
   * True where ranges save nothing: the server was seen to know none, or can't say whether two of them are of one object.
   * Then there is `readWhole`.
   */
  comesWhole?(of: ObjectFacts): boolean;
  /** Every version that the store keeps of an object, newest first; missing where it keeps none. */
  versions?(key: string, options?: Call): AsyncGenerator<ObjectFacts>;
  /** In one request: for small objects. Errors: `already_exists` where the condition does not hold. */
  put(key: string, bytes: Buffer, options?: PutOptions): Promise<ObjectFacts>;
  /** An object that is not there is fine. With `version` that version for good, where the store keeps versions. */
  delete(key: string, options?: Call & { version?: string | null }): Promise<void>;
  readonly uploads: Uploads;
  /** Missing where they are sent by `put` only. */
  readonly smallFiles?: SmallFiles | undefined;
  /** Where the data lie, as the store calls it; null where it has no regions. */
  region(): Promise<string | null>;
  close(): void;
}

export interface Part {
  /** From 1. */
  number: number;
  offset: number;
  bytes: Buffer;
  /** Hex. */
  crc32: string;
  /** Hex; for stores that sign what is sent. */
  sha256?: string;
}

/** A part that the store has. */
export interface ReceivedPart {
  number: number;
  size: number;
  etag: string;
  /** Hex; null where the store does not tell. */
  crc32: string | null;
}

export interface WholeContent {
  size: number;
  /** Hex, of all bytes. */
  crc32: string;
}

/** One store wants to know the condition in the beginning, another one in the end: it is given with both. */
export interface UploadCall extends Call {
  /** `absent` by default. */
  condition?: NonNullable<PutCondition>;
}

/** Large objects, part by part. What identifies an upload (its token) outlives the program. */
export interface Uploads {
  /** Bytes of every part but the last, and how many may be on their way at once. */
  plan(size: number): { partSize: number; parallel: number };
  /** Its token. Without another condition the object will not replace another one. */
  begin(key: string, size: number, options?: UploadCall & Described): Promise<string>;
  /** Null where the store does not know the upload (any more): done, aborted or expired. */
  received(key: string, token: string, options?: Call): Promise<ReceivedPart[] | null>;
  send(key: string, token: string, part: Part, options?: Call): Promise<ReceivedPart>;
  /**
   * Makes the object of all its parts, on the condition that it was begun with; null where the store does not say
   * which it made. Errors: `already_exists` where it does not hold, `upload_lost` where the store does not know the
   * upload: whoever asked looks what is there.
   */
  complete(
    key: string,
    token: string,
    parts: readonly ReceivedPart[],
    whole: WholeContent,
    options?: UploadCall,
  ): Promise<MadeObject | null>;
  /** One that is not there is fine. */
  abort(key: string, token: string, options?: Call): Promise<void>;
  /** Unfinished ones of anybody, below `prefix`; with `exact` of the object of that name, at least. */
  list(
    prefix: string,
    options?: Call & { exact?: boolean },
  ): AsyncGenerator<{ key: string; token: string; startedAt: string | null }>;
}
