/**
 * Hints that something happened below a folder. On Linux from the system's own watchers, one a folder; on macOS and
 * Windows from chokidar (`watch-with-chokidar`). Only folders are watched and no file is ever looked at, so 100,000 files cost what
 * their folders cost (listing them as well took 420 MB). Names are bytes: those that are no text, too.
 * A folder that comes is hinted at after its watch is there: whoever walks it then sees what came into it before.
 */
import { watch, type FSWatcher } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import { junkReason } from '../../../shared/junk-names.ts';
import { errnoOf, isMissing } from './fs-error.ts';
import { watchWithChokidar } from './watch-with-chokidar.ts';
import { joinRaw, rawFromBytes, rawToBytes, rawToDisplay, splitRaw, type RawPath } from './raw-path.ts';

export interface HintListener {
  /** One event of the system came in, wanted or not: whoever counts them sees floods. */
  onEvent(): void;
  /** Absolute path of a file or folder at or below the root. May name what is not there (any more). */
  onHint(path: RawPath): void;
  /** Every folder is watched, or has failed with `onError`. */
  onReady(): void;
  /** The root is not there any more. Whether it is back is to be asked with `rootNow`. */
  onGone(): void;
  /** A folder is not watched, or hints of it were lost. Missing permission is none: a scan tells of it. */
  onError(error: Error, folder: RawPath): void;
}

interface WatchedFolder {
  watcher: FSWatcher;
  /** Watched folders in it. */
  children: Set<RawPath>;
}

/** Watches `root` (absolute, links resolved) with everything below it. */
export function watchHints(root: RawPath, listener: HintListener): { close(): void } {
  return process.platform === 'linux' ? watchFolders(root, listener) : watchWithChokidar(root, listener);
}

function watchFolders(root: RawPath, listener: HintListener): { close(): void } {
  const folders = new Map<RawPath, WatchedFolder>();
  /** Names that came or went, to be looked at in turn: a folder among them has to be watched, or no more. */
  const changed = new Set<RawPath>();
  const own = splitRaw(root).name;
  let working = true;
  let closed = false;

  function onEvent(folder: RawPath, event: string, bytes: Buffer | null): void {
    if (closed) return;
    listener.onEvent();
    if (bytes === null) {
      listener.onHint(folder);
      return;
    }
    const name = rawFromBytes(bytes);
    if (isJunk(name)) return;
    const path = joinRaw(folder, name);
    listener.onHint(path);
    if (event !== 'rename') return;
    changed.add(path);
    if (!working) void work();
  }

  /** One at a time: a slow disk is not asked for everything at once, and the order of events is kept. */
  async function work(): Promise<void> {
    working = true;
    for (const path of changed) {
      changed.delete(path);
      await look(path);
    }
    working = false;
  }

  async function look(path: RawPath): Promise<void> {
    const isFolder = await isFolderNow(path);
    if (closed) return;
    if (isFolder === true) {
      // It came: by this name another folder, or none, was watched before.
      drop(path);
      await add(path, true);
    } else if (isFolder === null) {
      drop(path);
      // A folder's own removal or renaming is told as an event of its own name inside it.
      if (splitRaw(path).folder === root && splitRaw(path).name === own) await lookAtRoot();
    } else if (isFolder === false) drop(path);
  }

  async function lookAtRoot(): Promise<void> {
    const isFolder = await isFolderNow(root);
    if (closed || isFolder === undefined) return;
    drop(root);
    if (isFolder === true) await add(root, true);
    else listener.onGone();
  }

  /** Watches `start` and the folders below it; each is `told` once it is watched. */
  async function add(start: RawPath, told: boolean): Promise<void> {
    const waiting = [start];
    for (let folder = waiting.pop(); folder !== undefined; folder = waiting.pop()) {
      if (closed || !watchFolder(folder)) continue;
      if (told) listener.onHint(folder);
      waiting.push(...(await foldersIn(folder)));
    }
  }

  function watchFolder(folder: RawPath): boolean {
    if (folders.has(folder)) return false;
    try {
      const watcher = watch(rawToBytes(folder), { encoding: 'buffer' }, (event, name) => {
        onEvent(folder, event, name);
      });
      watcher.on('error', (error) => {
        fail(error, folder);
        drop(folder);
        if (folder === root) void lookAtRoot();
      });
      folders.set(folder, { watcher, children: new Set() });
      folders.get(splitRaw(folder).folder)?.children.add(folder);
      return true;
    } catch (error) {
      fail(error, folder);
      return false;
    }
  }

  async function foldersIn(folder: RawPath): Promise<RawPath[]> {
    try {
      const entries = await readdir(rawToBytes(folder), { withFileTypes: true, encoding: 'buffer' });
      const names = entries.filter((entry) => entry.isDirectory()).map((entry) => rawFromBytes(entry.name));
      return names.filter((name) => !isJunk(name)).map((name) => joinRaw(folder, name));
    } catch (error) {
      fail(error, folder);
      return [];
    }
  }

  function drop(start: RawPath): void {
    if (!folders.has(start)) return;
    folders.get(splitRaw(start).folder)?.children.delete(start);
    const waiting = [start];
    for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
      const folder = folders.get(path);
      folders.delete(path);
      folder?.watcher.close();
      waiting.push(...(folder?.children ?? []));
    }
  }

  function fail(error: unknown, folder: RawPath): void {
    const errno = errnoOf(error);
    if (closed || isMissing(error) || errno === 'EACCES' || errno === 'EPERM') return;
    listener.onError(error instanceof Error ? error : new Error(String(error)), folder);
  }

  /** Null where nothing is, undefined where that can't be told: then what is watched stays watched. */
  async function isFolderNow(path: RawPath): Promise<boolean | null | undefined> {
    try {
      return (await lstat(rawToBytes(path))).isDirectory();
    } catch (error) {
      if (isMissing(error)) return null;
      fail(error, splitRaw(path).folder);
      return undefined;
    }
  }

  async function begin(): Promise<void> {
    await add(root, false);
    if (!closed) listener.onReady();
    await work();
  }
  void begin();

  return {
    close() {
      closed = true;
      drop(root);
      for (const { watcher } of folders.values()) watcher.close();
      folders.clear();
      changed.clear();
    },
  };
}

/** Identity of the folder that stands at `root`, null where none does. Another drive at the same path differs. */
export async function rootNow(root: RawPath): Promise<string | null> {
  const stats = await lstat(rawToBytes(root), { bigint: true }).catch(() => null);
  return stats?.isDirectory() === true ? `${String(stats.dev)}:${String(stats.ino)}` : null;
}

function isJunk(name: RawPath): boolean {
  return junkReason(rawToDisplay(name)) !== null;
}
