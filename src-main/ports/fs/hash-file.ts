/** Reads a file once and hashes it, synchronously, for the hash threads. A recorded hash belongs to one moment of the file. */
import { createHash, hash as hashOnce } from 'node:crypto';
import { closeSync, constants, fstatSync, lstatSync, openSync, readSync, type BigIntStats } from 'node:fs';
import { BenchkeepError, toErrorData } from '../../../shared/errors.ts';
import { encodeHash, FAST_HASH_LIMIT, FAST_HASH_PART } from '../../../shared/hash-encoding.ts';
import { failpoint } from '../failpoint.ts';
import { factsFromStats, type FileFacts } from './file-facts.ts';
import { fsError, isMissing } from './fs-error.ts';
import type { ContentHashes, EndsOutcome, HashOutcome, RehashOutcome } from './hasher.ts';
import { rawToBytes, rawToDisplay, type RawPath } from './raw-path.ts';

/** Files up to this size are read whole and hashed in one call. */
const WHOLE = 256 * 1024;
const CHUNK = 1024 * 1024;
const READ_ONLY = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

export interface HashControl {
  /** Asked before each chunk; true ends the reading with `cancelled`. */
  cancelled: () => boolean;
  onBytes: (bytes: number) => void;
}

/** The memory that one thread reads into. */
export function readBuffer(): Buffer {
  return Buffer.allocUnsafeSlow(CHUNK);
}

/**
 * `changed` where device, inode, size, mtime or ctime differ before and after, or the path leads to another file
 * meanwhile. Never waits on a pipe and never follows a link.
 */
export function hashFile(path: RawPath, buffer: Buffer, control: HashControl): HashOutcome {
  return readUnchanged(path, (file, size, at) =>
    size <= WHOLE ? hashWhole(file, size, buffer, control) : hashInChunks(file, size, buffer, control, at),
  );
}

/** The two ends of a file over the limit, under the same rule. */
export function hashFileEnds(path: RawPath, buffer: Buffer, control: HashControl): EndsOutcome {
  return readUnchanged(path, (file, size, at) => hashTwoEnds(file, size, buffer, control, at));
}

/** All of a known file once more: sha256 alone, which is all that is compared. Asks `cancelled` at least once a file. */
export function rehashFile(path: RawPath, buffer: Buffer, control: HashControl): RehashOutcome {
  return readUnchanged(path, (file, size, at) => {
    const sha256 = createHash('sha256');
    refuseIfCancelled(control);
    for (let position = 0; position < size;) {
      failpoint('hash.read.before');
      at(position);
      const read = readSync(file, buffer, 0, Math.min(buffer.length, size - position), position);
      if (read === 0) return null;
      sha256.update(buffer.subarray(0, read));
      position += read;
      control.onBytes(read);
      refuseIfCancelled(control);
    }
    return { sha256: sha256.digest('hex') };
  });
}

/** All of a file of exactly `size` bytes, in memory of its own, with its sha256; `changed` where it has another size by now. */
export function readSmallFile(
  path: RawPath,
  size: number,
): { kind: 'hashed'; facts: FileFacts; bytes: Buffer; sha256: string } | Exclude<HashOutcome, { kind: 'hashed' }> {
  return readUnchanged(path, (file, found) => {
    if (found !== size) return null;
    const bytes = Buffer.allocUnsafeSlow(size);
    return fill(file, bytes) ? { bytes, sha256: hashOnce('sha256', bytes, 'hex') } : null;
  });
}

type Read<H> = (file: number, size: number, at: (position: number) => void) => H | null;

function readUnchanged<H extends object>(
  path: RawPath,
  read: Read<H>,
): ({ kind: 'hashed'; facts: FileFacts } & H) | Exclude<HashOutcome, { kind: 'hashed' }> {
  const bytes = rawToBytes(path);
  let file: number;
  try {
    file = openSync(bytes, READ_ONLY);
  } catch (error) {
    return isMissing(error) ? { kind: 'gone' } : { kind: 'failed', error: toErrorData(fsError(error, path)) };
  }
  let position = 0;
  try {
    const before = fstatSync(file, { bigint: true });
    if (!before.isFile()) return notAFile(path);
    const hashes = read(file, Number(before.size), (at) => (position = at));
    if (hashes === null) return { kind: 'changed' };
    failpoint('hash.read.after');
    // By its path: the same inode with the same times means that the open file is unchanged too.
    const after = lstatSync(bytes, { bigint: true, throwIfNoEntry: false });
    if (after === undefined || !sameMoment(before, after)) return { kind: 'changed' };
    return { kind: 'hashed', facts: factsFromStats(before), ...hashes };
  } catch (error) {
    return { kind: 'failed', error: toErrorData(readError(error, path, position)) };
  } finally {
    closeSync(file);
  }
}

