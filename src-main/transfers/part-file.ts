/** Content on its way into the cache: a file that is not whole yet, and which of its bytes are on the disk for sure. */
import { joinRaw, rawFromText, type RawPath } from '../ports/fs/raw-path.ts';
import { TEMPORARY_PREFIX } from '../ports/fs/node-fs.ts';
import { PART_ENDING } from '../ports/fs/part-verbs.ts';
import type { ObjectFacts } from '../storage/index.ts';
import type { TransferRow } from '../workstation/schema.ts';
import { cacheFolder } from './cache-folder.ts';
import type { TransferContext } from './transfer-context.ts';

/** Kept in the row of a download, as its `facts`. */
export interface PartJournal {
  /** The very object that the bytes are of. */
  object: ObjectFacts;
  /** Byte ranges that are durable: from, and the first that is not; in order, apart from each other. */
  ranges: [from: number, to: number][];
}

/** By the row: what another one left is nobody's. */
export function partPath(context: Pick<TransferContext, 'folder'>, { id, artifact_uid: uid }: TransferRow): RawPath {
  return joinRaw(cacheFolder(context), rawFromText(`${TEMPORARY_PREFIX}${String(id)}-${uid}${PART_ENDING}`));
}

/** Null where nothing was noted yet. */
export function readJournal({ facts }: Pick<TransferRow, 'facts'>): PartJournal | null {
  return JSON.parse(facts) as PartJournal | null;
}

export function isSameObject(a: ObjectFacts, b: ObjectFacts): boolean {
  return a.etag === b.etag && a.version === b.version && a.size === b.size;
}

/** With one more range, which may touch others and overlap none. */
export function withRange(ranges: PartJournal['ranges'], from: number, to: number): PartJournal['ranges'] {
  const merged: PartJournal['ranges'] = [];
  for (const [start, end] of [...ranges, [from, to] as const].sort((a, b) => a[0] - b[0])) {
    const last = merged.at(-1);
    if (last !== undefined && last[1] >= start) last[1] = Math.max(last[1], end);
    else merged.push([start, end]);
  }
  return merged;
}

/** What is not there yet, in pieces of at most `length` bytes, in order. */
export function missingRanges(ranges: PartJournal['ranges'], size: number, length: number): [number, number][] {
  const missing: [number, number][] = [];
  let at = 0;
  for (const [from, to] of [...ranges, [size, size] as const]) {
    for (; at < from; at = Math.min(at + length, from)) missing.push([at, Math.min(at + length, from)]);
    at = Math.max(at, to);
  }
  return missing;
}

export function bytesOf(ranges: PartJournal['ranges']): number {
  return ranges.reduce((sum, [from, to]) => sum + to - from, 0);
}
