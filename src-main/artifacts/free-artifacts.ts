/** `free`: content goes from this computer that is proven, now, to be in the cloud. */
import type { FreeResult, JobProgress } from '../../shared/contract/index.ts';
import { BenchkeepError } from '../../shared/errors.ts';
import type { InstanceContext } from '../instance/index.ts';
import { isOpenElsewhere } from '../ports/fs/open-files.ts';
import { evictCached, proveInStore, type Evicted, type StoreProof } from '../transfers/index.ts';
import { artifactRecords } from './artifact-records.ts';
import { findArtifacts } from './find-artifact.ts';
import { finishFreesOf } from './finish-frees.ts';
import { forgetCopies } from './forget-copies.ts';
import { freeFolder } from './free-folder.ts';
import { forgetPending, freeFile, pendingFree, writePending, type PendingFree } from './pending-frees.ts';
import {
  chooseFreeable,
  keptOf,
  type Freeable,
  type FreeablePlace,
  type FreeChoice,
  type Kept,
} from './plan-freeing.ts';
import { readContext } from './read-context.ts';
import { refuseIfStopped, tellProgress, type JobTools } from './tell-progress.ts';

/** Files of one transaction: the engine is not kept busy for longer. */
const BATCH = 200;

/**
 * Null: what is in the cache. Files in place and Benchkeep's own copies in its storages go where they are named; never
 * what lies in a linked storage. Errors: `not_found`, `ambiguous`, `cancelled`; whatever else fails is why something stays.
 */
export function freeArtifacts(
  context: InstanceContext,
  input: { artifacts: string[] | null },
  signal?: AbortSignal,
): AsyncGenerator<JobProgress, FreeResult> {
  return tellProgress(context.clock, signal, (job) => freeAll(context, input.artifacts, job));
}

interface Ready {
  freeable: Freeable;
  place: FreeablePlace;
  proof: StoreProof;
  pending: PendingFree;
}

async function freeAll(
  context: InstanceContext,
  named: string[] | null,
  { signal, progress }: JobTools,
): Promise<FreeResult> {
  const tally = { freed: 0, touched: new Set<number>() };
  const left = await finishEarlier(context, named, tally, signal);
  const choice = await chooseFreeable(context, named);
  choice.kept.push(...left);
  progress.items_total = choice.freeable.length + choice.strays.length;
  let ready: Ready[] = [];
  for (const freeable of choice.freeable) {
    refuseIfStopped(signal);
    progress.file = freeable.artifact.key ?? freeable.artifact.uid;
    await freeCached(context, freeable, choice, tally, signal);
    for (const place of freeable.places) {
      if (freeable.artifact.n_files !== null) {
        await freeOneFolder(context, freeable, place, choice, tally, signal);
        continue;
      }
      const one = await prove(context, freeable, place, signal);
      if (typeof one === 'string') choice.kept.push(keptOf(freeable.artifact, one));
      else ready.push(one);
    }
    if (ready.length >= BATCH) {
      await freePlaces(context, ready, choice.kept, tally, signal);
      ready = [];
    }
    progress.items += 1;
    progress.bytes = tally.freed;
  }
  await freePlaces(context, ready, choice.kept, tally, signal);
  for (const { uid } of choice.strays) {
    refuseIfStopped(signal);
    const evicted = await evict(context, uid, signal);
    if (evicted.kind === 'kept') choice.kept.push({ uid, name: uid, reason: evicted.reason });
    if (evicted.kind === 'evicted') tally.freed += evicted.size;
    progress.items += 1;
  }
  progress.bytes = tally.freed;
  progress.file = null;
  return {
    items: await artifactRecords(readContext(context), [...tally.touched]),
    freed: tally.freed,
    kept: choice.kept,
  };
}

interface Tally {
  freed: number;
  /** Ids of artifacts of which something went. */
  touched: Set<number>;
}

