/**
 * Removes a folder of the cache that was proven to be elsewhere. It leaves its name first, so that no program that looks
 * for it there begins to work in it; then it is looked at once more, and it goes, or comes back under its name.
 */
import type { Fs } from '../ports/fs/fs.ts';
import { TEMPORARY_PREFIX } from '../ports/fs/node-fs.ts';
import { joinRaw, splitRaw, type RawPath } from '../ports/fs/raw-path.ts';
import { looksOf } from './cache-folder.ts';
import { isFolderOpen } from './folder-here.ts';
import { freeName } from './put-aside.ts';
import type { TransferContext } from './transfer-context.ts';

type FolderContext = Pick<TransferContext, 'fs' | 'folder'>;

/** What is called so is whole, and may be the only place of what was written into it at the last moment. */
const LEAVING = `${TEMPORARY_PREFIX}leaving-`;
/** None of the endings of what is swept. */
const WHOLE = '.whole';

/** `looks`: what its files looked like when they were proven. `edited`, `open`: it has its name again. */
export async function removeCachedFolder(
  context: FolderContext,
  path: RawPath,
  looks: string,
): Promise<'gone' | 'open' | 'edited'> {
  const { fs } = context;
  const { folder, name } = splitRaw(path);
  const leaving = joinRaw(folder, `${LEAVING}${name}${WHOLE}` as RawPath);
  await fs.moveFolderIn(path, leaving);
  // Who has it open is asked first: what others wrote by then is seen.
  const isOpen = await isFolderOpen(context, leaving).catch(() => true);
  const isEdited = (await looksOf(context, leaving)) !== looks;
  if (!isOpen && !isEdited) {
    await fs.removeOwnFolder(leaving);
    return 'gone';
  }
  await fs.moveFolderIn(leaving, path);
  return isEdited ? 'edited' : 'open';
}

/** When an instance is opened: what a program that died left half-way has its name again. */
export async function giveNamesBack(
  fs: Pick<Fs, 'look' | 'readFolder' | 'moveFolderIn'>,
  cache: RawPath,
): Promise<void> {
  for (const { name, kind } of await fs.readFolder(cache)) {
    if (kind !== 'folder' || !name.startsWith(LEAVING) || !name.endsWith(WHOLE)) continue;
    const path = joinRaw(cache, name.slice(LEAVING.length, -WHOLE.length) as RawPath);
    const isFree = (await fs.look(path)) === null;
    await fs.moveFolderIn(joinRaw(cache, name), isFree ? path : await freeName({ fs }, path));
  }
}
