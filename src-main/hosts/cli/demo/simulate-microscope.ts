import { drawNormal, drawWhole } from './draw-numbers.ts';
import type { Random } from './draw-numbers.ts';
import type { ColourImage } from '../../../artifacts/index.ts';
import type { GreyImage } from './encode-tiff.ts';

/** Centre and size of a cell, in pixels. */
export interface Spot {
  x: number;
  y: number;
  /** Standard deviation of its brightness, in pixels. */
  radius: number;
}

const side = 256;

/** Cells scattered over one field of view. */
export function drawSpots(random: Random, count: number): Spot[] {
  return Array.from({ length: count }, () => ({ x: random() * side, y: random() * side, radius: 3 + random() * 4 }));
}

/** Camera image of the cells: each `brightness` counts at its centre, over a noisy dark level. */
export function drawField(random: Random, spots: Spot[], brightness: number): GreyImage {
  const light = new Float64Array(side * side);
  for (const spot of spots) {
    const own = brightness * (0.6 + 0.8 * random());
    const reach = Math.ceil(spot.radius * 3);
    for (let y = Math.max(0, Math.floor(spot.y) - reach); y < Math.min(side, spot.y + reach); y++) {
      for (let x = Math.max(0, Math.floor(spot.x) - reach); x < Math.min(side, spot.x + reach); x++) {
        const distance = ((x - spot.x) ** 2 + (y - spot.y) ** 2) / (2 * spot.radius ** 2);
        light[y * side + x] = (light[y * side + x] ?? 0) + own * Math.exp(-distance);
      }
    }
  }
  // Dark level and read noise of the camera, and the noise of the light itself.
  const pixels = Uint16Array.from(light, (value) =>
    Math.min(65535, Math.max(0, drawNormal(random, 400 + value, 12 + Math.sqrt(value)))),
  );
  return { width: side, height: side, pixels };
}

/** Cells of which only some are bright in the second stain. */
export function pickSpots(random: Random, spots: Spot[], share: number): Spot[] {
  return spots
    .filter(() => random() < share)
    .map((spot) => ({ ...spot, radius: spot.radius + drawWhole(random, 1, 3) }));
}

/** The overview a microscope's program saves: the first channel blue, the second green. */
export function overlay(blue: GreyImage, green: GreyImage): ColourImage {
  const pixels = new Uint8Array(blue.pixels.length * 3);
  const shown = (value: number | undefined): number => Math.min(255, Math.max(0, ((value ?? 0) - 400) / 40));
  blue.pixels.forEach((value, index) => {
    pixels[index * 3 + 1] = shown(green.pixels[index]);
    pixels[index * 3 + 2] = shown(value);
  });
  return { width: blue.width, height: blue.height, pixels };
}
