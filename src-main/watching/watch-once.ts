/**
 * `watch --once`: one full pass over every watched folder, a second look at what was not settled, and the uploads of
 * what arrived by rule.
 */
import { BenchkeepError } from '../../shared/errors.ts';
import type { JobProgress, WatchSummary } from '../../shared/contract/index.ts';
import { wait } from '../ports/clock.ts';
import type { RawPath } from '../ports/fs/raw-path.ts';
import type { StorageRow } from '../registry/schema.ts';
import { answeringFs } from './answering-fs.ts';
import { dueInInbox, inboxCounts } from './inbox.ts';
import { reconcile, type ReconcileContext } from './reconcile.ts';
import { settleTime } from './settle-time.ts';
import { addTaken, NOTHING_TAKEN, type Taken } from './take-candidates.ts';
import { uploadArrivals } from './upload-arrivals.ts';
import { watchedStorages } from './watched-storages.ts';

const AT_ONCE = 1000;

/** Ends with what still waits in the inbox. A folder whose drive is away is skipped: its files stay as they are. */
export async function* watchOnce(
  context: ReconcileContext,
  signal?: AbortSignal,
): AsyncGenerator<JobProgress, WatchSummary> {
  const storages = await watchedStorages(context);
  let taken: Taken = { ...NOTHING_TAKEN };
  let skipped = 0;
  let files = 0;
  let bytes = 0;
  const unsettled: { storage: StorageRow; settle: number }[] = [];
  for (const storage of storages) {
    signal?.throwIfAborted();
    const settle = await settleTime(storage);
    const pass = await passOrOffline(context, storage, settle, signal);
    if (pass === null) continue;
    taken = addTaken(taken, pass.taken);
    skipped += pass.totals.skipped;
    files += pass.totals.files;
    bytes += pass.totals.bytes;
    yield { items: files, items_total: null, bytes, bytes_total: null, file: storage.root };
    if (pass.taken.waiting > 0) unsettled.push({ storage, settle });
  }
  const longest = Math.max(0, ...unsettled.map(({ settle }) => settle));
  if (longest > 0) await wait(context.clock, longest + 50, signal);
  for (const { storage, settle } of unsettled) {
    signal?.throwIfAborted();
    for (;;) {
      const now = context.clock.now();
      const { due, next } = await dueInInbox(context.workstation, storage.uid, now, AT_ONCE);
      if (due.length === 0) break;
      const second = await passOrOffline(context, storage, settle, signal, due);
      if (second === null) break;
      taken = addTaken(taken, second.taken);
      yield { items: files, items_total: files, bytes, bytes_total: bytes, file: storage.root };
      if (next !== now) break;
    }
  }
  const uploads = yield* uploadArrivals(context, signal);
  const left = await inboxCounts(context.workstation);
  return {
    registered: taken.registered,
    versions: taken.versions,
    waiting: left.waiting,
    failed: left.failed,
    skipped,
    storages: storages.length,
    uploads,
  };
}

/** Null where the drive is away. A share that hangs is one, too. */
async function passOrOffline(
  context: ReconcileContext,
  storage: StorageRow,
  settle: number,
  signal: AbortSignal | undefined,
  start?: RawPath[],
) {
  try {
    return await reconcile(
      { ...context, fs: answeringFs(context.fs, context.clock) },
      {
        storage,
        settle,
        ...(start === undefined ? {} : { start }),
        ...(signal === undefined ? {} : { signal }),
      },
    );
  } catch (error) {
    if (error instanceof BenchkeepError && error.code === 'offline') return null;
    throw error;
  }
}
