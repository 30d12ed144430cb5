/**
 * The worker of the bare loop: reads each file of a batch and makes md5 and sha256 of it, nothing
 * else. Synchronous calls, one buffer for all files, one-shot hashes for what fits into it.
 */
import { createHash, hash } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';
import { parentPort } from 'node:worker_threads';

/** What the worker answers for a batch of paths. */
export interface BatchAnswer {
  files: number;
  bytes: number;
  /** XOR of the first four bytes of every md5 and every sha256: proof that each was made. */
  fold: number;
}

const buffer = Buffer.allocUnsafeSlow(1024 * 1024);

function hashFile(path: string): { bytes: number; md5: Buffer; sha256: Buffer } {
  const file = openSync(path, 'r');
  try {
    let length = readSync(file, buffer);
    // A regular file gives less than was asked for only at its end, so this spares the second read.
    if (length < buffer.length) {
      const content = buffer.subarray(0, length);
      return { bytes: length, md5: hash('md5', content, 'buffer'), sha256: hash('sha256', content, 'buffer') };
    }
    const md5 = createHash('md5');
    const sha256 = createHash('sha256');
    let bytes = 0;
    while (length > 0) {
      const piece = buffer.subarray(0, length);
      md5.update(piece);
      sha256.update(piece);
      bytes += length;
      length = readSync(file, buffer);
    }
    return { bytes, md5: md5.digest(), sha256: sha256.digest() };
  } finally {
    closeSync(file);
  }
}

function hashBatch(paths: string[]): BatchAnswer {
  const answer: BatchAnswer = { files: 0, bytes: 0, fold: 0 };
  for (const path of paths) {
    const { bytes, md5, sha256 } = hashFile(path);
    answer.files += 1;
    answer.bytes += bytes;
    answer.fold ^= md5.readUInt32BE(0) ^ sha256.readUInt32BE(0);
  }
  return answer;
}

if (!parentPort) throw new Error('hash-batch.ts is a worker of measureBareLoop; call that instead.');
const port = parentPort;
port.on('message', (paths: string[]) => port.postMessage(hashBatch(paths)));
port.postMessage('ready');
