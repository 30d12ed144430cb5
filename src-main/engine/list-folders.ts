/** The folders of this computer, for the window's own folder picker where the host has no dialog. */
import type { FolderListing } from '../../shared/contract/index.ts';
import { BenchkeepError } from '../../shared/errors.ts';
import { compareNames } from '../../shared/format/compare-names.ts';
import type { Workbench } from '../instance/index.ts';
import { joinRaw, rawFromText, rawToDisplay, rawToText, splitRaw, type RawPath } from '../ports/fs/raw-path.ts';

/** Places where drives appear, by platform. */
const PLACES: Partial<Record<NodeJS.Platform, readonly string[]>> = {
  linux: ['/media', '/mnt', '/srv', '/data'],
  darwin: ['/Volumes'],
};

/** Hidden folders are left out. Errors: `file_not_found`, `file_unreadable`, `not_a_file`. */
export async function listFolders(
  { fs, personHome }: Pick<Workbench, 'fs' | 'personHome'>,
  input: { path?: string | null | undefined },
): Promise<FolderListing> {
  const asked =
    input.path === null || input.path === undefined || input.path === '' ? personHome : rawFromText(input.path);
  const path = await fs.realPath(asked);
  if ((await fs.look(path))?.kind !== 'folder') {
    throw new BenchkeepError('not_a_file', `${rawToDisplay(path)} is not a folder`, 'Choose a folder.');
  }
  const entries = await fs.readFolder(path);
  const folders = entries
    .filter(({ kind, name }) => kind === 'folder' && !name.startsWith('.') && rawToText(name) !== null)
    .map(({ name }) => ({ name: rawToDisplay(name), path: rawToDisplay(joinRaw(path, name)) }))
    .sort((a, b) => compareNames(a.name, b.name));
  const above = splitRaw(path).folder;
  return {
    path: rawToDisplay(path),
    parent: path === '/' || above === '' ? null : rawToDisplay(above),
    folders,
    n_files: entries.filter(({ kind }) => kind === 'file').length,
    places: await places({ fs, personHome }),
  };
}

async function places({ fs, personHome }: Pick<Workbench, 'fs' | 'personHome'>): Promise<FolderListing['places']> {
  const found = [{ name: 'Home', path: rawToDisplay(personHome) }];
  for (const place of PLACES[process.platform] ?? []) {
    const there = await look(fs, rawFromText(place));
    if (there) found.push({ name: place, path: place });
  }
  if (process.platform !== 'win32') found.push({ name: 'Computer', path: '/' });
  return found;
}

/** A place that can't be looked at is not offered. */
async function look(fs: Workbench['fs'], path: RawPath): Promise<boolean> {
  return fs.look(path).then(
    (facts) => facts?.kind === 'folder',
    () => false,
  );
}
