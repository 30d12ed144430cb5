/** Writes images that every window can draw. */
import { crc32, deflateSync } from 'node:zlib';

/** A colour image: `pixels` row by row, three bytes each (red, green, blue). */
export interface ColourImage {
  width: number;
  height: number;
  pixels: Uint8Array;
}

function chunk(type: string, data: Uint8Array): Buffer {
  const typed = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const checksum = Buffer.alloc(4);
  checksum.writeUInt32BE(crc32(typed));
  return Buffer.concat([length, typed, checksum]);
}

/**
 * A PNG with eight bits for each of red, green and blue, no filter, not interlaced.
 * Format: Portable Network Graphics, second edition (W3C and ISO/IEC 15948:2003), sections 5 and 11.
 */
export function encodePng(image: ColourImage): Uint8Array {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(image.width, 0);
  header.writeUInt32BE(image.height, 4);
  header.set([8, 2], 8); // bit depth 8, colour type 2: truecolour; the rest stays 0
  const rowLength = image.width * 3;
  // Each row begins with the number of its filter: 0, none.
  const rows = Buffer.alloc(image.height * (rowLength + 1));
  for (let row = 0; row < image.height; row++) {
    rows.set(image.pixels.subarray(row * rowLength, (row + 1) * rowLength), row * (rowLength + 1) + 1);
  }
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([
    signature,
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(rows)),
    chunk('IEND', new Uint8Array(0)),
  ]);
}
