/** What is in the cache of an artifact that was deleted goes with it; work that somebody did there does not (`faults.md`, F-CA04). */
import { BenchkeepError } from '../../shared/errors.ts';
import type { FileFacts } from '../ports/fs/file-facts.ts';
import { openElsewhere } from '../ports/fs/open-files.ts';
import { fileId } from '../ports/fs/open-for-writing.ts';
import { rawFromBytes, rawToDisplay, type RawPath } from '../ports/fs/raw-path.ts';
import type { ArtifactRow } from '../registry/schema.ts';
import type { CachedRow } from '../workstation/schema.ts';
import { forgetCached, readCached } from '../workstation/transfer-rows.ts';
import { isArtifactAt, isAsCached, looksIn, looksOf } from './cache-folder.ts';
import { whileContentAlone } from './content-lock.ts';
import { isFolderOpen } from './folder-here.ts';
import { putAside } from './put-aside.ts';
import type { TransferContext } from './transfer-context.ts';

/** Call it while the folder's list is still there. What stays, for people; null where nothing does. */
export function dropDeleted(context: TransferContext, artifact: ArtifactRow): Promise<string | null> {
  return whileContentAlone(context, artifact.uid, async () => {
    const row = await readCached({ db: context.workstation.db }, artifact.uid);
    if (row === null) return null;
    const path = rawFromBytes(row.path);
    try {
      return await drop(context, artifact, row, path);
    } catch (error) {
      if (!(error instanceof BenchkeepError)) throw error;
      return `what was fetched of it remains here: ${rawToDisplay(path)} (${error.message})`;
    }
  });
}

async function drop(
  context: TransferContext,
  artifact: ArtifactRow,
  row: CachedRow,
  path: RawPath,
): Promise<string | null> {
  const facts = await context.fs.look(path);
  if (facts !== null) {
    if (!(await mayGo(context, row, path, facts))) {
      const aside = await putAside(context, artifact, path, facts);
      return `what was fetched of it was edited, or a program has it open: that work is kept here: ${rawToDisplay(aside)}`;
    }
    if (facts.kind === 'folder') await context.fs.removeOwnFolder(path);
    else await context.fs.unlinkProven(path, facts);
  }
  await forgetCached(context.workstation, artifact.uid);
  return null;
}

/** As it was put there, and nobody is at work on it. It is read only where the file system says that it was touched. */
async function mayGo(context: TransferContext, row: CachedRow, path: RawPath, facts: FileFacts): Promise<boolean> {
  const { artifact_uid: uid, sha256 } = row;
  if (facts.kind !== 'folder') {
    if ((await openElsewhere([facts])).has(fileId(facts))) return false;
    return isAsCached(facts, row) || isArtifactAt(context, path, { uid, sha256 });
  }
  if (await isFolderOpen(context, path)) return false;
  const looks = await looksOf(context, path);
  const isTouched = !isAsCached(facts, row) || looks === null || looks !== looksIn(row);
  if (isTouched && !(await isArtifactAt(context, path, { uid, sha256 }))) return false;
  return (await looksOf(context, path)) === looks;
}
