/** Reads a file once, from its beginning to its end, for sending it: parts with their checksums, and those of the whole. */
import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { BenchkeepError } from '../../shared/errors.ts';
import { sameFacts } from '../ports/fs/file-facts.ts';
import type { Fs } from '../ports/fs/fs.ts';
import { rawToDisplay } from '../ports/fs/raw-path.ts';
import type { Part, StoreChecksums } from '../storage/index.ts';
import type { UploadSource } from './transfer-context.ts';

/**
 * Calls `onPart` for each part in order; a promise that it returns is waited for before more is read. Returns checksums
 * of all bytes (hex): CRC-32 always, MD5 where it is asked for, because it takes six times as long. Errors: `file_changed` where it is not what it was when the transfer was planned; then nothing of
 * what was sent may be used.
 */
export async function readParts(
  fs: Fs,
  source: UploadSource,
  partSize: number,
  onPart: (part: Part) => Promise<void>,
  { md5 = false }: { md5?: boolean } = {},
): Promise<StoreChecksums & { crc32: string }> {
  await refuseChanged(fs, source);
  const { size } = source.facts;
  const whole = createHash('sha256');
  const second = md5 ? createHash('md5') : null;
  let crc = 0;
  for (let offset = 0, number = 1; offset < size; offset += partSize, number++) {
    const bytes = await fs.readRange(source.path, offset, Math.min(partSize, size - offset));
    if (bytes.length !== Math.min(partSize, size - offset)) throw changed(source);
    whole.update(bytes);
    second?.update(bytes);
    crc = crc32(bytes, crc);
    await onPart({ number, offset, bytes, crc32: hexOf(crc32(bytes)) });
  }
  await refuseChanged(fs, source);
  if (whole.digest('hex') !== source.sha256) throw otherContent(source);
  return { crc32: hexOf(crc), ...(second === null ? {} : { md5: second.digest('hex') }) };
}

function hexOf(crc: number): string {
  return crc.toString(16).padStart(8, '0');
}

/** Errors: `file_changed`, `file_not_found`. */
export async function refuseChanged(fs: Pick<Fs, 'look'>, source: UploadSource): Promise<void> {
  const now = await fs.look(source.path);
  if (now === null) {
    throw new BenchkeepError(
      'file_not_found',
      `${rawToDisplay(source.path)} is not there any more`,
      'Put it back, or save it again from where it is now. Nothing was removed.',
    );
  }
  if (!sameFacts(now, source.facts)) throw changed(source);
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
