/** The checksums of content that is read once, from its beginning: of its parts as stores want them, and of the whole. */
import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { joinedCrc32 } from './joined-crc32.ts';

/** Hex. */
export interface PartChecksums {
  crc32: string;
  sha256?: string;
}

/** Hex, of all bytes. */
export interface WholeChecksums {
  sha256: string;
  crc32: string;
  md5?: string;
}

export interface ChecksumsWanted {
  /** Also of the whole: it takes six times as long as CRC-32, so only for stores that make nothing else. */
  md5: boolean;
  /** Each part gets its SHA-256, for stores that sign what is sent. */
  partSha256: boolean;
}

/** Made by the thread that calls, a slice at a time. */
export interface ContentHash {
  add(slice: Uint8Array): void;
  /** Of what was added since the part before. */
  part(): PartChecksums;
  whole(): WholeChecksums;
}

export function contentHash({ md5, partSha256 }: ChecksumsWanted): ContentHash {
  const sha256 = createHash('sha256');
  const second = md5 ? createHash('md5') : null;
  let ofPart = partSha256 ? createHash('sha256') : null;
  // Of the parts so far, and of the next one.
  let [crc, crcOfPart, lengthOfPart] = [0, 0, 0];
  const joined = (): number => joinedCrc32(crc, crcOfPart, lengthOfPart);
  return {
    add(slice) {
      sha256.update(slice);
      second?.update(slice);
      ofPart?.update(slice);
      crcOfPart = crc32(slice, crcOfPart);
      lengthOfPart += slice.length;
    },
    part() {
      const checksums = { crc32: hexOfCrc32(crcOfPart), ...(ofPart === null ? {} : { sha256: ofPart.digest('hex') }) };
      [crc, crcOfPart, lengthOfPart] = [joined(), 0, 0];
      ofPart = partSha256 ? createHash('sha256') : null;
      return checksums;
    },
    whole: () => ({
      sha256: sha256.digest('hex'),
      crc32: hexOfCrc32(joined()),
      ...(second === null ? {} : { md5: second.digest('hex') }),
    }),
  };
}

export function hexOfCrc32(crc: number): string {
  return crc.toString(16).padStart(8, '0');
}
