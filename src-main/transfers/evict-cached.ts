/** Removes content from the cache, only where it is proven at that moment to be in a store (`faults.md`, F-CA05). */
import { BenchkeepError } from '../../shared/errors.ts';
import { isOpenElsewhere } from '../ports/fs/open-files.ts';
import { rawFromBytes } from '../ports/fs/raw-path.ts';
import type { CachedRow } from '../workstation/schema.ts';
import { forgetCached, readCached } from '../workstation/transfer-rows.ts';
import { isAsCached, isContentAt } from './cache-folder.ts';
import { whileContentAlone } from './content-lock.ts';
import { evictFolder, type Evicted } from './evict-folder.ts';
import { evictUnrecorded } from './evict-unrecorded.ts';
import { proveInStore, whyNotThere } from './prove-in-store.ts';
import { putAside } from './put-aside.ts';
import type { TransferContext } from './transfer-context.ts';

export type { Evicted } from './evict-folder.ts';

/** Errors: `cancelled`. Whatever else fails is why it is kept. */
export function evictCached(context: TransferContext, artifactUid: string, signal: AbortSignal): Promise<Evicted> {
  return whileContentAlone(context, artifactUid, async () => {
    const row = await readCached({ db: context.workstation.db }, artifactUid);
    if (row === null) return { kind: 'not cached' };
    try {
      return await evict(context, row, signal);
    } catch (error) {
      if (!(error instanceof BenchkeepError) || error.code === 'cancelled' || signal.aborted) throw error;
      return { kind: 'kept', reason: error.message };
    }
  });
}

async function evict(context: TransferContext, row: CachedRow, signal: AbortSignal): Promise<Evicted> {
  const path = rawFromBytes(row.path);
  const facts = await context.fs.look(path);
  if (facts === null) {
    // Somebody emptied the cache by hand: it is theirs to empty.
    await forgetCached(context.workstation, row.artifact_uid);
    return { kind: 'not cached' };
  }
  const artifact = await context.registry.db
    .selectFrom('artifact')
    .selectAll()
    .where('uid', '=', row.artifact_uid)
    .executeTakeFirst();
  if (artifact === undefined) return evictUnrecorded(context, row);
  if (facts.kind === 'folder') return evictFolder(context, row, artifact, { path, facts }, signal);
  if (await isOpenElsewhere(facts)) return { kind: 'kept', reason: 'a program has it open' };
  // Looked at wholly only where the file system says that something was done to it.
  const touched = !isAsCached(facts, row);
  if (touched && !(await isContentAt(context, path, row.sha256))) {
    await putAside(context, artifact, path, facts);
    return { kind: 'kept', reason: 'it was edited here: that work is kept beside the cache' };
  }
  const proven = await proveInStore(context, artifact.id, { path, facts, sha256: row.sha256 }, signal);
  if (proven.kind === 'not proven') return { kind: 'kept', reason: proven.reason };
  const reason = await whyNotThere(context, proven.proof, signal);
  if (reason !== null) return { kind: 'kept', reason };
  // It took its time to read it and to ask: who opened it meanwhile may not have written yet.
  if (await isOpenElsewhere(facts)) return { kind: 'kept', reason: 'a program has it open' };
  await context.fs.unlinkProven(path, facts);
  await forgetCached(context.workstation, row.artifact_uid);
  return { kind: 'evicted', size: row.size };
}
