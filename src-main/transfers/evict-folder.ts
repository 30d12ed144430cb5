/** Removes a folder from the cache, only where each file of it is proven at that moment to be in a store. */
import type { FileFacts } from '../ports/fs/file-facts.ts';
import { rawToDisplay, type RawPath } from '../ports/fs/raw-path.ts';
import type { ArtifactRow, CopyRow, StorageRow } from '../registry/schema.ts';
import { OWN_FOLDER, storeOf, type ObjectFacts, type ObjectStore } from '../storage/index.ts';
import type { CachedRow } from '../workstation/schema.ts';
import { forgetCached } from '../workstation/transfer-rows.ts';
import { isAsCached, looksIn, looksOf } from './cache-folder.ts';
import { isFolderContentAt, isFolderOpen, isWholeFolder } from './folder-here.ts';
import { isManifestHere } from './fetch-manifest.ts';
import { digestOfManifest, manifestKey, memberKey } from './folder-in-store.ts';
import { isContent } from './judge-object.ts';
import { cloudCopies } from './prove-in-store.ts';
import { putAside } from './put-aside.ts';
import { readChecksums } from './read-parts.ts';
import { removeCachedFolder } from './remove-cached-folder.ts';
import type { TransferContext } from './transfer-context.ts';

export type Evicted = { kind: 'evicted'; size: number } | { kind: 'not cached' } | { kind: 'kept'; reason: string };

/** Errors: those of the store and of reading, which keep it. */
export async function evictFolder(
  context: TransferContext,
  row: CachedRow,
  artifact: ArtifactRow,
  { path, facts }: { path: RawPath; facts: FileFacts },
  signal: AbortSignal,
): Promise<Evicted> {
  const { uid } = artifact;
  if (await isFolderOpen(context, path)) return kept('a program has a file of it open');
  const looks = await looksOf(context, path);
  if (looks === null) return kept('somebody works on it');
  const isTouched = !isAsCached(facts, row) || looks !== looksIn(row);
  if (isTouched && !(await isFolderContentAt(context, uid, path))) {
    await putAside(context, artifact, path, facts);
    return kept('it was edited here: that work is kept beside the cache');
  }
  const copies = await cloudCopies(context, artifact.id);
  let reason = 'it is only on this computer';
  for (const { copy, storage } of copies) {
    const missing = await firstMissing(context, { uid, path, sha256: row.sha256 }, { copy, storage }, signal);
    if (missing === null) {
      // It took its time to read it all.
      if ((await looksOf(context, path)) !== looks) return kept('somebody works on it');
      const done = await removeCachedFolder(context, path, looks);
      if (done !== 'gone') return kept(done === 'open' ? 'a program has a file of it open' : 'somebody works on it');
      await forgetCached(context.workstation, uid);
      return { kind: 'evicted', size: row.size };
    }
    reason = missing;
  }
  return kept(reason);
}

/** Null where each file here is in the store, as the store itself says. */
async function firstMissing(
  context: TransferContext,
  { uid, path: folder, sha256 }: { uid: string; path: RawPath; sha256: string },
  { copy, storage }: { copy: CopyRow; storage: StorageRow },
  signal: AbortSignal,
): Promise<string | null> {
  const store = await storeOf(context, storage);
  const key = copy.path.toString('utf8');
  const seen = { reason: `its files are not those of its list` };
  if (!(await hasList(context, store, { uid, key, sha256 }, signal)))
    return `its list of files is not in ${storage.root}`;
  const isWhole = await isWholeFolder(context, { uid, folder }, async ({ entry, path, facts }) => {
    signal.throwIfAborted();
    const there = await store.stat(memberKey(key, entry.path), { signal });
    if (there !== null && (await isInStore(context, store, there, { path, facts, sha256: entry.sha256 }, signal)))
      return true;
    seen.reason = `${rawToDisplay(entry.path)} of it is not in ${storage.root}`;
    return false;
  });
  return isWhole ? null : seen.reason;
}

/** Benchkeep puts it beside what it sends. Of a folder that was registered where it is, only computers have one. */
async function hasList(
  context: Pick<TransferContext, 'folder' | 'fs'>,
  store: ObjectStore,
  { uid, key, sha256 }: { uid: string; key: string; sha256: string },
  signal: AbortSignal,
): Promise<boolean> {
  const list = await store.stat(manifestKey(uid), { signal });
  if (list !== null) return (await digestOfManifest(store, list, signal))?.text === sha256;
  return !key.startsWith(`${OWN_FOLDER}/`) && isManifestHere(context, { uid, sha256 }, signal);
}

async function isInStore(
  { fs }: Pick<TransferContext, 'fs'>,
  store: ObjectStore,
  there: ObjectFacts,
  local: { path: RawPath; facts: FileFacts; sha256: string },
  signal: AbortSignal,
): Promise<boolean> {
  const md5 = there.checksums.crc32 === undefined && there.checksums.md5 !== undefined;
  const checksums = await readChecksums(fs, local, { md5, signal });
  return isContent(store, there, { size: local.facts.size, sha256: local.sha256, checksums }, signal);
}

function kept(reason: string): Evicted {
  return { kind: 'kept', reason };
}
