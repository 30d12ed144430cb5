import { drawLogNormal, drawNormal } from './draw-numbers.ts';
import type { Random } from './draw-numbers.ts';
import type { FcsContent, FcsParameter } from './encode-fcs.ts';

/** One tube: what was in it and how its cells answered. */
export interface Tube {
  /** File name, which cytometers also write into the file. */
  fileName: string;
  sample: string;
  /** False for the control without antibodies. */
  stained: boolean;
  /** Share of lymphocytes that make IFNG, 0 to 1. */
  ifngShare: number;
  startTime: string;
  endTime: string;
}

const range = 262144;
const events = 4000;

const parameters: FcsParameter[] = [
  { name: 'FSC-A', range },
  { name: 'FSC-H', range },
  { name: 'SSC-A', range },
  { name: 'FITC-A', stain: 'CD3', range },
  { name: 'PE-A', stain: 'IFNG', range },
  { name: 'APC-A', stain: 'CD8', range },
  { name: 'Time', range },
];

function clip(value: number): number {
  return Math.min(range - 1, Math.max(0, value));
}

/** The events of a tube: lymphocytes, monocytes and debris, told apart by size and stain. */
export function drawTube(random: Random, tube: Tube): FcsContent {
  const values = new Float32Array(events * parameters.length);
  const glow = (median: number): number =>
    clip(tube.stained ? drawLogNormal(random, median, 0.35) : drawLogNormal(random, 180, 0.5));
  for (let event = 0; event < events; event++) {
    const kind = random();
    const lymphocyte = kind < 0.65;
    const [size, grain] = lymphocyte ? [75_000, 25_000] : kind < 0.85 ? [120_000, 70_000] : [15_000, 12_000];
    const forward = clip(drawNormal(random, size, size * 0.12));
    const tCell = lymphocyte && random() < 0.7;
    values.set(
      [
        forward,
        clip(forward * drawNormal(random, 0.88, 0.02)),
        clip(drawNormal(random, grain, grain * 0.18)),
        glow(tCell ? 18_000 : 220),
        glow(lymphocyte && random() < tube.ifngShare ? 9_000 : 240),
        glow(tCell && random() < 0.4 ? 30_000 : 200),
        event * 0.35,
      ],
      event * parameters.length,
    );
  }
  return {
    parameters,
    events: values,
    keywords: {
      $CYT: 'Simulated three-laser cytometer',
      $DATE: '02-NOV-2026',
      $BTIM: tube.startTime,
      $ETIM: tube.endTime,
      $FIL: tube.fileName,
      $SMNO: tube.sample,
      $SRC: 'PBMC donor 14',
      $TIMESTEP: '0.01',
    },
  };
}
