/** A copy of a folder artifact: file by file under a name for the time being, each proven, then whole under its own. */
import { BenchkeepError } from '../../shared/errors.ts';
import { TEMPORARY_PREFIX } from '../ports/fs/node-fs.ts';
import { joinRaw, rawFromText, rawToDisplay, splitRaw, type RawPath } from '../ports/fs/raw-path.ts';
import { manifestPath, readManifest } from '../storage/folder-manifest.ts';
import type { TransferContext } from './transfer-context.ts';

/** Nothing may be at `target`. `mode`: of its outermost folder; for this user alone by default. Errors: `already_exists`, `file_changed`, `disk_full`; the source is only read. */
export async function copyFolder(
  { fs, folder }: Pick<TransferContext, 'folder' | 'fs'>,
  { uid, source, target, mode = 0o700 }: { uid: string; source: RawPath; target: RawPath; mode?: number },
  signal: AbortSignal,
): Promise<void> {
  const temporary = joinRaw(splitRaw(target).folder, rawFromText(`${TEMPORARY_PREFIX}copy-${uid}.tmp`));
  await fs.removeTemporaryFolder(temporary);
  try {
    await fs.makeFolder(temporary, mode);
    for await (const { path, sha256 } of readManifest(manifestPath({ folder }, uid))) {
      signal.throwIfAborted();
      const [from, to] = [joinRaw(source, path), joinRaw(temporary, path)];
      const expected = await fs.look(from);
      if (expected === null) throw changed(from);
      await fs.makeFolder(splitRaw(to).folder, mode);
      await fs.copyFsyncMoveIn({ source: from, target: to, expected, sha256, signal });
    }
    await fs.moveFolderIn(temporary, target);
  } catch (error) {
    await fs.removeTemporaryFolder(temporary);
    throw error;
  }
}

function changed(path: RawPath): BenchkeepError {
  return new BenchkeepError(
    'file_changed',
    `${rawToDisplay(path)} was changed while it was copied`,
    'The folder stays where it is.',
  );
}
