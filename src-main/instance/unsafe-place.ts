/** Where the databases must not live: SQLite on a network share or in a synchronised folder gets damaged (F-DB09). */
import { BenchkeepError } from '../../shared/errors.ts';
import { fileSystemOf } from '../ports/fs/file-system.ts';
import { rawToDisplay, type RawPath } from '../ports/fs/raw-path.ts';
import { isNetworkType } from '../storage/index.ts';

/** Names that the programs give their folders; some add the organisation ("OneDrive - Institute"). */
const SYNC_FOLDERS: readonly { name: RegExp; program: string }[] = [
  { name: /^dropbox( \(.*\))?$/i, program: 'Dropbox' },
  { name: /^onedrive( - .*)?$/i, program: 'OneDrive' },
  { name: /^onedrive-.*$/i, program: 'OneDrive' },
  { name: /^(iclouddrive|icloud drive|com~apple~clouddocs)$/i, program: 'iCloud' },
  { name: /^mobile documents$/i, program: 'iCloud' },
  { name: /^(google drive|googledrive|my drive)$/i, program: 'Google Drive' },
  { name: /^googledrive-.*$/i, program: 'Google Drive' },
  {
    name: /^(nextcloud|owncloud|syncthing|box|box sync|pclouddrive|seafile)$/i,
    program: 'a program that synchronises folders',
  },
];

/** The reason in plain words, or null. Pure: `fsType` is the file system under the folder. */
export function unsafePlace(folder: string, fsType: string): string | null {
  if (folder.startsWith('//') || isNetworkType(fsType)) return 'it is on a network drive';
  for (const part of folder.split('/')) {
    const found = SYNC_FOLDERS.find(({ name }) => name.test(part));
    if (found !== undefined) return `it is copied to other computers by ${found.program}`;
  }
  return null;
}

/** Errors: `refused` with the reason. */
export async function refuseUnsafePlace(home: RawPath): Promise<void> {
  const shown = rawToDisplay(home);
  const reason = unsafePlace(shown, (await fileSystemOf(home)).type);
  if (reason === null) return;
  throw new BenchkeepError(
    'refused',
    `Benchkeep's own data can't be kept in ${shown}: ${reason}, which damages databases`,
    'Set BENCHKEEP_HOME to a folder on a disk of this computer. Your files may stay where they are.',
  );
}