/** What an earlier try left in the middle of; why it stays so. */
async function finishEarlier(
  context: InstanceContext,
  named: string[] | null,
  tally: Tally,
  signal: AbortSignal,
): Promise<Kept[]> {
  const kept: Kept[] = [];
  for (const artifact of named === null ? [] : await findArtifacts(context.registry.db, named)) {
    const finishing = finishFreesOf(context, artifact.uid, signal);
    const { freed, reason } = await finishing.catch((error: unknown) => {
      refuseIfStopped(signal);
      throw error;
    });
    if (reason !== null) kept.push(keptOf(artifact, reason));
    if (freed > 0) tally.touched.add(artifact.id);
    tally.freed += freed;
  }
  return kept;
}

async function freeOneFolder(
  context: InstanceContext,
  freeable: Freeable,
  place: FreeablePlace,
  { kept }: FreeChoice,
  tally: Tally,
  signal: AbortSignal,
): Promise<void> {
  const freed = await freeFolder(context, freeable, place, signal).catch((error: unknown) => {
    refuseIfStopped(signal);
    throw error;
  });
  if (typeof freed === 'string') kept.push(keptOf(freeable.artifact, freed));
  else {
    tally.freed += freed;
    tally.touched.add(freeable.artifact.id);
  }
}

async function freeCached(
  context: InstanceContext,
  { artifact, cached }: Freeable,
  { kept }: FreeChoice,
  tally: Tally,
  signal: AbortSignal,
): Promise<void> {
  if (cached === null) return;
  const evicted = await evict(context, artifact.uid, signal);
  if (evicted.kind === 'kept') kept.push(keptOf(artifact, evicted.reason));
  if (evicted.kind !== 'evicted') return;
  tally.freed += evicted.size;
  tally.touched.add(artifact.id);
}

function evict(context: InstanceContext, uid: string, signal: AbortSignal): Promise<Evicted> {
  return evictCached(context, uid, signal).catch((error: unknown) => {
    refuseIfStopped(signal);
    throw error;
  });
}

/** Or why it stays. */
async function prove(
  context: InstanceContext,
  freeable: Freeable,
  place: FreeablePlace,
  signal: AbortSignal,
): Promise<Ready | string> {
  const { artifact } = freeable;
  const { path, facts } = place;
  try {
    if (await isOpenElsewhere(facts)) return 'a program has it open';
    const proven = await proveInStore(context, artifact.id, { path, facts, sha256: artifact.sha256 }, signal);
    if (proven.kind === 'not proven') return proven.reason;
    return { freeable, place, proof: proven.proof, pending: pendingFree(artifact.uid, place, artifact.storage_id) };
  } catch (error) {
    refuseIfStopped(signal);
    if (!(error instanceof BenchkeepError)) throw error;
    return error.message;
  }
}

/** The registry first: until it has forgotten them, nothing goes. */
async function freePlaces(
  context: InstanceContext,
  ready: readonly Ready[],
  kept: Kept[],
  tally: Tally,
  signal: AbortSignal,
): Promise<void> {
  if (ready.length === 0) return;
  await writePending(
    context,
    ready.map(({ pending }) => pending),
  );
  const gone = await forgetCopies(context, ready);
  let failure: { error: unknown } | null = null;
  for (const one of ready) {
    const { artifact } = one.freeable;
    try {
      const freed = gone.has(one) ? await freeFile(context, one.pending, one.place, one.proof, signal) : null;
      if (freed === null) await forgetPending(context, one.pending);
      if (typeof freed === 'number') {
        tally.freed += freed;
        tally.touched.add(artifact.id);
      } else kept.push(keptOf(artifact, freed ?? 'something else was done with it meanwhile'));
    } catch (error) {
      // Of the others, too, the registry has to know again what stays.
      failure ??= { error };
    }
  }
  if (failure === null) return;
  refuseIfStopped(signal);
  throw failure.error;
}
