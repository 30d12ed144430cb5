/**
 * The manifest of a folder artifact: LaminDB's folder hash knows no names, so this tells what lay where. One line a
 * file, ordered by the bytes of the path: sha256, size and path between tabs, ended by a line feed. Bytes of a path
 * that are a percent sign, a control character or not ASCII are written as `%XX`.
 */
import { createHash } from 'node:crypto';
import { gunzipSync, gzipSync } from 'node:zlib';
import { hashFolder, HASH_TYPES } from '../../shared/hash-encoding.ts';
import type { InstanceContext } from '../instance/index.ts';
import { joinRaw, rawFromText, type RawPath } from '../ports/fs/raw-path.ts';

export interface ManifestEntry {
  /** Below the folder. */
  path: RawPath;
  size: number;
  sha256: string;
  /** LaminDB's hash of the file; not in the manifest. */
  hash: string;
}

export interface FolderContent {
  /** Of the whole manifest: the folder's identity. */
  sha256: string;
  hash: string;
  hashType: string;
  size: number;
  nFiles: number;
  manifest: string;
}

/** Errors: `empty_folder`. */
export function folderContent(entries: readonly ManifestEntry[]): FolderContent {
  const hash = hashFolder(
    entries.map((entry) => entry.hash),
    (content) => createHash('md5').update(content).digest(),
  );
  const sorted = [...entries].sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
  const manifest = sorted.map(({ path, size, sha256 }) => `${sha256}\t${String(size)}\t${escapePath(path)}\n`).join('');
  return {
    sha256: createHash('sha256').update(manifest).digest('hex'),
    hash,
    hashType: HASH_TYPES.folder,
    size: entries.reduce((sum, { size }) => sum + size, 0),
    nFiles: entries.length,
    manifest,
  };
}

function escapePath(path: RawPath): string {
  return path.replace(/[^ -$&-~]/g, (byte) => `%${byte.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`);
}

function unescapePath(text: string): RawPath {
  return text.replace(/%([0-9A-F]{2})/g, (_, code: string) =>
    String.fromCharCode(Number.parseInt(code, 16)),
  ) as RawPath;
}

function manifestFolder(folder: RawPath): RawPath {
  return joinRaw(folder, rawFromText('manifests'));
}

function manifestPath(folder: RawPath, uid: string): RawPath {
  return joinRaw(manifestFolder(folder), rawFromText(`${uid}.tsv.gz`));
}

/** Written before the record that names it. */
export async function writeManifest(
  context: Pick<InstanceContext, 'fs' | 'folder'>,
  uid: string,
  manifest: string,
): Promise<void> {
  await context.fs.makeFolder(manifestFolder(context.folder), 0o700);
  await context.fs.writeTempFsyncRename(manifestPath(context.folder, uid), gzipSync(Buffer.from(manifest, 'latin1')));
}

/** Null where this computer has no manifest of it. */
export async function readManifest(
  context: Pick<InstanceContext, 'fs' | 'folder'>,
  uid: string,
): Promise<{ entries: Omit<ManifestEntry, 'hash'>[]; sha256: string } | null> {
  const path = manifestPath(context.folder, uid);
  const facts = await context.fs.look(path);
  if (facts === null) return null;
  const text = gunzipSync(await context.fs.readRange(path, 0, facts.size)).toString('latin1');
  const entries = text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [sha256 = '', size = '0', name = ''] = line.split('\t');
      return { sha256, size: Number(size), path: unescapePath(name) };
    });
  return { entries, sha256: createHash('sha256').update(text, 'latin1').digest('hex') };
}
