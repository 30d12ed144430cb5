/** A TIFF as a window can draw it: its first image, made small, with more than eight bits brought to eight. */
import type { GeoTIFFImage } from 'geotiff';
import { encodePng } from './encode-png.ts';

export interface DrawnTiff {
  png: Uint8Array;
  /** What a person must know before they compare it with another; null where it is shown as it is. */
  note: string | null;
}

/** Longest side of what is drawn, pixels. */
const LARGEST = 1024;
/** Bytes of the image unpacked. */
const MOST_UNPACKED = 256 * 1024 * 1024;
/** TIFF 6.0, PhotometricInterpretation. */
const WHITE_IS_ZERO = 0;
const RGB = 2;
/** Share of pixels that are cut at either end of the stretch: single hot pixels would make all else black. */
const CUT = 0.001;

type Samples = ArrayLike<number>;

/** Null for what is too large or of a kind that the library doesn't read. `bytes`: the whole file. */
export async function drawTiff(bytes: Buffer): Promise<DrawnTiff | null> {
  // Only when one is looked at: loading it takes longer than most commands.
  const { fromArrayBuffer } = await import('geotiff');
  try {
    const tiff = await fromArrayBuffer(new Uint8Array(bytes).buffer);
    const image = await tiff.getImage(0);
    const unpacked = image.getWidth() * image.getHeight() * image.getBytesPerPixel();
    if (!(unpacked > 0) || unpacked > MOST_UNPACKED) return null;
    return await draw(image, await tiff.getImageCount());
  } catch {
    // A broken file, or a packing that is not known: there is no preview, which is what is shown.
    return null;
  }
}

async function draw(image: GeoTIFFImage, planes: number): Promise<DrawnTiff> {
  const scale = Math.min(1, LARGEST / Math.max(image.getWidth(), image.getHeight()));
  const width = Math.max(1, Math.round(image.getWidth() * scale));
  const height = Math.max(1, Math.round(image.getHeight() * scale));
  const photometric = Number(image.fileDirectory.getValue('PhotometricInterpretation'));
  const isColour = photometric === RGB && image.getSamplesPerPixel() >= 3;
  const rasters = await image.readRasters({ width, height, samples: isColour ? [0, 1, 2] : [0] });
  const channels = [...(rasters as unknown as Samples[])];
  const ranges = isEightBit(image) ? null : stretch(channels);
  const pixels = new Uint8Array(width * height * 3);
  for (let i = 0; i < width * height; i++) {
    for (let c = 0; c < 3; c++) {
      const value = toByte(channels[isColour ? c : 0]?.[i] ?? 0, ranges);
      pixels[i * 3 + c] = photometric === WHITE_IS_ZERO ? 255 - value : value;
    }
  }
  const notes = [
    ...(ranges === null ? [] : ['Brightness was stretched: not comparable between images.']),
    ...(planes > 1 ? [`The first of ${String(planes)} images in this file.`] : []),
  ];
  return { png: encodePng({ width, height, pixels }), note: notes.length === 0 ? null : notes.join(' ') };
}

function isEightBit(image: GeoTIFFImage): boolean {
  return image.getBitsPerSample(0) === 8 && image.getSampleFormat(0) === 1;
}

interface Range {
  low: number;
  high: number;
}

function stretch(channels: readonly Samples[]): Range {
  const sample = channels.flatMap((channel) => {
    const step = Math.max(1, Math.floor(channel.length / 100_000));
    return Array.from({ length: Math.floor(channel.length / step) }, (_, i) => channel[i * step] ?? 0);
  });
  const sorted = Float64Array.from(sample.filter(Number.isFinite)).sort();
  const at = (share: number): number => sorted[Math.round((sorted.length - 1) * share)] ?? 0;
  return { low: at(CUT), high: at(1 - CUT) };
}

function toByte(value: number, range: Range | null): number {
  if (range === null) return value;
  if (range.high <= range.low) return value > range.low ? 255 : 0;
  return Math.min(255, Math.max(0, Math.round(((value - range.low) / (range.high - range.low)) * 255)));
}
