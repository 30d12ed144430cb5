/**
 * `.lamindb/storage_uid.txt`: who manages a root. The layout is LaminDB's: the first line is the storage's uid, then
 * `creation info:` and lines `instance_slug=…`, `instance_id=…`, `instance_uid=…`.
 */
import { hash } from 'node:crypto';
import { isUid } from '../../shared/uid.ts';
import type { Fs } from '../ports/fs/fs.ts';
import { joinRaw, rawFromText, type RawPath } from '../ports/fs/raw-path.ts';
import { ownFolderOf } from './local-root.ts';

export interface Marker {
  /** Null where the first line is no uid. */
  uid: string | null;
  instanceUid: string | null;
  instanceSlug: string | null;
}

/** Bytes that are read of a marker. */
export const LONGEST_MARKER = 4096;
// Others who share the root must be able to see whose it is.
const READABLE = 0o644;

export function markerPath(root: RawPath): RawPath {
  return joinRaw(ownFolderOf(root), rawFromText('storage_uid.txt'));
}

/** Null where there is none. */
export async function readMarker(fs: Pick<Fs, 'look' | 'readRange'>, root: RawPath): Promise<Marker | null> {
  const path = markerPath(root);
  if ((await fs.look(path)) === null) return null;
  return parseMarker((await fs.readRange(path, 0, LONGEST_MARKER)).toString('utf8'));
}

export function parseMarker(text: string): Marker {
  const [first = '', ...lines] = text.split(/\r?\n/);
  const field = (name: string): string | null => {
    const line = lines.find((candidate) => candidate.startsWith(`${name}=`));
    return line === undefined ? null : line.slice(name.length + 1).trim();
  };
  return {
    uid: isUid(first.trim(), 'storage') ? first.trim() : null,
    instanceUid: field('instance_uid'),
    instanceSlug: field('instance_slug'),
  };
}

export interface MarkerContent {
  uid: string;
  instanceUid: string;
  instanceName: string;
  /** Handle of the user who makes it. */
  owner: string;
}

/** LaminDB's instances have a UUID beside the uid; ours is made of the uid, so that it needs no keeping. */
export function markerText({ uid, instanceUid, instanceName, owner }: MarkerContent): string {
  return [
    uid,
    'creation info:',
    `instance_slug=${owner}/${instanceName}`,
    `instance_id=${hash('md5', instanceUid, 'hex')}`,
    `instance_uid=${instanceUid}`,
  ].join('\n');
}

export async function writeMarker(fs: Fs, root: RawPath, content: MarkerContent): Promise<void> {
  await fs.makeFolder(ownFolderOf(root), 0o755);
  await fs.writeTempFsyncRename(markerPath(root), Buffer.from(markerText(content), 'utf8'), READABLE);
}

/** Also the folder it lay in, if nothing else is there. */
export async function removeMarker(fs: Fs, root: RawPath): Promise<void> {
  await fs.removeOwnFile(markerPath(root));
  await fs.removeEmptyFolder(ownFolderOf(root));
}
