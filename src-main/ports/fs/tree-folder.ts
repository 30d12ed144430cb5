/**
 * Counts what is below a folder. Links are never followed. It gives way to other work every few milliseconds, so that
 * a large folder doesn't hold the engine up.
 */
import { nextTurn } from '../give-way.ts';
import { lstatSync, readdirSync } from 'node:fs';
import { isMissing, errnoOf, fsError } from './fs-error.ts';
import { joinRaw, rawFromBytes, rawToBytes, type RawPath } from './raw-path.ts';

export interface CountedFile {
  name: RawPath;
  size: number;
}

/** Called for each folder: its path below the root, its files, the names of its folders. */
export type OnFolder = (path: RawPath, files: readonly CountedFile[], folders: readonly RawPath[]) => void;

/** Ms of work between two pauses. */
const SLICE = 8;
const CHECK_EVERY = 256;

/** Folders come before what is in them. One below the root that is gone or can't be read counts as empty. */
export async function treeFolder(root: RawPath, onFolder: OnFolder, signal?: AbortSignal): Promise<void> {
  const open: RawPath[] = ['' as RawPath];
  let until = performance.now() + SLICE;
  async function giveWay(): Promise<void> {
    if (performance.now() < until) return;
    await nextTurn();
    signal?.throwIfAborted();
    until = performance.now() + SLICE;
  }
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    const folder = joinRaw(root, path);
    const files: CountedFile[] = [];
    const folders: RawPath[] = [];
    let seen = 0;
    for (const entry of entriesOf(path === '' ? root : folder, path === '')) {
      const name = rawFromBytes(entry.name);
      if (entry.isDirectory()) folders.push(name);
      else if (entry.isFile()) {
        const stats = lstatSync(rawToBytes(joinRaw(path === '' ? root : folder, name)), { throwIfNoEntry: false });
        if (stats !== undefined) files.push({ name, size: stats.size });
      }
      if (++seen % CHECK_EVERY === 0) await giveWay();
    }
    onFolder(path, files, folders);
    for (const name of folders) open.push(joinRaw(path, name));
    await giveWay();
  }
}

function entriesOf(folder: RawPath, isRoot: boolean): { name: Buffer; isDirectory(): boolean; isFile(): boolean }[] {
  try {
    return readdirSync(rawToBytes(folder), { encoding: 'buffer', withFileTypes: true });
  } catch (error) {
    if (!isRoot && (isMissing(error) || ['EACCES', 'EPERM'].includes(errnoOf(error) ?? ''))) return [];
    throw fsError(error, folder);
  }
}
