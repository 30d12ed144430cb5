/**
 * Brings the files of a folder to the store, in the order of its manifest: several small ones at once, large ones by
 * parts. What is proven there is noted in the journal in that order, so memory does not grow with their number.
 */
import { BenchkeepError } from '../../shared/errors.ts';
import { giveWay } from '../ports/give-way.ts';
import { joinRaw, rawToDisplay, type RawPath } from '../ports/fs/raw-path.ts';
import { readManifest, type ManifestEntry } from '../storage/folder-manifest.ts';
import type { ObjectStore } from '../storage/index.ts';
import { memberKey } from './folder-in-store.ts';
import { lookOf, type FolderJournal, type SentMember } from './folder-journal.ts';
import { sendMember } from './send-member.ts';
import type { TransferContext, TransferTools } from './transfer-context.ts';

/** Members on their way at once, and bytes of them that may be in memory. */
const PARALLEL = 8;
const MOST_BYTES = 64 * 1024 ** 2;
/** How far the fastest may be ahead of the slowest: so many are asked for after a crash. */
const AHEAD = 64;
/** Members after which the disk is made sure of. */
const SYNC_EVERY = 256;

export interface MembersRequest {
  store: ObjectStore;
  /** Key of the folder, and how people see it. */
  key: string;
  shown: string;
  /** On this computer. */
  folder: RawPath;
  manifest: RawPath;
  journal: FolderJournal;
}

/** What can't be got over by trying again: the others are stopped at once. */
const FOR_GOOD: ReadonlySet<string> = new Set(['already_exists', 'file_changed', 'file_not_found']);

/**
 * Errors: `already_exists` (names the member), `file_changed`, `file_not_found`, those of the store: that of the first
 * that failed. Others that are on their way then arrive, and are not sent again.
 */
export async function sendMembers(
  context: Pick<TransferContext, 'fs' | 'partBuffers' | 'hasher'>,
  { store, key, shown, folder, manifest, journal }: MembersRequest,
  tools: TransferTools,
): Promise<void> {
  const turn = giveWay(tools.signal);
  const stop = new AbortController();
  const signal = AbortSignal.any([tools.signal, stop.signal]);
  const underWay = new Set<Promise<void>>();
  const first = journal.count;
  const asked = journal.askAll ? Infinity : journal.isResumed ? first + AHEAD + SYNC_EVERY : 0;
  const notes = notesOf(journal);
  const progress = progressOf(tools);
  let weights = 0;
  let failure: { error: unknown } | null = null;

  async function bring(n: number, entry: ManifestEntry): Promise<void> {
    try {
      const facts = await context.fs.look(joinRaw(folder, entry.path));
      if (facts === null) throw gone(folder, entry);
      if (facts.kind !== 'file' || facts.size !== entry.size) throw changed(folder, entry);
      const source = { path: joinRaw(folder, entry.path), facts, sha256: entry.sha256 };
      const request = { store, key: memberKey(key, entry.path), shown: `${shown}/${rawToDisplay(entry.path)}`, source };
      const onSent = (bytes: number): void => {
        progress.of(n, bytes);
      };
      const there = await sendMember(context, { ...request, ask: n < asked }, { signal, onSent });
      progress.done(n, entry.size);
      await notes.add(n, { etag: there.etag, version: there.version, look: lookOf(facts) });
    } catch (error) {
      failure ??= { error };
      if (error instanceof BenchkeepError && FOR_GOOD.has(error.code)) stop.abort();
    }
  }

  let n = -1;
  try {
    for await (const entry of readManifest(manifest)) {
      n += 1;
      await turn();
      if (n < first) {
        progress.done(n, entry.size);
        continue;
      }
      const { partSize, parallel } = store.uploads.plan(entry.size);
      const weight = Math.min(entry.size, partSize * parallel, MOST_BYTES);
      const mustWait = (): boolean =>
        underWay.size >= PARALLEL || (weights > 0 && weights + weight > MOST_BYTES) || n - journal.count >= AHEAD;
      while (failure === null && underWay.size > 0 && mustWait()) await Promise.race(underWay);
      if (failure !== null) break;
      tools.signal.throwIfAborted();
      weights += weight;
      const bringing = bring(n, entry).finally(() => {
        weights -= weight;
        underWay.delete(bringing);
      });
      underWay.add(bringing);
    }
  } finally {
    await Promise.all(underWay);
    await notes.end();
  }
  tools.signal.throwIfAborted();
  const failed = failure as { error: unknown } | null;
  if (failed !== null) throw failed.error;
}

/** Writes them down in their order, those that came together in one go. */
function notesOf(journal: FolderJournal): { add(n: number, member: SentMember): Promise<void>; end(): Promise<void> } {
  const waiting = new Map<number, SentMember>();
  let synced = journal.count;
  let writing: Promise<void> = Promise.resolve();

  async function write(): Promise<void> {
    const next: SentMember[] = [];
    for (let n = journal.count; ; n++) {
      const member = waiting.get(n);
      if (member === undefined) break;
      waiting.delete(n);
      next.push(member);
    }
    if (next.length > 0) await journal.add(next);
    if (journal.count - synced >= SYNC_EVERY) await sync();
  }
  async function sync(): Promise<void> {
    if (journal.count === synced) return;
    synced = journal.count;
    await journal.sync();
  }
  return {
    add(n, member) {
      waiting.set(n, member);
      return (writing = writing.then(write));
    },
    async end() {
      await writing;
      await sync();
    },
  };
}

/** Bytes of members that the store has, with those of the parts of large ones. */
function progressOf({ onSent }: TransferTools): {
  of(n: number, bytes: number): void;
  done(n: number, size: number): void;
} {
  const parts = new Map<number, number>();
  let whole = 0;
  const tell = (): void => {
    let bytes = whole;
    for (const part of parts.values()) bytes += part;
    onSent?.(bytes);
  };
  return {
    of(n, bytes) {
      parts.set(n, bytes);
      tell();
    },
    done(n, size) {
      parts.delete(n);
      whole += size;
      tell();
    },
  };
}

function gone(folder: RawPath, { path }: ManifestEntry): BenchkeepError {
  return new BenchkeepError(
    'file_not_found',
    `${rawToDisplay(joinRaw(folder, path))} is not there any more`,
    'Put it back, or let the folder be registered as it is now. Nothing was removed.',
  );
}

function changed(folder: RawPath, { path }: ManifestEntry): BenchkeepError {
  return new BenchkeepError(
    'file_changed',
    `${rawToDisplay(joinRaw(folder, path))} has been changed since the folder was registered`,
    'The folder stays as it is. Let it be registered first: its new content becomes the next version.',
  );
}
