/**
 * Makes a proven copy of the registry as it is at one moment, to be published. Reads over a connection of its own, in
 * steps, so that nobody who writes waits for it; runs in a thread of its own where the engine has threads.
 */
import { hexOfCrc32 } from '../../ports/fs/content-hash.ts';
import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import type { Fs } from '../../ports/fs/fs.ts';
import { joinRaw, rawFromText, type RawPath } from '../../ports/fs/raw-path.ts';
import type { SnapshotFile } from '../../storage/index.ts';
import type { Head } from '../head-file.ts';
import { copyAndProve } from '../make-backup.ts';

export interface Snapshot extends SnapshotFile {
  head: Head;
  nArtifacts: number;
}

export interface MakeSnapshot {
  /** The instance's folder and uid. */
  folder: RawPath;
  uid: string;
  /** Unique to this try: one that was given up may still be at work when the next one begins. */
  attempt: string;
}

const STEP = 4 * 1024 * 1024;

const PREFIX = 'publishing';
const ENDINGS = ['', '-journal', '-wal', '-shm'];

/** One at a time that counts; whoever asked removes it. Errors: `registry_corrupt`, `disk_full`, `io_error`. */
export async function makeSnapshot(fs: Fs, { folder, uid, attempt }: MakeSnapshot): Promise<Snapshot> {
  const path = joinRaw(folder, rawFromText(`${PREFIX}-${attempt}.db`));
  await removeLeft(fs, folder);
  try {
    const { head, nArtifacts } = await copyAndProve(fs, { folder, uid }, path);
    const { size = 0 } = (await fs.look(path)) ?? {};
    return { path, size, head, nArtifacts, checksums: await checksumsOf(fs, path) };
  } catch (error) {
    await removeSnapshot(fs, path);
    throw error;
  }
}

export async function removeSnapshot(fs: Fs, path: RawPath): Promise<void> {
  for (const ending of ENDINGS) await fs.removeOwnFile((path + rawFromText(ending)) as RawPath);
}

/** What a crash left, or a try that was given up: it puts nothing anywhere any more. */
async function removeLeft(fs: Fs, folder: RawPath): Promise<void> {
  for (const { name, kind } of await fs.readFolder(folder))
    if (kind === 'file' && name.startsWith(PREFIX)) await fs.removeOwnFile(joinRaw(folder, name));
}

async function checksumsOf(fs: Fs, path: RawPath): Promise<SnapshotFile['checksums']> {
  const [sha256, md5] = [createHash('sha256'), createHash('md5')];
  let crc = 0;
  for (let at = 0; ; at += STEP) {
    const bytes = await fs.readRange(path, at, STEP);
    if (bytes.length === 0) break;
    sha256.update(bytes);
    md5.update(bytes);
    crc = crc32(bytes, crc);
  }
  return { sha256: sha256.digest('hex'), md5: md5.digest('hex'), crc32: hexOfCrc32(crc) };
}
