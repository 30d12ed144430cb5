/** Reads a whole folder: LaminDB's hash of it, its manifest, and proof that nothing moved meanwhile. */
import { createHash } from 'node:crypto';
import { reviveError } from '../../shared/errors.ts';
import { hashFolder, HASH_TYPES } from '../../shared/hash-encoding.ts';
import type { InstanceContext } from '../instance/index.ts';
import { joinRaw, rawToDisplay, type RawPath } from '../ports/fs/raw-path.ts';
import { folderFiles } from '../storage/folder-files.ts';
import { addLook } from '../storage/folder-looks.ts';
import { manifestLine, type ManifestEntry } from '../storage/folder-manifest.ts';
import { writtenMeanwhile } from './save-files-in-place.ts';

export interface FolderContent {
  /** Of the manifest: the folder's identity. */
  sha256: string;
  hash: string;
  hashType: string;
  /** Sum of bytes. */
  size: number;
  nFiles: number;
  /** Digest over which files there are and what each looked like: compared with `folderLooks` later. */
  looks: string;
}

export interface FolderTools {
  signal: AbortSignal;
  /** Nobody waits for it: other files are read meanwhile. */
  background?: boolean;
  onBytes: (bytes: number) => void;
  onSkipped: (path: RawPath) => void;
  /** Each file as it was read, in the order of the manifest. */
  onEntry: (entry: ManifestEntry) => Promise<void> | void;
}

/** Files of one reading: enough to keep the threads busy. */
const BATCH = 500;

/** Errors: `empty_folder`; `file_changed` where a file is written meanwhile; `file_unreadable`, `cancelled`. */
export async function readFolderContent(
  context: Pick<InstanceContext, 'fs' | 'hasher'>,
  folder: RawPath,
  tools: FolderTools,
): Promise<FolderContent> {
  const manifest = createHash('sha256');
  const looks = createHash('sha256');
  // 22 characters a file are all that is kept of it.
  const hashes: string[] = [];
  let size = 0;

  async function take(paths: readonly RawPath[]): Promise<void> {
    const { signal, onBytes, background = false } = tools;
    const absolute = paths.map((path) => joinRaw(folder, path));
    const outcomes = await context.hasher.hashFiles(absolute, { signal, onBytes, background });
    for (const [i, outcome] of outcomes.entries()) {
      const path = paths[i] ?? ('' as RawPath);
      if (outcome.kind === 'failed') throw reviveError(outcome.error);
      if (outcome.kind !== 'hashed') throw writtenMeanwhile(rawToDisplay(path));
      const entry = { path, size: outcome.facts.size, sha256: outcome.sha256 };
      manifest.update(manifestLine(entry), 'latin1');
      addLook(looks, path, outcome.facts);
      hashes.push(outcome.hash);
      size += entry.size;
      await tools.onEntry(entry);
    }
  }

  let batch: RawPath[] = [];
  for await (const path of folderFiles(context.fs, folder, tools.onSkipped)) {
    batch.push(path);
    if (batch.length < BATCH) continue;
    await take(batch);
    batch = [];
  }
  await take(batch);
  return {
    hash: hashFolder(hashes, (content) => createHash('md5').update(content).digest()),
    hashType: HASH_TYPES.folder,
    sha256: manifest.digest('hex'),
    size,
    nFiles: hashes.length,
    looks: looks.digest('hex'),
  };
}
