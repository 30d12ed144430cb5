/** The content of an artifact in the cache: what is there already, or fetched, once for everybody who asks at the same time. */
import { BenchkeepError } from '../../shared/errors.ts';
import type { SharedDownload } from '../instance/index.ts';
import type { RawPath } from '../ports/fs/raw-path.ts';
import type { ArtifactRow, CopyRow, StorageRow } from '../registry/schema.ts';
import { objectOfCopy, storeOf } from '../storage/index.ts';
import { activeTransfers } from '../workstation/transfer-rows.ts';
import { cachePath, findCached, lookOfArtifact, noteCached } from './cache-folder.ts';
import { whileContentAlone } from './content-lock.ts';
import { fetchContent } from './fetch-content.ts';
import { fetchFolder } from './fetch-folder.ts';
import { manifestOf } from './fetch-manifest.ts';
import type { FetchTools } from './fetch-ranges.ts';
import { makeRoom } from './make-room.ts';
import { markCloudCopy, markCloudCopyRight, type CloudLoss } from './mark-cloud-copy.ts';
import { putAside } from './put-aside.ts';
import { endDownloads } from './sweep-parts.ts';
import type { TransferContext } from './transfer-context.ts';

export interface ToFetch {
  artifact: ArtifactRow;
  /** Called before bytes are fetched, with how many. Errors: `disk_full`. */
  requireSpace: (bytes: number) => Promise<void>;
}

interface CloudPlace {
  copy: CopyRow;
  storage: StorageRow;
}

/**
 * Its path. Who stops waiting stops the download only if nobody else waits for it; what came is kept. Errors: those of
 * `fetchContent`, `cancelled`, `in_cloud` never.
 */
export async function fetchToCache(context: TransferContext, wanted: ToFetch, tools: FetchTools): Promise<RawPath> {
  const { downloads } = context;
  const { uid } = wanted.artifact;
  const download = downloads.get(uid) ?? begin(context, wanted);
  const { signal, onBytes } = tools;
  download.listeners.add(onBytes);
  onBytes(download.bytes);
  try {
    return await unlessStopped(download, signal);
  } finally {
    download.listeners.delete(onBytes);
    if (signal.aborted && download.listeners.size === 0) {
      if (downloads.get(uid) === download) downloads.delete(uid);
      download.stop.abort();
      // Nothing of it goes on unseen.
      await download.done.catch(() => undefined);
    }
  }
}

function begin(context: TransferContext, wanted: ToFetch): SharedDownload {
  const { downloads } = context;
  const { uid } = wanted.artifact;
  const stop = new AbortController();
  const listeners: SharedDownload['listeners'] = new Set();
  const download: SharedDownload = { done: Promise.reject(new Error('not begun')), listeners, bytes: 0, stop };
  download.done.catch(() => undefined);
  const onBytes = (bytes: number): void => {
    download.bytes = bytes;
    for (const listener of listeners) listener(bytes);
  };
  download.done = whileContentAlone(context, uid, () => bring(context, wanted, { signal: stop.signal, onBytes }))
    .catch((error: unknown) => {
      throw stop.signal.aborted ? notAnyMore() : error;
    })
    .finally(() => {
      if (downloads.get(uid) === download) downloads.delete(uid);
    });
  download.done.catch(() => undefined);
  downloads.set(uid, download);
  return download;
}

/** Whoever waits for it is told that it was cancelled; resolves when nobody is at work on it any more. */
export async function stopDownload({ downloads }: Pick<TransferContext, 'downloads'>, uid: string): Promise<void> {
  const download = downloads.get(uid);
  if (download === undefined) return;
  downloads.delete(uid);
  download.stop.abort();
  await download.done.catch(() => undefined);
}

function notAnyMore(): BenchkeepError {
  return new BenchkeepError('cancelled', 'The download was cancelled', 'Ask for it again; nothing was changed here.', {
    retry: true,
  });
}

function unlessStopped({ done }: SharedDownload, signal: AbortSignal): Promise<RawPath> {
  return new Promise((resolve, reject) => {
    const stopped = (): void => {
      reject(
        new BenchkeepError('cancelled', 'Stopped', 'What is here so far is kept; ask again for the rest.', {
          retry: true,
        }),
      );
    };
    if (signal.aborted) stopped();
    signal.addEventListener('abort', stopped, { once: true });
    done.then(resolve, reject).finally(() => {
      signal.removeEventListener('abort', stopped);
    });
  });
}

