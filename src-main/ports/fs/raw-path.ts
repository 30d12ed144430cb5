/**
 * A path as the bytes that the file system has, held as a string with one character a byte (latin-1): cheap to
 * compare, to keep in maps and to send between threads, and exact for names that are not valid UTF-8.
 * Only this file turns text into raw paths and back.
 */
import { displayName } from '../../../shared/format/display-name.ts';

declare const raw: unique symbol;
/** Bytes of a path; never shown, never joined with text. */
export type RawPath = string & { readonly [raw]: true };

const ASCII = /^[\0-\x7f]*$/;
const windows = process.platform === 'win32';

/** Text that a person or a setting gave (UTF-8). On Windows backslashes become `/`. */
export function rawFromText(text: string): RawPath {
  const slashed = windows ? text.replaceAll('\\', '/') : text;
  return Buffer.from(slashed, 'utf8').toString('latin1') as RawPath;
}

export function rawFromBytes(bytes: Uint8Array): RawPath {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1') as RawPath;
}

/** The bytes, for a database column or a system call. */
export function rawToBytes(path: RawPath): Buffer {
  return Buffer.from(path, 'latin1');
}

/** For people: UTF-8, bytes that are not valid percent-encoded. Not to be turned back. */
export function rawToDisplay(path: RawPath): string {
  if (ASCII.test(path)) return path;
  return displayName(rawToBytes(path));
}

/** The path as text where it is valid UTF-8, else null. */
export function rawToText(path: RawPath): string | null {
  const bytes = rawToBytes(path);
  const text = bytes.toString('utf8');
  return Buffer.from(text, 'utf8').equals(bytes) ? text : null;
}

/** `folder` may be '' (the root itself, in relative paths). */
export function joinRaw(folder: RawPath, name: RawPath): RawPath {
  if (folder === '') return name;
  return (folder.endsWith('/') ? folder + name : `${folder}/${name}`) as RawPath;
}

/** Folder part and name of a relative or absolute path; the folder of a bare name is ''. */
export function splitRaw(path: RawPath): { folder: RawPath; name: RawPath } {
  const slash = path.lastIndexOf('/');
  if (slash < 0) return { folder: '' as RawPath, name: path };
  return { folder: path.slice(0, slash === 0 ? 1 : slash) as RawPath, name: path.slice(slash + 1) as RawPath };
}

/** The part of `path` below `root`, '' for the root itself, null outside. Both absolute and normalised. */
export function relativeRaw(root: RawPath, path: RawPath): RawPath | null {
  if (path === root) return '' as RawPath;
  const prefix = root.endsWith('/') ? root : `${root}/`;
  return path.startsWith(prefix) ? (path.slice(prefix.length) as RawPath) : null;
}
