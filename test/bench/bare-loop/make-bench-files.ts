/**
 * The files that the benchmarks register: many, small, each with its own content, and old enough
 * that a watcher takes them at once.
 */
import { closeSync, futimesSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';

export interface BenchFilesInput {
  /** How many files in all. */
  files: number;
  /** Over how many folders they are spread, as evenly as it goes. */
  folders: number;
  /** Size of each file, at least 8: the number of a file is written into it, so that no two are equal. */
  bytes: number;
  /** Equal seeds give equal contents; other seeds give contents that share nothing. */
  seed: number;
}

const oneHourInSeconds = 3600;

/**
 * Writes `files` files of `bytes` bytes below `folder` (made if missing), mtime one hour ago.
 * Synchronous and quick (10,000 × 4 KiB in well under a second); throws what node:fs throws.
 */
export function makeBenchFiles(folder: string, input: BenchFilesInput): Promise<void> {
  const { files, folders, bytes, seed } = input;
  if (bytes < 8)
    throw new RangeError(`A bench file needs at least 8 bytes to be unlike the others; ${bytes} were asked for.`);
  const words = new Uint32Array(Math.ceil(bytes / 4));
  const content = new Uint8Array(words.buffer, 0, bytes);
  const longAgo = Date.now() / 1000 - oneHourInSeconds;
  // xorshift32 never leaves 0, so the state must not start there.
  let state = Math.imul(seed + 1, 0x9e3779b1) || 1;
  for (let folderNumber = 0; folderNumber < folders; folderNumber++) {
    const subfolder = join(folder, `run_${String(folderNumber).padStart(4, '0')}`);
    mkdirSync(subfolder, { recursive: true });
    for (let number = folderNumber; number < files; number += folders) {
      for (let index = 0; index < words.length; index++) {
        state ^= state << 13;
        state ^= state >>> 17;
        state ^= state << 5;
        words[index] = state;
      }
      words[0] = number;
      words[1] = seed;
      const file = openSync(join(subfolder, `image_${String(number).padStart(7, '0')}.tif`), 'w');
      try {
        writeSync(file, content);
        futimesSync(file, longAgo, longAgo);
      } finally {
        closeSync(file);
      }
    }
  }
  return Promise.resolve();
}
