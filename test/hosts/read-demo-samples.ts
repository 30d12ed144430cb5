/** Small readers for the tests of the sample files; they share nothing with the writers. */
import { expect } from 'vitest';

/** TEXT as keyword and value; two delimiters in a row stand for one within a value. */
function readFcsText(text: string): Map<string, string> {
  const delimiter = text.charAt(0);
  const parts: string[] = [];
  let part = '';
  for (let at = 1; at < text.length; at++) {
    if (text.charAt(at) !== delimiter) part += text.charAt(at);
    else if (text.charAt(at + 1) === delimiter) {
      part += delimiter;
      at += 1;
    } else {
      parts.push(part);
      part = '';
    }
  }
  expect(part, 'TEXT ends with its delimiter').toBe('');
  expect(parts.length % 2).toBe(0);
  return new Map(
    Array.from({ length: parts.length / 2 }, (_unused, index) => [parts[index * 2] ?? '', parts[index * 2 + 1] ?? '']),
  );
}

/** HEADER, TEXT and DATA of an FCS 3.1 file of little-endian floats; expects the offsets in both places to agree. */
export function readFcs(bytes: Buffer): { keywords: Map<string, string>; events: number[][]; tail: string } {
  expect(bytes.toString('latin1', 0, 10)).toBe('FCS3.1    ');
  const offsets = [10, 18, 26, 34, 42, 50].map((at) => Number(bytes.toString('latin1', at, at + 8)));
  const [textStart = 0, textEnd = 0, dataStart = 0, dataEnd = 0, analysisStart, analysisEnd] = offsets;
  expect([analysisStart, analysisEnd]).toEqual([0, 0]);
  const keywords = readFcsText(bytes.toString('utf8', textStart, textEnd + 1));
  expect(Number(keywords.get('$BEGINDATA'))).toBe(dataStart);
  expect(Number(keywords.get('$ENDDATA'))).toBe(dataEnd);
  const parameters = Number(keywords.get('$PAR'));
  const total = Number(keywords.get('$TOT'));
  expect(dataEnd - dataStart + 1).toBe(parameters * total * 4);
  const events = Array.from({ length: total }, (_event, event) =>
    Array.from({ length: parameters }, (_value, parameter) =>
      bytes.readFloatLE(dataStart + (event * parameters + parameter) * 4),
    ),
  );
  return { keywords, events, tail: bytes.toString('latin1', dataEnd + 1) };
}

/** One directory of a TIFF with its only strip read as 16-bit numbers. */
export interface TiffPage {
  tags: Map<number, number | string | number[]>;
  pixels: number[];
}

/** All pages of a little-endian TIFF with one strip each. */
export function readTiff(bytes: Buffer): TiffPage[] {
  expect(bytes.toString('latin1', 0, 2)).toBe('II');
  expect(bytes.readUInt16LE(2)).toBe(42);
  const pages: TiffPage[] = [];
  for (let at = bytes.readUInt32LE(4); at !== 0;) {
    expect(at % 2, 'a directory begins at an even offset').toBe(0);
    const entries = bytes.readUInt16LE(at);
    const tags: TiffPage['tags'] = new Map();
    for (let entry = at + 2; entry < at + 2 + entries * 12; entry += 12) {
      const count = bytes.readUInt32LE(entry + 4);
      const value = bytes.readUInt32LE(entry + 8);
      const type = bytes.readUInt16LE(entry + 2);
      const where = count > 4 ? value : entry + 8;
      if (type === 2) {
        expect(bytes[where + count - 1], 'text ends with NUL').toBe(0);
        tags.set(bytes.readUInt16LE(entry), bytes.toString('latin1', where, where + count - 1));
      } else if (type === 3) tags.set(bytes.readUInt16LE(entry), bytes.readUInt16LE(entry + 8));
      else if (type === 4) tags.set(bytes.readUInt16LE(entry), value);
      else if (type === 5)
        tags.set(bytes.readUInt16LE(entry), [bytes.readUInt32LE(value), bytes.readUInt32LE(value + 4)]);
      else throw new Error(`type ${type}`);
    }
    expect([...tags.keys()], 'tags rise').toEqual([...tags.keys()].sort((left, right) => left - right));
    const strip = Number(tags.get(273));
    const length = Number(tags.get(279));
    expect(strip + length).toBeLessThanOrEqual(bytes.length);
    pages.push({
      tags,
      pixels: Array.from({ length: length / 2 }, (_unused, index) => bytes.readUInt16LE(strip + index * 2)),
    });
    at = bytes.readUInt32LE(at + 2 + entries * 12);
  }
  return pages;
}

/** CRC-32 bit by bit, as the PNG specification gives it in annex D. */
export function slowCrc32(bytes: Buffer): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return (crc ^ 0xffffffff) >>> 0;
}

/** The reads of a FASTQ text of four lines each. */
export function readFastq(bytes: Buffer): { name: string; bases: string; qualities: string }[] {
  const text = bytes.toString('latin1');
  expect(text.endsWith('\n')).toBe(true);
  const lines = text.slice(0, -1).split('\n');
  expect(lines.length % 4).toBe(0);
  return Array.from({ length: lines.length / 4 }, (_unused, index) => {
    const [name = '', bases = '', plus, qualities = ''] = lines.slice(index * 4, index * 4 + 4);
    expect(name.charAt(0)).toBe('@');
    expect(plus).toBe('+');
    expect(bases).toMatch(/^[ACGTN]+$/);
    expect(qualities).toMatch(/^[!-~]+$/);
    expect(qualities.length).toBe(bases.length);
    return { name: name.slice(1), bases, qualities };
  });
}
