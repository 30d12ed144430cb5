/** Registers files of a storage where they are: the one way in for the watcher and for `save` of files in place. */
import type { HashOptions, HashOutcome } from '../ports/fs/hasher.ts';
import { joinRaw } from '../ports/fs/raw-path.ts';
import { localRoot } from '../storage/index.ts';
import { gatherRegistration } from './gather-registration.ts';
import { registerBatch, type RegisterContext, type RegisterOutcome, type RegisterRequest } from './register-batch.ts';

/** Rows of one transaction: enough to make the sync cheap, few enough to keep the engine answering. */
const BATCH = 250;
/**
 * Bytes of one, so that the first of many middling files are in the registry while the rest are read; and what a file
 * may have to be one of them. Reading that much takes no second, and the two ends alone are 100 MiB.
 */
const BATCH_BYTES = 256 * 1024 * 1024;
/** Large files on their way at a time: enough for all threads. */
const LANES = 8;

type Indexed = RegisterRequest['files'][number] & { index: number };

/** Outcomes in the order of `files`; the large ones are read last. Errors: those of the registry; `cancelled`. */
export async function registerFiles(context: RegisterContext, request: RegisterRequest): Promise<RegisterOutcome[]> {
  const outcomes: RegisterOutcome[] = [];
  const files = request.files.map((file, index) => ({ ...file, index }));
  const take = (batch: readonly Indexed[], taken: readonly RegisterOutcome[]): void => {
    for (const [i, { index }] of batch.entries()) outcomes[index] = taken[i] ?? { kind: 'changed' };
  };
  const batches = inBatches(files.filter(({ facts }) => facts.size <= BATCH_BYTES));
  let hashing = hashBatch(context, request, batches[0] ?? []);
  for (const [i, batch] of batches.entries()) {
    const hashed = await hashing;
    // The next batch is read while this one is written.
    hashing = hashBatch(context, request, batches[i + 1] ?? []);
    hashing.catch(() => undefined);
    take(batch, await registerBatch(context, request, batch, hashed));
  }
  const large = files.filter(({ facts }) => facts.size > BATCH_BYTES);
  if (request.explicit === undefined) await registerEnds(context, request, large);
  await registerLarge(context, request, large, take);
  return outcomes;
}

function inBatches(files: readonly Indexed[]): Indexed[][] {
  const batches: Indexed[][] = [];
  let batch: Indexed[] = [];
  let bytes = 0;
  for (const file of files) {
    if (batch.length === BATCH || bytes + file.facts.size > BATCH_BYTES) {
      batches.push(batch);
      batch = [];
      bytes = 0;
    }
    batch.push(file);
    bytes += file.facts.size;
  }
  return batch.length === 0 ? batches : [...batches, batch];
}

/** A large file is in the table as soon as its ends are read; what it is, is known when all of it is. */
async function registerEnds(
  context: RegisterContext,
  request: RegisterRequest,
  large: readonly Indexed[],
): Promise<void> {
  const root = localRoot(request.storage);
  for (let start = 0; start < large.length; start += LANES) {
    const batch = large.slice(start, start + LANES);
    const { known } = await gatherRegistration(
      context.registry.db,
      request.storage.id,
      batch.map(({ path }) => path),
    );
    const fresh = batch.filter(({ path }) => !known.has(path));
    const ends = await context.hasher.hashEnds(
      fresh.map(({ path }) => joinRaw(root, path)),
      hashOptions(request, false),
    );
    await registerBatch(context, request, fresh, ends);
  }
}

/** Each by itself: none waits for the reading of another. The first error ends the others. */
async function registerLarge(
  context: RegisterContext,
  request: RegisterRequest,
  large: readonly Indexed[],
  take: (batch: readonly Indexed[], taken: readonly RegisterOutcome[]) => void,
): Promise<void> {
  const root = localRoot(request.storage);
  const failed = new AbortController();
  const signal = AbortSignal.any([failed.signal, ...(request.signal === undefined ? [] : [request.signal])]);
  const errors: unknown[] = [];
  const left = large.values();
  async function lane(): Promise<void> {
    for (const file of left) {
      const options = { ...hashOptions(request, true), signal, background: request.explicit === undefined };
      const hashed = await context.hasher.hashFiles([joinRaw(root, file.path)], options);
      take([file], await registerBatch(context, request, [file], hashed));
    }
  }
  const lanes = Array.from({ length: Math.min(LANES, large.length) }, () =>
    lane().catch((error: unknown) => {
      errors.push(error);
      failed.abort();
    }),
  );
  await Promise.all(lanes);
  if (errors.length > 0) throw errors[0];
}

function hashOptions({ signal, onBytes }: RegisterRequest, tell: boolean): HashOptions {
  return { ...(signal === undefined ? {} : { signal }), ...(onBytes === undefined || !tell ? {} : { onBytes }) };
}

function hashBatch(
  context: RegisterContext,
  request: RegisterRequest,
  batch: readonly Indexed[],
): Promise<HashOutcome[]> {
  if (batch.length === 0) return Promise.resolve([]);
  const root = localRoot(request.storage);
  const paths = batch.map(({ path }) => joinRaw(root, path));
  return context.hasher.hashFiles(paths, hashOptions(request, true));
}
