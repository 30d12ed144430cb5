/** Small files that go to one store together: how they are read, by a thread of the store's or by this one. */
import { BenchkeepError } from '../../shared/errors.ts';
import type { Room } from '../ports/room.ts';
import type { ArtifactRow, StorageRow } from '../registry/schema.ts';
import { isNetworkRoot, storeOf, type ObjectStore, type SmallFile } from '../storage/index.ts';
import type { TransferRow } from '../workstation/schema.ts';
import { gatedStores } from './gated-stores.ts';
import type { RunTools } from './running-transfer.ts';
import { isSmall, putSmall, readSmall } from './send-content.ts';
import { placesOf } from './source-place.ts';
import { sourceOf, type TransferContext, type UploadSource } from './transfer-context.ts';

/** Files that this thread reads, or sends, at the same time. */
export const AT_ONCE = 16;

export interface SmallUpload {
  row: TransferRow;
  artifact: ArtifactRow;
  tools: RunTools;
}

/** One of them that goes as it should. */
export interface Going extends SmallUpload {
  store: ObjectStore;
  file: SmallFile;
}

/** Whatever stops one of them stops all: who pauses one need not wait for the others, which go on alone. */
export interface Turn {
  signal: AbortSignal;
  /** For those that this thread reads or sends. */
  room: Room;
  failed: (error: BenchkeepError) => void;
}

/** Calls `onRead` for each that is the content that was chosen. */
export async function readTogether(
  context: TransferContext,
  uploads: readonly SmallUpload[],
  storage: StorageRow,
  turn: Turn,
  onRead: (one: Going) => void,
): Promise<void> {
  const far = await thoseFar(context, uploads);
  await passing(uploads, turn, async (upload) => {
    const { row, tools } = upload;
    const store = await storeOf({ ...context, stores: gatedStores(context.stores, tools.gate) }, storage);
    if (!isSmall(store, row.size)) return null;
    // As it was chosen: of one that was moved since, the content is looked for alone.
    const content = sourceOf(row);
    const beside = far.has(row.id) ? null : ((await store.smallFiles?.read(content, turn)) ?? null);
    onRead({ ...upload, store, file: beside ?? (await readHere(context, store, content, turn)) });
    return null;
  });
}

/** Ids of those on a share: several of its files are asked for at a time, and one that hangs is to hold up no thread. */
async function thoseFar(context: TransferContext, uploads: readonly SmallUpload[]): Promise<Set<number>> {
  const places = await placesOf(
    context,
    uploads.map(({ row }) => row),
  );
  const storages = new Map([...places.values()].map(({ storage }) => [storage.id, storage]));
  const isFar = new Map<number, boolean>();
  for (const [id, storage] of storages) isFar.set(id, await isNetworkRoot(storage));
  return new Set([...places].flatMap(([id, { storage }]) => (isFar.get(storage.id) === true ? [id] : [])));
}

/** As a store's `smallFiles` do, by this thread. */
async function readHere(
  context: TransferContext,
  store: ObjectStore,
  source: UploadSource,
  { signal, room }: Turn,
): Promise<SmallFile> {
  const inTurn = async <T>(work: () => Promise<T>): Promise<T> => {
    const leave = await room.take(1, signal);
    return work().finally(leave);
  };
  const { checksums, small } = await inTurn(() => readSmall(context, store, source, signal));
  return {
    checksums,
    put: (key, words) =>
      inTurn(async () => {
        const made = await putSmall(store, key, small, words);
        const there = await store.stat(key, words.signal && { signal: words.signal });
        return there === null ? null : { made, there };
      }),
    close: () => undefined,
  };
}

/**
 * What `work` makes of each, of those of which it makes anything: why a store or a disk refuses others is found out by doing
 * them alone. Nobody is at work on any of them when this resolves or rejects.
 */
export async function passing<T extends SmallUpload, R>(
  uploads: readonly T[],
  { signal, failed }: Turn,
  work: (upload: T) => Promise<R | null>,
): Promise<R[]> {
  const ends = await Promise.allSettled(
    uploads.map((upload) =>
      work(upload).catch((error: unknown) => {
        if (error instanceof BenchkeepError) failed(error);
        else if (!signal.aborted) throw error;
        return null;
      }),
    ),
  );
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
  return ends.flatMap((end) => (end.status === 'fulfilled' && end.value !== null ? [end.value] : []));
}
