/** What reads small files and sends them to S3 in a thread of its own: what it is told, and what it answers. */
import type { ConnectionRules } from './guarded-agents.ts';
import type { PutFile, ContentSource } from './object-store.ts';
import type { Pauses } from './s3-retries.ts';
import type { KnownWay } from './s3-short-request.ts';
import type { WirePatience } from './whole-request.ts';

/** How one client connects; plain, so that it can be told to another thread. */
export type Connecting = Omit<ConnectionRules, 'lookup'> & WirePatience & Pauses;

export interface FileToPut {
  /** Below the storage's root, as it is told of. */
  key: string;
  /** Of the object in its bucket; one that `isPlainKey`. */
  fullKey: string;
  metadata: Record<string, string>;
}

export interface SmallFileSender {
  /** For one client: its connections are kept until it is closed. */
  connect(how: Connecting): FilePlace;
}

export interface FilePlace {
  /** Keeps the bytes until they are let go. Null where it is not what it was to be, could not be read, or was stopped. */
  read(file: ContentSource, signal?: AbortSignal): Promise<{ file: number; crc32: string } | null>;
  /** Null for everything but plain success of both requests. */
  put(file: number, way: KnownWay, wanted: FileToPut, signal?: AbortSignal): Promise<PutFile | null>;
  letGo(file: number): void;
  close(): void;
}
