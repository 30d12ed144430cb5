/** Reading and hashing content off the engine's thread. */
import type { ErrorData } from '../../../shared/errors.ts';
import type { ChecksumsWanted, PartChecksums, WholeChecksums } from './content-hash.ts';
import type { FileFacts } from './file-facts.ts';
import type { RawPath } from './raw-path.ts';

/** `hash` and `hashType` as LaminDB computes them; `sha256` hex of the whole content. */
export interface ContentHashes {
  hash: string;
  hashType: 'md5' | 'sha1-fl';
  sha256: string;
}

/** What a quick look at a large file gives: LaminDB's hash of its two ends, not yet the content's identity. */
export type EndsOutcome =
  { kind: 'hashed'; facts: FileFacts; hash: string; hashType: 'sha1-fl' } | Exclude<HashOutcome, { kind: 'hashed' }>;

export type HashOutcome =
  /** The facts are those of the open file before and after reading, and of the path still leading to it. */
  | ({ kind: 'hashed'; facts: FileFacts } & ContentHashes)
  /** Written, truncated or replaced while it was read: look again. */
  | { kind: 'changed' }
  | { kind: 'gone' }
  | { kind: 'failed'; error: ErrorData };

/** What reading a known file once more gives. */
export type RehashOutcome =
  { kind: 'hashed'; facts: FileFacts; sha256: string } | Exclude<HashOutcome, { kind: 'hashed' }>;

export interface HashOptions {
  signal?: AbortSignal;
  /** Bytes read since the last call, of any of the files. */
  onBytes?: (bytes: number) => void;
  /** Takes long, and nobody waits for it: other files are read meanwhile. */
  background?: boolean;
}

export interface Hasher {
  /** Outcomes in the order of `paths` (absolute). Rejects with `cancelled` when the signal aborts. */
  hashFiles(paths: readonly RawPath[], options?: HashOptions): Promise<HashOutcome[]>;
  /** For files over LaminDB's limit of 50 MiB: reads at most 100 MiB of each. */
  hashEnds(paths: readonly RawPath[], options?: HashOptions): Promise<EndsOutcome[]>;
  /** Known files once more, only while nothing else is to be read: at once, in the middle of a file, it waits for others. */
  rehashFiles(paths: readonly RawPath[], options?: Omit<HashOptions, 'background'>): Promise<RehashOutcome[]>;
  /** Of content that somebody else reads, in large parts: beside their thread. Close it when it is not needed any more. */
  hashContent(wanted: ChecksumsWanted): DistantHash;
  close(): Promise<void>;
}

/** As `ContentHash`, made elsewhere. Its promises reject with `internal` where whoever makes it ended. */
export interface DistantHash {
  /** `slice` is in shared memory, and stays as it is until its part was told. */
  add(slice: Buffer): void;
  part(): Promise<PartChecksums>;
  whole(): Promise<WholeChecksums>;
  close(): void;
}
