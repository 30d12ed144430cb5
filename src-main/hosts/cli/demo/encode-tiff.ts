/** A grey image: `pixels` row by row, 0 black. */
export interface GreyImage {
  width: number;
  height: number;
  pixels: Uint16Array;
}

export interface TiffContent {
  /** One page each; all of them as large as the first. */
  pages: GreyImage[];
  /** ImageDescription of the first page; ASCII. */
  description: string;
  /** `YYYY:MM:DD HH:MM:SS`, as TIFF 6.0 has it. */
  dateTime: string;
  /** Side of a pixel in the sample, in micrometres; becomes the resolution. */
  micrometresPerPixel: number;
}

type Field =
  | { tag: number; type: 'short' | 'long'; value: number }
  | { tag: number; type: 'ascii'; value: string }
  | { tag: number; type: 'rational'; value: [number, number] };

const typeNumbers = { ascii: 2, short: 3, long: 4, rational: 5 };

/** Bytes of a value that does not fit into its entry; TIFF wants every offset even. */
function outOfLine(field: Field): Buffer | null {
  if (field.type === 'ascii') {
    const text = Buffer.from(`${field.value}\0`, 'latin1');
    return text.length > 4 ? Buffer.concat([text, Buffer.alloc(text.length % 2)]) : null;
  }
  if (field.type !== 'rational') return null;
  const pair = Buffer.alloc(8);
  pair.writeUInt32LE(field.value[0], 0);
  pair.writeUInt32LE(field.value[1], 4);
  return pair;
}

/** One image file directory at `offset`, followed by its long values. */
function directory(fields: Field[], offset: number, nextOffset: (length: number) => number): Buffer {
  const table = Buffer.alloc(2 + fields.length * 12 + 4);
  const longValues: Buffer[] = [];
  let end = offset + table.length;
  table.writeUInt16LE(fields.length, 0);
  fields.forEach((field, index) => {
    const at = 2 + index * 12;
    table.writeUInt16LE(field.tag, at);
    table.writeUInt16LE(typeNumbers[field.type], at + 2);
    table.writeUInt32LE(field.type === 'ascii' ? field.value.length + 1 : 1, at + 4);
    const long = outOfLine(field);
    if (long) {
      table.writeUInt32LE(end, at + 8);
      longValues.push(long);
      end += long.length;
    } else if (field.type === 'ascii') table.write(field.value, at + 8, 'latin1');
    else if (field.type === 'short') table.writeUInt16LE(field.value, at + 8);
    else if (field.type === 'long') table.writeUInt32LE(field.value, at + 8);
  });
  table.writeUInt32LE(nextOffset(end - offset), table.length - 4);
  return Buffer.concat([table, ...longValues]);
}

/** The fields of one page, in rising order of tags as TIFF 6.0 wants them. */
function pageFields(content: TiffContent, page: number, image: GreyImage, stripOffset: number): Field[] {
  // Pixels a centimetre, in thousandths.
  const resolution: [number, number] = [Math.round(10_000_000 / content.micrometresPerPixel), 1000];
  return [
    { tag: 256, type: 'long', value: image.width },
    { tag: 257, type: 'long', value: image.height },
    { tag: 258, type: 'short', value: 16 }, // BitsPerSample
    { tag: 259, type: 'short', value: 1 }, // Compression: none
    { tag: 262, type: 'short', value: 1 }, // PhotometricInterpretation: 0 is black
    ...(page === 0 ? [{ tag: 270, type: 'ascii' as const, value: content.description }] : []),
    { tag: 273, type: 'long', value: stripOffset },
    { tag: 277, type: 'short', value: 1 }, // SamplesPerPixel
    { tag: 278, type: 'long', value: image.height }, // RowsPerStrip: one strip holds all
    { tag: 279, type: 'long', value: image.pixels.length * 2 },
    { tag: 282, type: 'rational', value: resolution },
    { tag: 283, type: 'rational', value: resolution },
    { tag: 296, type: 'short', value: 3 }, // ResolutionUnit: centimetre
    { tag: 305, type: 'ascii', value: 'Benchkeep sample maker' },
    { tag: 306, type: 'ascii', value: content.dateTime },
  ];
}

/**
 * A little-endian, uncompressed TIFF of 16-bit grey pages.
 * Format: TIFF revision 6.0 (Adobe, 1992), sections 2 to 8.
 */
export function encodeTiff(content: TiffContent): Uint8Array {
  const header = Buffer.from([0x49, 0x49, 42, 0, 8, 0, 0, 0]);
  const parts: Buffer[] = [header];
  let offset = header.length;
  content.pages.forEach((image, page) => {
    const strip = Buffer.alloc(image.pixels.length * 2);
    image.pixels.forEach((value, index) => strip.writeUInt16LE(value, index * 2));
    const last = page === content.pages.length - 1;
    // The length of a directory does not depend on the offset of its strip, so it is made twice.
    const length = directory(pageFields(content, page, image, 0), offset, () => 0).length;
    const fields = pageFields(content, page, image, offset + length);
    parts.push(
      directory(fields, offset, (own) => (last ? 0 : offset + own + strip.length)),
      strip,
    );
    offset += length + strip.length;
  });
  return Buffer.concat(parts);
}
