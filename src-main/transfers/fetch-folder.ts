/**
 * Fetches a folder artifact from a store into the cache: file by file into a folder for the time being, where what came is
 * kept over cuts and restarts, each proven by its sha256; under its name the folder appears whole.
 */
import { BenchkeepError, toErrorData } from '../../shared/errors.ts';
import { timestamp } from '../ports/clock.ts';
import { TEMPORARY_PREFIX } from '../ports/fs/node-fs.ts';
import { joinRaw, splitRaw, type RawPath } from '../ports/fs/raw-path.ts';
import { folderFiles } from '../storage/folder-files.ts';
import { manifestPath } from '../storage/folder-manifest.ts';
import { storeOf, type ObjectStore } from '../storage/index.ts';
import { updateTransfer } from '../workstation/transfer-rows.ts';
import { cacheFolder } from './cache-folder.ts';
import { takeEarlier, withEarlier } from './earlier-members.ts';
import { isOwn, rowFor, type Fetched, type FetchRequest } from './fetch-content.ts';
import { isManifestHere, manifestOf } from './fetch-manifest.ts';
import { fetchMember } from './fetch-member.ts';
import type { FetchTools } from './fetch-ranges.ts';
import { isWholeFolder } from './folder-here.ts';
import { listMembers, proveMembers, type MemberList } from './list-members.ts';
import { partPath } from './part-file.ts';
import type { TransferContext } from './transfer-context.ts';
import { workAtHand } from './work-at-hand.ts';

/** Members at once. */
const PARALLEL = 6;

/** Errors: as of `fetchContent`, with the member named; `not_supported` where nobody has the list of its files. */
export async function fetchFolder(
  context: TransferContext,
  request: FetchRequest,
  tools: FetchTools,
): Promise<Fetched> {
  const { workstation, clock, busyTransfers, fs, onTransfers } = context;
  const store = await storeOf(context, request.storage);
  const { artifact, target } = request;
  const list = await listOf(context, store, request, tools.signal);
  await fs.makeFolder(cacheFolder(context), 0o700);
  const row = await rowFor(context, request);
  const part = partPath(context, row);
  const set = (patch: Parameters<typeof updateTransfer>[2]): Promise<unknown> =>
    updateTransfer(workstation, row.id, { ...patch, updated_at: timestamp(clock) });
  const work = workAtHand(clock, row);
  busyTransfers.set(row.id, work);
  onTransfers();
  const onBytes = (bytes: number): void => {
    work.told(bytes);
    tools.onBytes(bytes);
  };
  try {
    await set({ state: 'sending' });
    await fs.makeFolder(part, 0o700);
    await removeUnfinished(context, part);
    const members = { store, request, list: list.path, part };
    await fetchMembers(context, members, { ...tools, onBytes });
    await set({ state: 'completing', sent: artifact.size });
    const sha256 = list.sha256 ?? (await proveMembers(context, members, tools.signal));
    if (!(await isWholeFolder(context, { uid: artifact.uid, folder: part }, () => true))) throw notWhole(request);
    await set({ state: 'verified', sha256 });
    await fs.moveFolderIn(part, target);
    await set({ state: 'done' });
    const facts = await fs.look(target);
    if (facts === null) throw notWhole(request);
    return { facts, sha256 };
  } catch (error) {
    // What came is right, and kept for when the one member that is not can be had again.
    if (!tools.signal.aborted) await set({ error: JSON.stringify(toErrorData(error)) });
    throw error;
  } finally {
    busyTransfers.delete(row.id);
    onTransfers();
    await list.discard();
  }
}

/** What a program that was killed was writing, and has no name of a member yet. */
async function removeUnfinished({ fs }: Pick<TransferContext, 'fs'>, part: RawPath): Promise<void> {
  for await (const path of folderFiles(fs, part, () => undefined))
    if (splitRaw(path).name.startsWith(TEMPORARY_PREFIX)) await fs.removeOwnFile(joinRaw(part, path));
}

/** `sha256`: of a list that is the folder's; null where only its store says what is in it. */
async function listOf(
  context: TransferContext,
  store: ObjectStore,
  request: FetchRequest,
  signal: AbortSignal,
): Promise<MemberList & { sha256: string | null }> {
  const { uid, sha256 } = request.artifact;
  const discard = (): Promise<void> => Promise.resolve();
  if (isOwn(request)) {
    const path = sha256 === null ? null : await manifestOf(context, store, { uid, sha256 }, signal);
    if (path === null) throw listless(request);
    return { path, sha256, discard };
  }
  if (sha256 !== null && (await isManifestHere(context, { uid, sha256 }, signal)))
    return { path: manifestPath(context, uid), sha256, discard };
  return { ...(await listMembers(context, store, request, signal)), sha256: null };
}

interface Members {
  store: ObjectStore;
  request: FetchRequest;
  list: RawPath;
  part: RawPath;
}

async function fetchMembers(
  context: TransferContext,
  { store, request, list, part }: Members,
  tools: FetchTools,
): Promise<void> {
  const failed = new AbortController();
  const signal = AbortSignal.any([tools.signal, failed.signal]);
  const entries = withEarlier(context, request.artifact, list);
  let bytes = 0;
  const onBytes = (came: number): void => {
    bytes += came;
    tools.onBytes(bytes);
  };
  let failure: { error: unknown } | null = null;
  const worker = async (): Promise<void> => {
    for (let next = await entries.next(); next.done !== true; next = await entries.next()) {
      if (signal.aborted) return;
      const { entry, earlier } = next.value;
      const target = joinRaw(part, entry.path);
      const there = await context.fs.look(target);
      // It has its name since all of it had come.
      const isHere = there?.kind === 'file' && there.size === entry.size;
      if (!isHere) await context.fs.makeFolder(splitRaw(target).folder, 0o700);
      if (isHere || (earlier !== null && (await takeEarlier(context, { entry, earlier }, target, signal))))
        onBytes(entry.size);
      else await fetchMember(context, store, { request, entry, part }, { signal, onBytes });
    }
  };
  const guarded = (): Promise<void> =>
    worker().catch((error: unknown) => {
      failure ??= { error };
      failed.abort();
    });
  try {
    await Promise.all(Array.from({ length: PARALLEL }, guarded));
  } finally {
    await entries.return(undefined);
  }
  tools.signal.throwIfAborted();
  const told = failure as { error: unknown } | null;
  if (told !== null) throw told.error;
}

function notWhole({ storage, key }: FetchRequest): BenchkeepError {
  return new BenchkeepError(
    'io_error',
    `What came of ${storage.root}/${key} was changed while it was fetched`,
    'Fetch it again.',
    { retry: true },
  );
}

function listless({ storage, key }: FetchRequest): BenchkeepError {
  return new BenchkeepError(
    'not_supported',
    `${storage.root}/${key} can't be fetched: the list of its files is neither here nor in the store`,
    'Fetch it with the tools of its store.',
  );
}
