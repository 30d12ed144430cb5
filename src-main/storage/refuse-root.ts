/** Folders that can't be a storage, with the reason in plain words. Pure; `surroundings` says where things are. */
import { BenchkeepError } from '../../shared/errors.ts';

export interface RootSurroundings {
  platform: NodeJS.Platform;
  /** The app's data folder. */
  home: string;
  /** The person's home folder. */
  userHome: string;
}

/** The folder below the data folder that Benchkeep offers as its own storage. */
export const OWN_STORAGE = 'storage';

const SYSTEM_BELOW = ['/proc', '/sys', '/dev', '/etc', '/usr', '/bin', '/sbin', '/lib', '/lib64', '/boot', '/System', '/Library'];
const SYSTEM_EXACT = ['/', '/home', '/Users', '/tmp', '/var', '/run', '/opt', '/srv', '/mnt', '/media', '/Volumes', '/root/..'];
const WINDOWS_BELOW = /^[a-z]:\/(windows|program files( \(x86\))?|programdata)(\/|$)/i;

/** `root`: absolute, links resolved, `/` between its parts. Throws `root_refused`. */
export function refuseRoot(root: string, { platform, home, userHome }: RootSurroundings): void {
  const reason =
    systemReason(root, platform) ??
    (root.split('/').includes('.lamindb') ? 'it lies inside the folder where Benchkeep keeps its own files' : null) ??
    dataFolderReason(root, home) ??
    otherHomeReason(root, userHome);
  if (reason === null) return;
  throw new BenchkeepError('root_refused', `${root} can't be a storage: ${reason}`, 'Choose the folder that your instrument writes to.');
}

function systemReason(root: string, platform: NodeJS.Platform): string | null {
  const system = 'it belongs to the system';
  if (platform === 'win32') return WINDOWS_BELOW.test(root) || /^[a-z]:\/?$/i.test(root) ? system : null;
  if (SYSTEM_EXACT.includes(root)) return system;
  return SYSTEM_BELOW.some((folder) => isAtOrBelow(folder, root)) ? system : null;
}

function dataFolderReason(root: string, home: string): string | null {
  if (root === `${home}/${OWN_STORAGE}`) return null;
  if (isAtOrBelow(home, root)) return "it lies inside Benchkeep's data folder";
  if (isAtOrBelow(root, home)) return "Benchkeep's data folder lies inside it";
  return null;
}

/** A home folder is one whose parent holds home folders. */
function otherHomeReason(root: string, userHome: string): string | null {
  if (isAtOrBelow(userHome, root)) return null;
  return /^\/(home|Users)\/[^/]+$/.test(root) ? 'it is the home folder of another user' : null;
}

function isAtOrBelow(folder: string, path: string): boolean {
  return path === folder || path.startsWith(folder.endsWith('/') ? folder : `${folder}/`);
}
