/** Copies a snapshot into a folder and gives it its name there, whole, in the place of what has it. */
import { createHash } from 'node:crypto';
import type { Fs } from '../../ports/fs/fs.ts';
import { fillOwnFile, replaceOwnFile } from '../../ports/fs/own-folder.ts';
import type { RawPath } from '../../ports/fs/raw-path.ts';
import type { SnapshotFile } from './published-place.ts';

export interface MoveIn {
  file: SnapshotFile;
  /** Its name on the way, which nobody else uses. */
  half: RawPath;
  target: RawPath;
  /** Asked right before `target` is replaced. */
  mayNow: () => Promise<boolean>;
  signal: AbortSignal | undefined;
}

const COPY_STEP = 1024 * 1024;
const READABLE = 0o644;
/** Ns: no file system keeps times more coarsely. */
const COARSEST = 2_000_000_000n;

/** False where `mayNow` says no. Nothing is left of it then, nor after an error. */
export async function moveIn(fs: Fs, { file, half, target, mayNow, signal }: MoveIn): Promise<boolean> {
  let done = false;
  try {
    await copyInto(fs, file, half, signal);
    await makeNewer(fs, half, target);
    done = await replaceOwnFile(half, target, mayNow);
  } finally {
    if (!done) await fs.removeOwnFile(half);
  }
  return done;
}

async function copyInto(fs: Fs, file: SnapshotFile, half: RawPath, signal: AbortSignal | undefined): Promise<void> {
  const sum = createHash('sha256');
  await fillOwnFile(half, READABLE, async (write) => {
    for (let at = 0; at < file.size; at += COPY_STEP) {
      signal?.throwIfAborted();
      const bytes = await fs.readRange(file.path, at, COPY_STEP);
      sum.update(bytes);
      await write(bytes);
    }
  });
  if (sum.digest('hex') !== file.checksums.sha256) throw new Error('the snapshot was changed while it was copied');
}

/**
 * Snapshots are told apart by size and time; sizes are whole pages, and times as coarse as the file system keeps them. So
 * what takes the place of another one is newer by more than that, if need be ahead of the clock.
 */
async function makeNewer(fs: Fs, half: RawPath, target: RawPath): Promise<void> {
  const [there, mine] = [await fs.look(target), await fs.look(half)];
  if (there === null || mine === null) return;
  const least = BigInt(there.mtimeNs) + COARSEST;
  if (BigInt(mine.mtimeNs) < least) await fs.setModified(half, String(least));
}
