import { drawNormal, drawWhole } from './draw-numbers.ts';
import type { Random } from './draw-numbers.ts';
import type { Read } from './encode-fastq.ts';

const complements: Record<string, string> = { A: 'T', C: 'G', G: 'C', T: 'A' };

function randomBases(random: Random, length: number): string {
  return Array.from({ length }, () => 'ACGT'.charAt(drawWhole(random, 0, 3))).join('');
}

function reverseComplement(bases: string): string {
  return Array.from(bases, (base) => complements[base] ?? 'N')
    .reverse()
    .join('');
}

/** Qualities that fall towards the end of a read, between 2 and 38. */
function drawQualities(random: Random, length: number): number[] {
  return Array.from({ length }, (_unused, index) =>
    Math.round(Math.min(38, Math.max(2, drawNormal(random, 37 - (index / length) ** 2 * 12, 3)))),
  );
}

/** Read out of `bases`, with N where the sequencer could not tell. */
function drawRead(random: Random, name: string, bases: string): Read {
  const qualities = drawQualities(random, bases.length);
  const seen = Array.from(bases, (base, index) => ((qualities[index] ?? 0) <= 10 && random() < 0.3 ? 'N' : base)).join(
    '',
  );
  return { name, bases: seen, qualities };
}

export interface Library {
  /** How many pairs of reads. */
  pairs: number;
  /** Bases in each read. */
  length: number;
  /** The index sequence at the end of each read's name. */
  index: string;
}

/** Paired reads of one library: the second reads the other strand of the same fragment backwards. */
export function drawReadPairs(random: Random, library: Library): { forward: Read[]; backward: Read[] } {
  const genome = randomBases(random, 20_000);
  const forward: Read[] = [];
  const backward: Read[] = [];
  for (let pair = 0; pair < library.pairs; pair++) {
    const fragment = drawWhole(random, library.length, library.length * 2);
    const start = drawWhole(random, 0, genome.length - fragment);
    const bases = genome.slice(start, start + fragment);
    // Instrument, run, flow cell, lane, tile, x, y; then the read's number, filter, control and index.
    const place = `M00417:7:000000000-K9TFB:1:${1101 + (pair % 14)}:${drawWhole(random, 1500, 29_000)}:${drawWhole(random, 1000, 29_000)}`;
    forward.push(drawRead(random, `${place} 1:N:0:${library.index}`, bases.slice(0, library.length)));
    backward.push(
      drawRead(random, `${place} 2:N:0:${library.index}`, reverseComplement(bases).slice(0, library.length)),
    );
  }
  return { forward, backward };
}
