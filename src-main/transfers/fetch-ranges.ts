/** Brings what is missing of an object into its part file: several ranges at once, noted only once they are durable. */
import { BenchkeepError } from '../../shared/errors.ts';
import { timestamp } from '../ports/clock.ts';
import { effect } from '../ports/failpoint.ts';
import type { RawPath } from '../ports/fs/raw-path.ts';
import type { ObjectStore } from '../storage/index.ts';
import type { TransferRow } from '../workstation/schema.ts';
import { updateTransfer } from '../workstation/transfer-rows.ts';
import { fetchWhole } from './fetch-whole.ts';
import { orderedHash } from './ordered-hash.ts';
import { bytesOf, missingRanges, withRange, type PartJournal } from './part-file.ts';
import type { TransferContext } from './transfer-context.ts';

/** Bytes of one request, and requests at once. */
const RANGE = 8 * 1024 ** 2;
const PARALLEL = 4;
/** After so many bytes the disk is made sure of, and they are noted: what is fetched again after a crash is no more. */
const NOTE_AFTER = 64 * 1024 ** 2;

export interface RangesRequest {
  store: ObjectStore;
  row: TransferRow;
  journal: PartJournal;
  part: RawPath;
}

export interface FetchTools {
  signal: AbortSignal;
  /** Bytes of the content that are here by now. */
  onBytes: (bytes: number) => void;
}

/** All of it is durable when this returns its sha256 (hex). Errors: `file_changed` where the object was replaced; those of the store and disk. What came before is kept. */
export async function fetchRanges(
  context: Pick<TransferContext, 'fs' | 'workstation' | 'clock' | 'downloadRoom'>,
  { store, row, journal: { object, ranges }, part }: RangesRequest,
  tools: FetchTools,
): Promise<string> {
  const { fs, downloadRoom: room } = context;
  const wanted = missingRanges(ranges, object.size, RANGE);
  const failed = new AbortController();
  const signal = AbortSignal.any([tools.signal, failed.signal]);
  const noting = notesOf(context, row, { object, ranges }, part);
  const hash = orderedHash(fs, part, ranges);
  let bytes = bytesOf(ranges);
  tools.onBytes(bytes);

  const worker = async (): Promise<void> => {
    for (let next = wanted.shift(); next !== undefined; next = wanted.shift()) await bring(next);
  };
  const bring = async ([from, to]: [number, number]): Promise<void> => {
    const leave = await room.take(to - from, signal);
    try {
      const came = await effect('store.read', () =>
        store.readRange(object.key, from, to - from, { of: object, signal }),
      );
      if (came.length !== to - from) throw tooShort(object.key);
      await fs.writePart(part, from, came);
      bytes += came.length;
      tools.onBytes(bytes);
      await hash.add(from, came);
    } finally {
      leave();
    }
    await noting.add(from, to);
  };
  if (store.readWhole !== undefined && object.size > RANGE) {
    // The first range tells whether its server knows ranges.
    const first = store.comesWhole?.(object) === false ? wanted.shift() : undefined;
    if (first !== undefined) await bring(first);
    if (store.comesWhole?.(object) !== false) return fetchWhole(context, { store, object, part }, tools);
  }
  // One that fails ends the others; all of them are waited for, so that nothing is written later.
  const guarded = (): Promise<void> =>
    worker().catch((error: unknown) => {
      failed.abort();
      throw error;
    });
  const ended = await Promise.allSettled(Array.from({ length: PARALLEL }, guarded));
  await noting.flush();
  tools.signal.throwIfAborted();
  const reasons = ended.flatMap((end) => (end.status === 'rejected' ? [end.reason as unknown] : []));
  // What ended the others is told, not that they were ended.
  const cause = reasons.find((reason) => !isStop(reason)) ?? reasons[0];
  if (reasons.length > 0) throw cause;
  return hash.digest(object.size);
}

function isStop(reason: unknown): boolean {
  return (
    (reason instanceof BenchkeepError && reason.code === 'cancelled') ||
    (reason instanceof Error && reason.name === 'AbortError')
  );
}

interface Notes {
  add(from: number, to: number): Promise<void>;
  flush(): Promise<void>;
}

/** One note at a time; ranges that come meanwhile go into the next. */
function notesOf(
  { fs, workstation, clock }: Pick<TransferContext, 'fs' | 'workstation' | 'clock'>,
  row: TransferRow,
  journal: PartJournal,
  part: RawPath,
): Notes {
  let { ranges } = journal;
  let fresh: [number, number][] = [];
  let under: Promise<void> = Promise.resolve();

  async function note(): Promise<void> {
    const written = fresh;
    if (written.length === 0) return;
    fresh = [];
    await fs.syncPart(part);
    for (const [from, to] of written) ranges = withRange(ranges, from, to);
    await updateTransfer(workstation, row.id, {
      facts: JSON.stringify({ ...journal, ranges }),
      sent: bytesOf(ranges),
      updated_at: timestamp(clock),
    });
  }
  const flush = (): Promise<void> => (under = under.then(note));
  return {
    flush,
    async add(from, to) {
      fresh.push([from, to]);
      if (bytesOf(fresh) >= NOTE_AFTER) await flush();
    },
  };
}

function tooShort(key: string): BenchkeepError {
  return new BenchkeepError('offline', `The answer for ${key} broke off`, 'It is tried again in a moment.', {
    retry: true,
  });
}
