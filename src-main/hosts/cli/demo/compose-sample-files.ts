import { gzipSync } from 'node:zlib';
import { drawElisaPlate, drawGrowthCurves, plateLayout } from './simulate-plates.ts';
import { drawField, drawSpots, overlay, pickSpots } from './simulate-microscope.ts';
import { drawReadPairs } from './simulate-sequencer.ts';
import { drawTube } from './simulate-flow.ts';
import { encodeFastq } from './encode-fastq.ts';
import { encodeFcs } from './encode-fcs.ts';
import { encodeOmeTiff } from './encode-ome-tiff.ts';
import { encodePng } from '../../../artifacts/index.ts';
import { encodeTable } from './encode-table.ts';
import { encodeTiff } from './encode-tiff.ts';
import type { Random } from './draw-numbers.ts';

export interface SampleFile {
  /** Path below the folder of the samples, with `/`. */
  path: string;
  bytes: Uint8Array;
}

const micrometresPerPixel = 0.65;

function plates(random: Random): SampleFile[] {
  const plate = (name: string, readAt: string): SampleFile => ({
    path: `plates/${name}.csv`,
    bytes: encodeTable(drawElisaPlate(random, { name, readAt }), ','),
  });
  return [
    plate('2026-11-02_ELISA_IL6_plate1', '2026-11-02 14:07:31'),
    plate('2026-11-02_ELISA_IL6_plate2', '2026-11-02 14:12:05'),
    { path: 'plates/2026-11-02_ELISA_IL6_layout.tsv', bytes: encodeTable(plateLayout(), '\t') },
    { path: 'plates/2026-11-03_growth_curves.csv', bytes: encodeTable(drawGrowthCurves(random), ',') },
  ];
}

function flow(random: Random): SampleFile[] {
  const tubes = [
    {
      fileName: 'Specimen_001_Unstained_001.fcs',
      sample: 'unstained',
      stained: false,
      ifngShare: 0,
      startTime: '10:02:11',
      endTime: '10:02:35',
    },
    {
      fileName: 'Specimen_001_Control_002.fcs',
      sample: 'control',
      stained: true,
      ifngShare: 0.02,
      startTime: '10:04:40',
      endTime: '10:05:04',
    },
    {
      fileName: 'Specimen_001_Stim_003.fcs',
      sample: 'stimulated',
      stained: true,
      ifngShare: 0.34,
      startTime: '10:07:18',
      endTime: '10:07:42',
    },
  ];
  return tubes.map((tube) => ({ path: `flow/2026-11-02/${tube.fileName}`, bytes: encodeFcs(drawTube(random, tube)) }));
}

function microscope(random: Random): SampleFile[] {
  const folder = 'microscope/2026-11-02_HeLa_DAPI_GFP';
  const sites = [1, 2].map((site) => {
    const nuclei = drawSpots(random, 45);
    return {
      site,
      dapi: drawField(random, nuclei, 9000),
      gfp: drawField(random, pickSpots(random, nuclei, 0.4), 5000),
    };
  });
  const single = sites.flatMap(({ site, dapi, gfp }) =>
    [
      { wavelength: 'w1DAPI', image: dapi },
      { wavelength: 'w2GFP', image: gfp },
    ].map(({ wavelength, image }) => ({
      path: `${folder}/B03_s${site}_${wavelength}.tif`,
      bytes: encodeTiff({
        pages: [image],
        description: `B03 site ${site} ${wavelength}`,
        dateTime: '2026:11:02 16:21:09',
        micrometresPerPixel,
      }),
    })),
  );
  const nuclei = drawSpots(random, 60);
  const dapi = drawField(random, nuclei, 9000);
  const gfp = drawField(random, pickSpots(random, nuclei, 0.5), 6000);
  const channels = [
    { name: 'DAPI', fluor: 'DAPI', excitationNanometres: 358, emissionNanometres: 461, image: dapi },
    { name: 'GFP', fluor: 'EGFP', excitationNanometres: 488, emissionNanometres: 507, image: gfp },
  ];
  const acquisitionDate = '2026-11-02T16:34:52';
  return [
    ...single,
    {
      path: `${folder}/B04_overview.ome.tif`,
      bytes: encodeOmeTiff({ name: 'B04_overview', acquisitionDate, micrometresPerPixel, channels }),
    },
    { path: `${folder}/B04_overview.png`, bytes: encodePng(overlay(dapi, gfp)) },
  ];
}

function sequencing(random: Random): SampleFile[] {
  const libraries = [
    { sample: 'D14-control_S1', index: 'ATTACTCG' },
    { sample: 'D14-stim_S2', index: 'TCCGGAGA' },
  ];
  const paired = libraries.flatMap(({ sample, index }) => {
    const { forward, backward } = drawReadPairs(random, { pairs: 1200, length: 100, index });
    return [
      { path: `sequencing/run7/${sample}_L001_R1_001.fastq.gz`, bytes: gzipSync(encodeFastq(forward)) },
      { path: `sequencing/run7/${sample}_L001_R2_001.fastq.gz`, bytes: gzipSync(encodeFastq(backward)) },
    ];
  });
  const sheet = [
    ['[Data]'],
    ['Sample_ID', 'index'],
    ...libraries.map(({ sample, index }) => [sample.slice(0, sample.lastIndexOf('_')), index]),
  ];
  const phix = drawReadPairs(random, { pairs: 300, length: 100, index: 'CTGTCTCT' });
  return [
    { path: 'sequencing/run7/SampleSheet.csv', bytes: encodeTable(sheet, ',') },
    ...paired,
    { path: 'sequencing/run7/PhiX_control.fastq', bytes: encodeFastq(phix.forward) },
  ];
}

const notes = `Donor 14, PBMC, 2 November 2026

Stimulated 4 h, then split: flow (IFNG), ELISA plates 1 and 2 (IL-6), RNA to sequencing run 7.
Plate 1, well C7: pipetted twice, leave it out.
Microscope: B03 two sites, B04 overview. Focus drifted a little at the end of B03.
`;

/**
 * A morning of a small lab as files: plates, flow cytometry, microscope, sequencing and notes, 20 or
 * so, under 4 MB. The same numbers from `random` give the same bytes. All of it is simulated.
 */
export function composeSampleFiles(random: Random): SampleFile[] {
  return [
    ...plates(random),
    ...flow(random),
    ...microscope(random),
    ...sequencing(random),
    { path: 'notes.txt', bytes: Buffer.from(notes, 'utf8') },
  ];
}
