/** Disks that tell no capitals (or forms of accents) apart answer for a name under which nothing is listed any more. */
import type { Fs } from '../ports/fs/fs.ts';
import { joinRaw, rawToDisplay, type RawPath } from '../ports/fs/raw-path.ts';

/** True where `before` and `after` differ in capitals or the form of their letters only, and `before` is not listed. */
export async function isRenamedInCase(
  fs: Pick<Fs, 'readFolder'>,
  root: RawPath,
  before: RawPath,
  after: RawPath | null,
): Promise<boolean> {
  if (after === null || before === after || folded(before) !== folded(after)) return false;
  const parts = before.split('/');
  const now = after.split('/');
  const differs = parts.findIndex((part, i) => part !== now[i]);
  if (differs < 0) return false;
  const above = parts.slice(0, differs).join('/') as RawPath;
  const listed = await fs.readFolder(above === '' ? root : joinRaw(root, above));
  return !listed.some(({ name }) => name === parts[differs]);
}

/** What a disk that tells no capitals apart takes for the same name. */
export function folded(path: RawPath): string {
  return rawToDisplay(path).normalize('NFC').toLowerCase();
}