async function bring(
  context: TransferContext,
  { artifact, requireSpace }: ToFetch,
  tools: FetchTools,
): Promise<RawPath> {
  const cached = await findCached({ ...context, workstation: context.workstation.db }, artifact);
  if (cached !== null) return cached.path;
  const target = cachePath(context, artifact);
  const places = await placesInCloud(context, artifact);
  if (artifact.n_files !== null && (await context.fs.look(target)) !== null)
    await bringManifest(context, artifact, places, tools.signal);
  if (await takeWhatIsThere(context, artifact, target)) {
    await endDownloads(context, artifact.uid);
    return target;
  }
  let failure: BenchkeepError | null = null;
  for (const place of places) {
    try {
      await makeRoom(context, artifact, requireSpace, tools.signal);
      const request = { artifact, ...objectOfCopy(place.storage, place.copy), storage: place.storage, target };
      const fetch = artifact.n_files === null ? fetchContent : fetchFolder;
      const { facts, sha256 } = await fetch(context, request, tools);
      const known = { ...artifact, sha256 };
      await noteCached(context, known, { facts });
      await markCloudCopyRight(context, known, place);
      return target;
    } catch (error) {
      const loss = lossOf(error);
      if (loss === null || !(error instanceof BenchkeepError)) throw error;
      // Another store may have it.
      failure = error;
      await markCloudCopy(context, artifact, place, loss);
    }
  }
  throw failure ?? onlyElsewhere(artifact);
}

/** Without it nobody can say whether a folder that is there is the content. */
async function bringManifest(
  context: TransferContext,
  artifact: ArtifactRow,
  places: readonly CloudPlace[],
  signal: AbortSignal,
): Promise<void> {
  for (const { storage } of places)
    if ((await manifestOf(context, await storeOf(context, storage), artifact, signal)) !== null) return;
}

function lossOf(error: unknown): CloudLoss | null {
  if (!(error instanceof BenchkeepError)) return null;
  if (error.code === 'file_not_found') return 'cloud-gone';
  return error.code === 'wrong_content' ? 'cloud-mismatch' : null;
}

/** True where what lies in the cache is the content, though it was touched. What somebody worked on is put beside it. */
async function takeWhatIsThere(context: TransferContext, artifact: ArtifactRow, target: RawPath): Promise<boolean> {
  const facts = await context.fs.look(target);
  if (facts === null) return false;
  const sha256 = artifact.sha256 ?? (await fetchedAs(context, artifact));
  const look = sha256 === null ? null : await lookOfArtifact(context, target, { uid: artifact.uid, sha256 });
  if (look !== null && sha256 !== null) {
    await noteCached(context, { ...artifact, sha256 }, look);
    return true;
  }
  await putAside(context, artifact, target, facts);
  return false;
}

/** The program ended when all had come, and before that was written down. */
async function fetchedAs({ workstation }: TransferContext, { uid }: ArtifactRow): Promise<string | null> {
  const active = await activeTransfers(workstation);
  const row = active.find(({ artifact_uid: of, direction, state }) => {
    return of === uid && direction === 'download' && state === 'verified';
  });
  return row?.sha256 ?? null;
}

/** Those that were found right first. */
async function placesInCloud({ registry }: TransferContext, { id }: ArtifactRow): Promise<CloudPlace[]> {
  const copies = await registry.db
    .selectFrom('copy')
    .selectAll()
    .where('artifact_id', '=', id)
    .orderBy((eb) => eb('verified_at', 'is', null))
    .orderBy('id')
    .execute();
  const places: CloudPlace[] = [];
  for (const copy of copies) {
    const storage = await registry.db
      .selectFrom('storage')
      .selectAll()
      .where('id', '=', copy.storage_id)
      .executeTakeFirst();
    if (storage !== undefined && storage.type !== 'local') places.push({ copy, storage });
  }
  return places;
}

function onlyElsewhere({ uid }: ArtifactRow): BenchkeepError {
  return new BenchkeepError(
    'file_not_found',
    `No store is known that has ${uid}`,
    'Look where it is: benchkeep describe.',
  );
}
