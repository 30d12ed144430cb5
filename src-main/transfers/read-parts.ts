/**
 * Reads a file once, from its beginning to its end, and makes the checksums on the way: of parts for sending it, and of
 * the whole. Slice by slice, because hashing one is work of the thread that everybody waits for.
 */
import { BenchkeepError } from '../../shared/errors.ts';
import { contentHash, type ChecksumsWanted } from '../ports/fs/content-hash.ts';
import { isOneFile } from '../ports/fs/file-facts.ts';
import type { Fs, OpenFile } from '../ports/fs/fs.ts';
import type { DistantHash, Hasher } from '../ports/fs/hasher.ts';
import { rawToDisplay } from '../ports/fs/raw-path.ts';
import type { Part, StoreChecksums } from '../storage/index.ts';
import type { UploadSource } from './transfer-context.ts';

/** Bytes that are read, and hashed, in one go: in this thread about 2 ms. */
const SLICE = 1024 ** 2;

/** Hex, of all bytes. */
export type ReadChecksums = StoreChecksums & { crc32: string };

export interface Checksummed {
  /** See `ChecksumsWanted`. */
  md5?: boolean;
  signal?: AbortSignal;
}

export interface PartsWanted extends Checksummed {
  /** Bytes of every part but the last. */
  partSize: number;
  /** Each part gets its SHA-256, for stores that sign what is sent. */
  sha256?: boolean;
  /** Where the bytes of a part go; whoever gets the part gives it back. In shared memory where `hasher` is given. */
  buffer: (bytes: number) => Promise<Buffer>;
  /** Makes the checksums beside this thread; without it they are made here, which is faster for what is small. */
  hasher?: Pick<Hasher, 'hashContent'>;
}

/**
 * Calls `onPart` for each part in order; a promise that it returns is waited for before more is read. The last part is
 * given only when all was read and is what it was to be: some stores make the object with it. Errors: `file_changed`
 * where it is not what it was when the transfer was planned; then nothing of what was sent may be used.
 */
export async function readParts(
  fs: Pick<Fs, 'look' | 'openFile'>,
  source: UploadSource,
  { partSize, sha256 = false, buffer, hasher, ...wanted }: PartsWanted,
  onPart: (part: Part) => Promise<void>,
): Promise<ReadChecksums> {
  const { size } = source.facts;
  const { md5 = false, signal } = wanted;
  const of = { md5, partSha256: sha256 };
  const hash = hasher?.hashContent(of) ?? hashHere(of);
  let last: Part | null = null;
  try {
    const checksums = await readAll(fs, source, hash, async (file) => {
      for (let offset = 0, number = 1; offset < size; offset += partSize, number++) {
        if (last !== null) await onPart(last);
        const bytes = await buffer(Math.min(partSize, size - offset));
        await readSlices(file, source, { bytes, offset }, (slice) => {
          signal?.throwIfAborted();
          hash.add(slice);
        });
        last = { number, offset, bytes, ...(await hash.part()) };
      }
    });
    if (last !== null) await onPart(last);
    return checksums;
  } finally {
    hash.close();
  }
}

/** Of a file that is only looked at. Errors: `file_changed` where it is not what it was to be. */
export function readChecksums(
  fs: Pick<Fs, 'look' | 'openFile'>,
  source: UploadSource,
  wanted: Checksummed = {},
): Promise<ReadChecksums> {
  const { size } = source.facts;
  const { md5 = false, signal } = wanted;
  const hash = hashHere({ md5, partSha256: false });
  return readAll(fs, source, hash, async (file) => {
    const buffer = Buffer.allocUnsafe(Math.min(SLICE, size));
    for (let offset = 0; offset < size; offset += SLICE) {
      const bytes = buffer.subarray(0, Math.min(SLICE, size - offset));
      await readSlices(file, source, { bytes, offset }, (slice) => {
        signal?.throwIfAborted();
        hash.add(slice);
      });
    }
  });
}

function hashHere(wanted: ChecksumsWanted): DistantHash {
  const hash = contentHash(wanted);
  return {
    add: (slice) => {
      hash.add(slice);
    },
    part: () => Promise.resolve(hash.part()),
    whole: () => Promise.resolve(hash.whole()),
    close: () => undefined,
  };
}

async function readAll(
  fs: Pick<Fs, 'look' | 'openFile'>,
  source: UploadSource,
  hash: DistantHash,
  read: (file: OpenFile) => Promise<void>,
): Promise<ReadChecksums> {
  await refuseChanged(fs, source);
  const file = await fs.openFile(source.path);
  try {
    await read(file);
  } finally {
    await file.close();
  }
  const { sha256, ...checksums } = await hash.whole();
  if (sha256 !== source.sha256) {
    await refuseChanged(fs, source);
    throw otherContent(source);
  }
  return checksums;
}

/** Fills `bytes`; `onSlice` gets them piece by piece, with a turn for others in between. */
async function readSlices(
  file: OpenFile,
  source: UploadSource,
  { bytes, offset }: { bytes: Buffer; offset: number },
  onSlice: (slice: Buffer) => void,
): Promise<void> {
  for (let from = 0; from < bytes.length; from += SLICE) {
    const slice = bytes.subarray(from, from + SLICE);
    if ((await file.read(slice, offset + from)) !== slice.length) throw changed(source);
    onSlice(slice);
  }
}

/**
 * Before hours of sending what is not the content. New names and rights of the file are no reason: what was read tells.
 * Errors: `file_changed`, `file_not_found`.
 */
async function refuseChanged(fs: Pick<Fs, 'look'>, source: UploadSource): Promise<void> {
  const now = await fs.look(source.path);
  if (now === null) {
    throw new BenchkeepError(
      'file_not_found',
      `${rawToDisplay(source.path)} is not there any more`,
      'Put it back, or save it again from where it is now. Nothing was removed.',
    );
  }
  const { facts } = source;
  if (!isOneFile(now, facts) || now.size !== facts.size || now.mtimeNs !== facts.mtimeNs) throw changed(source);
}

function otherContent({ path }: UploadSource): BenchkeepError {
  return new BenchkeepError(
    'file_changed',
    `${rawToDisplay(path)} has other content than what was registered`,
    'Nothing was uploaded. Let its folder be looked at: its new content becomes the next version.',
  );
}

function changed({ path }: UploadSource): BenchkeepError {
  return new BenchkeepError(
    'file_changed',
    `${rawToDisplay(path)} was changed while it was sent`,
    'The file stays as it is. Let it be registered first: its new content becomes the next version.',
  );
}