function sameMoment(a: BigIntStats, b: BigIntStats): boolean {
  return a.ino === b.ino && a.dev === b.dev && a.size === b.size && a.mtimeNs === b.mtimeNs && a.ctimeNs === b.ctimeNs;
}

/** False where there are fewer bytes than the size said; more of them show in the size afterwards. */
function fill(file: number, content: Buffer): boolean {
  failpoint('hash.read.before');
  let filled = 0;
  while (filled < content.length) {
    const read = readSync(file, content, filled, content.length - filled, filled);
    if (read === 0) return false;
    filled += read;
  }
  return true;
}

function hashWhole(file: number, size: number, buffer: Buffer, control: HashControl): ContentHashes | null {
  const content = buffer.subarray(0, size);
  if (!fill(file, content)) return null;
  control.onBytes(size);
  return {
    hash: encodeHash(hashOnce('md5', content, 'buffer')),
    hashType: 'md5',
    sha256: hashOnce('sha256', content, 'hex'),
  };
}

/** One pass: sha256 of all, and either MD5 of all or the SHA-1 of the two ends (LaminDB's `sha1-fl`). */
function hashInChunks(
  file: number,
  size: number,
  buffer: Buffer,
  control: HashControl,
  at: (position: number) => void,
): ContentHashes | null {
  const sha256 = createHash('sha256');
  const whole = size <= FAST_HASH_LIMIT ? createHash('md5') : null;
  const first = createHash('sha1');
  const last = createHash('sha1');
  const lastFrom = size - FAST_HASH_PART;
  let position = 0;
  while (position < size) {
    refuseIfCancelled(control);
    failpoint('hash.read.before');
    at(position);
    const read = readSync(file, buffer, 0, Math.min(buffer.length, size - position), position);
    if (read === 0) return null;
    const chunk = buffer.subarray(0, read);
    sha256.update(chunk);
    if (whole !== null) whole.update(chunk);
    else {
      if (position < FAST_HASH_PART) first.update(chunk.subarray(0, FAST_HASH_PART - position));
      if (position + read > lastFrom) last.update(chunk.subarray(Math.max(0, lastFrom - position)));
    }
    position += read;
    control.onBytes(read);
  }
  const digest =
    whole === null ? createHash('sha1').update(first.digest()).update(last.digest()).digest() : whole.digest();
  return { hash: encodeHash(digest), hashType: whole === null ? 'sha1-fl' : 'md5', sha256: sha256.digest('hex') };
}

/** LaminDB's `sha1-fl` alone. */
function hashTwoEnds(
  file: number,
  size: number,
  buffer: Buffer,
  control: HashControl,
  at: (position: number) => void,
): { hash: string; hashType: 'sha1-fl' } | null {
  const ends: Buffer[] = [];
  for (const from of [0, size - FAST_HASH_PART]) {
    const sha1 = createHash('sha1');
    let position = from;
    while (position < from + FAST_HASH_PART) {
      refuseIfCancelled(control);
      at(position);
      const read = readSync(file, buffer, 0, Math.min(buffer.length, from + FAST_HASH_PART - position), position);
      if (read === 0) return null;
      sha1.update(buffer.subarray(0, read));
      position += read;
      control.onBytes(read);
    }
    ends.push(sha1.digest());
  }
  return { hash: encodeHash(createHash('sha1').update(Buffer.concat(ends)).digest()), hashType: 'sha1-fl' };
}

function refuseIfCancelled(control: HashControl): void {
  if (control.cancelled())
    throw new BenchkeepError('cancelled', 'Reading was stopped', 'It begins anew at the next look.', { retry: true });
}

function notAFile(path: RawPath): Exclude<HashOutcome, { kind: 'hashed' }> {
  const error = new BenchkeepError('not_a_file', `${rawToDisplay(path)} is not an ordinary file`, 'It is left out.');
  return { kind: 'failed', error: toErrorData(error) };
}

function readError(error: unknown, path: RawPath, position: number): BenchkeepError {
  const known = fsError(error, path);
  if (known.code !== 'io_error') return known;
  return new BenchkeepError('io_error', `${known.message} (at byte ${String(position)})`, known.remedy, {
    cause: error,
    retry: true,
  });
}
