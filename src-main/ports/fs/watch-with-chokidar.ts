/**
 * Hints by chokidar: where the system can't watch one folder at a time cheaply (macOS, Windows). Files are left out of
 * what it keeps (they are most of its memory); the raw events of their folders name them all the same.
 */
import { FSWatcher } from 'chokidar';
import { join } from 'node:path';
import { junkReason } from '../../../shared/junk-names.ts';
import { errnoOf, isMissing } from './fs-error.ts';
import { rawFromText, rawToText, type RawPath } from './raw-path.ts';
import type { HintListener } from './watch-hints.ts';

/** `root`: absolute, links resolved. */
export function watchWithChokidar(root: RawPath, listener: HintListener): { close(): void } {
  const folder = rawToText(root);
  if (folder === null) throw new Error('A root that is no text has no hints; it is looked through from time to time.');
  const watcher = new FSWatcher({
    ignoreInitial: true,
    followSymlinks: false,
    persistent: true,
    ignored: (path, stats) => stats?.isFile() === true || (path !== folder && isJunk(path)),
  });
  let closed = false;
  const hint = (path: string): void => {
    if (!closed && !isJunk(path)) listener.onHint(rawFromText(path));
  };
  watcher.on('raw', (_event, name: string | null, details: unknown) => {
    if (closed) return;
    listener.onEvent();
    const watched = (details as { watchedPath?: string }).watchedPath ?? folder;
    hint(name === null || name === '' ? watched : join(watched, name));
  });
  // Told once the folder is watched: whoever walks it then sees what came into it before.
  watcher.on('addDir', hint);
  watcher.on('unlinkDir', (path) => {
    if (!closed && path === folder) listener.onGone();
    else hint(path);
  });
  watcher.on('ready', () => {
    if (!closed) listener.onReady();
  });
  watcher.on('error', (error) => {
    const errno = errnoOf(error);
    if (closed || isMissing(error) || errno === 'EACCES' || errno === 'EPERM') return;
    listener.onError(error instanceof Error ? error : new Error(String(error)), root);
  });
  watcher.add(folder);
  return {
    close() {
      closed = true;
      void watcher.close();
    },
  };
}

function isJunk(path: string): boolean {
  return junkReason(path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1)) !== null;
}
