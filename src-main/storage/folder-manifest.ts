/**
 * The manifest of a folder artifact: LaminDB's folder hash knows no names, so this tells what lay where. One line a
 * file, ordered by the bytes of the path: sha256, size and path between tabs, ended by a line feed. Bytes of a path
 * that are a percent sign, a control character or not ASCII are written as `%XX`. Its sha256 is the folder's. Of a folder
 * in a store whose objects were not read, what the store says of each stands in place of its sha256: `md5:` and the
 * digest, or how its hash was made and the hash (`md5-3:…`, `md5-etag:…`); then the folder has no sha256 yet.
 */
import { readGzipLines } from '../ports/fs/gzip-lines.ts';
import { joinRaw, rawFromText, type RawPath } from '../ports/fs/raw-path.ts';

export interface ManifestEntry {
  /** Below the folder. */
  path: RawPath;
  size: number;
  /** Or what the store says of it, with a colon in it. */
  sha256: string;
}

export function manifestLine({ path, size, sha256 }: ManifestEntry): string {
  return `${sha256}\t${String(size)}\t${escapePath(path)}\n`;
}

function escapePath(path: RawPath): string {
  return path.replace(/[^ -$&-~]/g, (byte) => `%${byte.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`);
}

function unescapePath(text: string): RawPath {
  return text.replace(/%([0-9A-F]{2})/g, (_, code: string) =>
    String.fromCharCode(Number.parseInt(code, 16)),
  ) as RawPath;
}

/** Where the manifests of an instance lie, in its own folder. */
export function manifestFolder({ folder }: { folder: RawPath }): RawPath {
  return joinRaw(folder, rawFromText('manifests'));
}

export function manifestPath(context: { folder: RawPath }, uid: string): RawPath {
  return joinRaw(manifestFolder(context), rawFromText(`${uid}.tsv.gz`));
}

/** As a stream: a folder may have millions of files. */
export async function* readManifest(path: RawPath): AsyncGenerator<ManifestEntry> {
  for await (const line of readGzipLines(path)) {
    const [sha256 = '', size = '0', name = ''] = line.split('\t');
    yield { sha256, size: Number(size), path: unescapePath(name) };
  }
}
