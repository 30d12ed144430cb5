/** Takes away what the cache has of an artifact, where nobody worked on it or has it open. */
import { BenchkeepError } from '../../shared/errors.ts';
import type { FileFacts } from '../ports/fs/file-facts.ts';
import { isOpenElsewhere } from '../ports/fs/open-files.ts';
import { rawFromBytes, type RawPath } from '../ports/fs/raw-path.ts';
import type { CachedRow } from '../workstation/schema.ts';
import { forgetCached, readCached } from '../workstation/transfer-rows.ts';
import { isArtifactAt, isAsCached, looksIn, looksOf } from './cache-folder.ts';
import { isFolderOpen } from './folder-here.ts';
import { putAside, type AsideContext } from './put-aside.ts';
import { removeCachedFolder } from './remove-cached-folder.ts';
import type { TransferContext } from './transfer-context.ts';

type DropContext = AsideContext & Pick<TransferContext, 'folder' | 'hasher'>;

/** `open`: it stays in the cache until nobody has it open. `aside`: it was edited, and is kept there. */
export type Dropped =
  { kind: 'not cached' } | { kind: 'dropped'; size: number } | { kind: 'open' } | { kind: 'aside'; path: RawPath };

/** Call inside of the content lock, where the content is proven to be elsewhere, or is not wanted any more. */
export async function dropCached(context: DropContext, { uid }: { uid: string }): Promise<Dropped> {
  const row = await readCached({ db: context.workstation.db }, uid);
  if (row === null) return { kind: 'not cached' };
  const path = rawFromBytes(row.path);
  const facts = await context.fs.look(path);
  if (facts === null) {
    await forgetCached(context.workstation, uid);
    return { kind: 'not cached' };
  }
  const done = await (facts.kind === 'folder' ? dropFolder : dropFile)(context, row, { path, facts });
  if (done === 'open') return { kind: 'open' };
  if (done === 'edited') return asideNow(context, uid, path);
  await forgetCached(context.workstation, uid);
  return { kind: 'dropped', size: row.size };
}

type Done = 'gone' | 'open' | 'edited';

async function dropFile(
  context: DropContext,
  row: CachedRow,
  { path, facts }: { path: RawPath; facts: FileFacts },
): Promise<Done> {
  const isRight = isAsCached(facts, row) || (await isArtifactAt(context, path, { uid: row.artifact_uid, ...row }));
  if (!isRight) return 'edited';
  if (await isOpenElsewhere(facts)) return 'open';
  try {
    await context.fs.unlinkProven(path, facts);
    return 'gone';
  } catch (error) {
    if (error instanceof BenchkeepError && error.code === 'file_changed') return 'edited';
    throw error;
  }
}

async function dropFolder(
  context: DropContext,
  row: CachedRow,
  { path, facts }: { path: RawPath; facts: FileFacts },
): Promise<Done> {
  const looks = await looksOf(context, path);
  if (looks === null) return 'edited';
  const isAsItWas = isAsCached(facts, row) && looks === looksIn(row);
  if (!isAsItWas && !(await isArtifactAt(context, path, { uid: row.artifact_uid, ...row }))) return 'edited';
  if (await isFolderOpen(context, path)) return 'open';
  return removeCachedFolder(context, path, looks);
}

async function asideNow(context: DropContext, uid: string, path: RawPath): Promise<Dropped> {
  const now = await context.fs.look(path);
  if (now !== null) return { kind: 'aside', path: await putAside(context, { uid }, path, now) };
  await forgetCached(context.workstation, uid);
  return { kind: 'not cached' };
}
