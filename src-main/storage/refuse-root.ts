/** Which folders can't be the root of a storage, and why. Pure: paths are absolute, links resolved. */
import { joinRaw, rawFromText, relativeRaw, splitRaw, type RawPath } from '../ports/fs/raw-path.ts';
import { OWN_FOLDER } from './local-root.ts';

/** The folder in the data folder that is for people's files, not Benchkeep's own. */
export const FILES_FOLDER = rawFromText('files');

export interface RootSurroundings {
  /** The app's data folder. */
  home: RawPath;
  /** The home folder of the person who runs Benchkeep. */
  personHome: RawPath;
}

/** The system's, with all that is below. */
const SYSTEM = [
  '/bin',
  '/boot',
  '/dev',
  '/etc',
  '/lib',
  '/lib32',
  '/lib64',
  '/proc',
  '/run',
  '/sbin',
  '/sys',
  '/usr',
  '/var/cache',
  '/var/lib',
  '/var/log',
  '/System',
  '/Library',
  '/Applications',
  '/private/etc',
  '/private/var/db',
  '/private/var/log',
  'C:/Windows',
  'C:/Program Files',
  'C:/Program Files (x86)',
  'C:/ProgramData',
];
/** Below the system's, but where drives and people's files are. */
const NOT_SYSTEM = ['/dev/shm', '/run/media', '/run/user', '/usr/local', '/var/lib/docker/volumes'];
/** Folders that hold those of many people, programs or drives: only what is below can be a root. */
const SHARED = [
  '/',
  '/home',
  '/Users',
  '/Volumes',
  '/media',
  '/mnt',
  '/opt',
  '/private',
  '/run/media',
  '/run/user',
  '/srv',
  '/tmp',
  '/var',
  '/private/tmp',
  '/private/var',
  '/usr/local',
  '/dev/shm',
];
const HOMES = ['/home', '/Users', 'C:/Users'];

/** The reason in plain words, or null where the folder can be a root. */
export function refuseRoot(root: RawPath, { home, personHome }: RootSurroundings): string | null {
  if (root === '/' || /^[A-Za-z]:\/?$/.test(root)) return 'it is a whole system disk';
  if (SHARED.includes(root)) return 'it is shared by many people, programs or drives';
  if (root.split('/').includes(OWN_FOLDER))
    return 'it lies in the folder .lamindb of a storage, which is for content that a program keeps there';
  if (isAtOrBelow(root, home) && !isBelow(root, joinRaw(home, FILES_FOLDER))) return "it holds Benchkeep's own data";
  if (isAtOrBelow(home, root)) return "Benchkeep's own data lie in it";
  if (SYSTEM.some((folder) => isAtOrBelow(root, folder)) && !NOT_SYSTEM.some((folder) => isAtOrBelow(root, folder)))
    return 'it belongs to the system';
  if (isOthersHome(root, personHome)) return 'it is the home folder of another user';
  return null;
}

function isOthersHome(root: RawPath, personHome: RawPath): boolean {
  if (root === personHome || root === '/Users/Shared') return false;
  return root === '/root' || HOMES.includes(splitRaw(root).folder);
}

function isAtOrBelow(path: RawPath, folder: string): boolean {
  return relativeRaw(folder as RawPath, path) !== null;
}

function isBelow(path: RawPath, folder: RawPath): boolean {
  return path !== folder && isAtOrBelow(path, folder);
}
