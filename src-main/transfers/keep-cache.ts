/** Keeps the cache below its limit: what was not used longest goes first, and only where it is proven to be elsewhere. */
import { getSettings } from '../instance/index.ts';
import { timestamp } from '../ports/clock.ts';
import { TEMPORARY_PREFIX } from '../ports/fs/node-fs.ts';
import { joinRaw, rawToText } from '../ports/fs/raw-path.ts';
import type { CachedRow } from '../workstation/schema.ts';
import { readCached, touchCached } from '../workstation/transfer-rows.ts';
import { cacheFolder, lookOfArtifact, noteCached } from './cache-folder.ts';
import { whileContentAlone } from './content-lock.ts';
import { lookAtEdited } from './edited-files.ts';
import { evictCached } from './evict-cached.ts';
import { bytesOnlyHere, lookAtLastCopies } from './last-copies.ts';
import { onceAskedStores } from './once-asked-stores.ts';
import type { TransferContext } from './transfer-context.ts';

/** Ms between two looks of a program that stays open: uploads move copies into the cache, too. */
const LOOK = 60_000;
/** Ms: a use is not written down more often than that. */
const USED_AGAIN = 5 * 60_000;

/** Bytes in the cache, as far as they are known. */
export async function cachedBytes({ workstation }: Pick<TransferContext, 'workstation'>): Promise<number> {
  const row = await workstation.db
    .selectFrom('cached')
    .select((eb) => eb.fn.sum<number | null>('size').as('size'))
    .executeTakeFirst();
  return row?.size ?? 0;
}

/**
 * Bytes that were freed. What is nowhere else counts for nothing, since it can't go. `keep`: what came just now is not taken away at once, however large it is. Errors:
 * `cancelled`.
 */
export async function evictOverLimit(
  context: TransferContext,
  { keep, signal }: { keep?: string; signal: AbortSignal },
): Promise<number> {
  const { cache_limit: limit } = await getSettings(context);
  let over = (await cachedBytes(context)) - limit;
  let freed = 0;
  if (over <= 0) return freed;
  over -= await bytesOnlyHere(context);
  const { evictions } = context;
  const { stores, unanswered } = onceAskedStores(context.stores);
  for (const { artifact_uid: uid } of await oldestFirst(context)) {
    if (over <= 0) break;
    if (uid === keep || evictions.isRefused(uid)) continue;
    signal.throwIfAborted();
    const before = unanswered();
    const evicted = await evictCached({ ...context, stores }, uid, signal);
    // A store that is away may be back soon; what else keeps it was found by reading all of it.
    if (evicted.kind !== 'kept') evictions.evicted(uid);
    else if (unanswered() === before) evictions.refused(uid);
    if (evicted.kind !== 'evicted') continue;
    over -= evicted.size;
    freed += evicted.size;
  }
  return freed;
}

function oldestFirst({ workstation }: TransferContext): Promise<Pick<CachedRow, 'artifact_uid'>[]> {
  return workstation.db
    .selectFrom('cached')
    .select('artifact_uid')
    .orderBy('used_at')
    .orderBy('artifact_uid')
    .execute();
}

/** Its content was read from the cache, if it was; written down once in a while. */
export async function noteUsed(
  { workstation, clock }: Pick<TransferContext, 'workstation' | 'clock'>,
  artifactUid: string,
): Promise<void> {
  const before = new Date(clock.now() - USED_AGAIN).toISOString();
  const row = await readCached({ db: workstation.db }, artifactUid);
  if (row === null || row.used_at > before) return;
  await touchCached(workstation, artifactUid, timestamp(clock));
}

/** Files of the cache that this workstation does not know, because its database was lost: known again where they are right. */
export async function adoptCached(context: TransferContext, signal: AbortSignal): Promise<void> {
  const folder = cacheFolder(context);
  if ((await context.fs.look(folder)) === null) return;
  for (const { name, kind } of await context.fs.readFolder(folder)) {
    if (signal.aborted) return;
    const uid = rawToText(name)?.slice(0, 20) ?? '';
    if ((kind !== 'file' && kind !== 'folder') || name.startsWith(TEMPORARY_PREFIX)) continue;
    await whileContentAlone(context, uid, async () => {
      const { registry, workstation } = context;
      const known = await workstation.db
        .selectFrom('cached')
        .select('artifact_uid')
        .where('artifact_uid', '=', uid)
        .executeTakeFirst();
      if (known !== undefined) return;
      const artifact = await registry.db.selectFrom('artifact').selectAll().where('uid', '=', uid).executeTakeFirst();
      if (artifact === undefined || artifact.sha256 === null || rawToText(name) !== `${uid}${artifact.suffix}`) return;
      const { sha256 } = artifact;
      const look = await lookOfArtifact(context, joinRaw(folder, name), { uid, sha256 });
      if (look !== null) await noteCached(context, { ...artifact, sha256 }, look);
    });
  }
}

export interface CacheKept {
  close(): Promise<void>;
}

/** At the start, and again while the program is open. `active` false: nothing, because it ends when its command is done. */
export function keepCache(context: TransferContext, active: boolean): CacheKept {
  const stop = new AbortController();
  const { signal } = stop;
  let cancel = (): void => undefined;
  let running: Promise<void> = Promise.resolve();
  async function look(isFirst: boolean): Promise<void> {
    try {
      if (isFirst) await adoptCached(context, signal);
      await lookAtEdited(context, { isFirst, signal });
      await lookAtLastCopies(context, signal);
      await evictOverLimit(context, { signal });
    } catch {
      // What can't be evicted now is tried again; nobody waits for it.
    } finally {
      lookIn(LOOK, false);
    }
  }
  function lookIn(ms: number, isFirst: boolean): void {
    if (!active || signal.aborted) return;
    cancel = context.clock.after(ms, () => {
      running = look(isFirst);
    });
  }
  lookIn(0, true);
  return {
    async close() {
      stop.abort();
      cancel();
      await running;
    },
  };
}
