/** What the first bytes of a file say it is, where they say it. */

/** Image types that every window can draw. */
export function imageType(head: Buffer, suffix: string): string | null {
  const ascii = head.toString('latin1', 0, 16);
  if (ascii.startsWith('\x89PNG\r\n\x1a\n')) return 'image/png';
  if (head[0] === 0xff && head[1] === 0xd8 && head[2] === 0xff) return 'image/jpeg';
  if (ascii.startsWith('GIF87a') || ascii.startsWith('GIF89a')) return 'image/gif';
  if (ascii.startsWith('RIFF') && ascii.slice(8, 12) === 'WEBP') return 'image/webp';
  // "BM" alone begins many a text: a bitmap also has its reserved bytes zero.
  if (ascii.startsWith('BM') && head.length > 26 && head.readUInt32LE(6) === 0) return 'image/bmp';
  if (suffix === '.svg' && /<svg[\s>]/.test(head.toString('latin1'))) return 'image/svg+xml';
  return null;
}

const KNOWN: readonly [magic: string, what: string][] = [
  ['\x1f\x8b', 'a compressed file (gzip)'],
  ['BZh', 'a compressed file (bzip2)'],
  ['\xfd7zXZ', 'a compressed file (xz)'],
  ['\x28\xb5\x2f\xfd', 'a compressed file (zstd)'],
  ['PK\x03\x04', 'a zip archive or an Office document'],
  ['%PDF', 'a PDF document'],
  ['\x89HDF', 'an HDF5 file'],
  ['FCS', 'a flow cytometry file (FCS)'],
  ['PAR1', 'a Parquet table'],
  ['\xd0\xcf\x11\xe0', 'an older Office document'],
  ['SQLite format 3', 'an SQLite database'],
];

/** Of either byte order, with addresses of 32 or 64 bits. */
export function isTiff(head: Buffer): boolean {
  return ['II*\0', 'MM\0*', 'II+\0', 'MM\0+'].includes(head.toString('latin1', 0, 4));
}

/** In words, for "There is no preview of …". */
export function contentName(head: Buffer): string | null {
  const ascii = head.toString('latin1', 0, 16);
  return KNOWN.find(([magic]) => ascii.startsWith(magic))?.[1] ?? null;
}
