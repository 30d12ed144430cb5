/**
 * Hints that something happened below a folder, from chokidar. It watches folders only, since an entry a file costs
 * 3 KB each: the hints are the raw events of the folders' watchers, which name the file. A folder that comes is
 * hinted at after its watch is there, so that whoever walks it then sees what came into it before.
 */
import { lstatSync, type Stats } from 'node:fs';
import { lstat } from 'node:fs/promises';
import { watch } from 'chokidar';
import { junkReason } from '../../../shared/junk-names.ts';
import { joinRaw, rawFromText, rawToText, relativeRaw, type RawPath } from './raw-path.ts';

export interface HintListener {
  /** Absolute path of a file or folder at or below the root. May name what is not there (any more). */
  onHint(path: RawPath): void;
  /** Every folder is watched, or has failed with `onError`. */
  onReady(): void;
  /** The root is not there any more. */
  onGone(): void;
  /** The root is there again, and watched. */
  onBack(): void;
  /** A folder is not watched, or hints of it were lost. Missing permission is none: a scan tells of it. */
  onError(error: Error): void;
}

export interface FolderHints {
  close(): Promise<void>;
}

/** True where the name of a root can be handed to the system's watchers: valid UTF-8, no backslash outside Windows. */
export function canWatchName(root: RawPath): boolean {
  return rawToText(root) !== null && !root.includes('\\');
}

/** Watches `root` (absolute, links resolved) with everything below it. It may be missing: it is waited for. */
export function watchHints(root: RawPath, listener: HintListener): FolderHints {
  const rootText = rawToText(root) ?? '';
  const below = rootText.endsWith('/') ? rootText : `${rootText}/`;
  // Folders that were watched: only of these chokidar has to learn that they are gone.
  const folders = new Set<string>([rootText]);
  const rawFolders = rawFolderCache();

  /** Asked with `stats` while a folder is listed, without them for each event. */
  function isIgnored(path: string, stats?: Stats): boolean {
    if (!path.startsWith(below)) return false;
    const name = path.slice(path.lastIndexOf('/') + 1);
    if (junkReason(name) !== null) return true;
    const found = stats ?? lookAt(path);
    if (found === null) return false;
    if (found === undefined) {
      // A folder's own removal or renaming is told as an event of its own name inside it.
      return !folders.has(path) && !path.endsWith(`/${name}/${name}`);
    }
    if (!found.isDirectory()) return true;
    folders.add(path);
    return false;
  }

  function hint(text: string, folder: RawPath): void {
    if (text.split('/').some((name) => name !== '' && junkReason(name) !== null)) return;
    // A name that is no UTF-8 arrives with replacement characters: then its folder is the hint.
    const path = text.includes('\uFFFD') ? folder : joinRaw(folder, rawFromText(text));
    if (relativeRaw(root, path) !== null) listener.onHint(path);
  }

  const watcher = watch(rootText, {
    ignored: isIgnored,
    ignoreInitial: true,
    followSymlinks: false,
    ignorePermissionErrors: true,
    // Its rule against editors' temporary names would leave out folders, too.
    atomic: false,
  });
  watcher.on('raw', (_event, name, details) => {
    const folder = rawFolders((details as { watchedPath: string }).watchedPath);
    if (name === null) listener.onHint(folder);
    else hint(process.platform === 'win32' ? name.replaceAll('\\', '/') : name, folder);
  });
  watcher.on('addDir', (path) => {
    if (path === rootText) listener.onBack();
    else listener.onHint(rawFromText(path));
  });
  watcher.on('unlinkDir', (path) => {
    if (path === rootText) listener.onGone();
    else folders.delete(path);
  });
  watcher.on('error', (error) => {
    listener.onError(error instanceof Error ? error : new Error(String(error)));
  });
  watcher.on('ready', () => {
    listener.onReady();
  });

  return { close: () => watcher.close() };
}

/** Identity of the folder that stands at `root`, null where none does. Another drive at the same path differs. */
export async function rootNow(root: RawPath): Promise<string | null> {
  const stats = await lstat(Buffer.from(root, 'latin1'), { bigint: true }).catch(() => null);
  return stats?.isDirectory() === true ? `${String(stats.dev)}:${String(stats.ino)}` : null;
}

/** Undefined where nothing is, null where that can't be told. */
function lookAt(path: string): Stats | null | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false });
  } catch {
    // No permission, or a drive that fails: chokidar looks itself and reports it.
    return null;
  }
}

/** Events of a burst come from the same few folders. */
function rawFolderCache(): (text: string) => RawPath {
  let last: { text: string; raw: RawPath } | null = null;
  return (text) => {
    if (last?.text !== text) last = { text, raw: rawFromText(text) };
    return last.raw;
  };
}
