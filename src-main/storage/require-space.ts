/** Is there room for what is to be written? */
import { BenchkeepError } from '../../shared/errors.ts';
import { formatBytes } from '../../shared/format/bytes.ts';
import type { Fs } from '../ports/fs/fs.ts';
import { rawToDisplay, type RawPath } from '../ports/fs/raw-path.ts';

/** Kept free on the disk beside the content (bytes): registries and logs need room, too. */
const SPARE = 1024 ** 3;
/** And of a small disk no more than this part of what is free. */
const SPARE_PART = 1 / 16;

/** Errors: `disk_full`, before a byte is written. */
export async function requireSpace({ fs }: { fs: Pick<Fs, 'freeSpace'> }, root: RawPath, size: number): Promise<void> {
  const free = await fs.freeSpace(root);
  if (size <= free - Math.min(SPARE, free * SPARE_PART)) return;
  throw new BenchkeepError(
    'disk_full',
    `There is not enough space in ${rawToDisplay(root)}: ${formatBytes(size)} are needed, ${formatBytes(free)} are free`,
    'Free some space there, or choose another storage: benchkeep storage use ROOT.',
    { retry: true },
  );
}
