/** Removes a folder from the cache, only where each file of it is proven at that moment to be in a store. */
import type { FileFacts } from '../ports/fs/file-facts.ts';
import type { RawPath } from '../ports/fs/raw-path.ts';
import type { ArtifactRow } from '../registry/schema.ts';
import type { CachedRow } from '../workstation/schema.ts';
import { forgetCached } from '../workstation/transfer-rows.ts';
import { isAsCached, looksIn, looksOf } from './cache-folder.ts';
import { isFolderContentAt, isFolderOpen } from './folder-here.ts';
import { cloudCopies } from './prove-in-store.ts';
import { whyNotInStore } from './prove-members.ts';
import { putAside } from './put-aside.ts';
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
    const missing = await whyNotInStore(context, { uid, path, sha256: row.sha256 }, { copy, storage }, signal);
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

function kept(reason: string): Evicted {
  return { kind: 'kept', reason };
}
