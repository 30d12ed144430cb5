/**
 * A file that looks other than when its upload was planned may have the same content all the same: its name or its rights
 * were changed, a backup made a link to it, or the computer was started again and gave its disk another number. All of it
 * is read again then, and its digest decides.
 */
import { BenchkeepError } from '../../shared/errors.ts';
import { sameFacts } from '../ports/fs/file-facts.ts';
import type { Fs } from '../ports/fs/fs.ts';
import { rawToDisplay } from '../ports/fs/raw-path.ts';
import type { TransferTools, UploadSource } from './transfer-context.ts';

type Place = Pick<UploadSource, 'path' | 'facts'>;

/** Where the very file is now; null where it is gone, was written to, or looks as it did: then its bytes are others. */
export async function sameSourceNow(
  { fs }: { fs: Pick<Fs, 'look'> },
  { path, facts }: UploadSource,
  { locate }: Pick<TransferTools, 'locate'>,
): Promise<Place | null> {
  const here = await fs.look(path);
  const now = here === null ? ((await locate?.()) ?? null) : { path, facts: here };
  if (now === null) return null;
  const { ino, size, mtimeNs } = now.facts;
  const isSame = ino === facts.ino && size === facts.size && mtimeNs === facts.mtimeNs;
  return isSame && !(now.path === path && sameFacts(now.facts, facts)) ? now : null;
}

export function restless({ path }: Place): BenchkeepError {
  return new BenchkeepError(
    'file_changed',
    `${rawToDisplay(path)} was renamed, or its rights were changed, again and again while it was sent`,
    'It is tried again later. Nothing was lost.',
    { retry: true },
  );
}
