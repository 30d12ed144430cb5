/** The sample files of the demonstration, read back by small readers that share nothing with their writers. */
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { gunzipSync, inflateSync } from 'node:zlib';
import { join } from 'node:path';
import { tmpdir } from 'node:os';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { composeSampleFiles } from '../../src-main/hosts/cli/demo/compose-sample-files.ts';
import { makeSampleFiles } from '../../src-main/hosts/cli/demo/make-sample-files.ts';
import { encodeFcs } from '../../src-main/hosts/cli/demo/encode-fcs.ts';
import { seedRandom } from '../../src-main/hosts/cli/demo/draw-numbers.ts';
import { readFastq, readFcs, readTiff, slowCrc32 } from './read-demo-samples.ts';
import type { WrittenSample } from '../../src-main/hosts/cli/demo/make-sample-files.ts';

let root: string;
let written: WrittenSample[];

const writer = {
  writeFile: (path: string, bytes: Uint8Array): Promise<void> => writeFile(path, bytes),
  makeFolder: async (path: string): Promise<void> => {
    await mkdir(path, { recursive: true });
  },
};

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'benchkeep-samples-'));
  written = await makeSampleFiles(writer, root, seedRandom(7));
});

afterAll(() => rm(root, { recursive: true, force: true }));

function pathsEndingIn(ending: string): string[] {
  return written.map((file) => file.path).filter((path) => path.endsWith(ending));
}

function read(path: string): Promise<Buffer> {
  return readFile(join(root, path));
}

describe('the sample files', () => {
  test('are a small tree with one of each kind a lab has', async () => {
    const onDisk = await readdir(root, { recursive: true, withFileTypes: true });
    expect(onDisk.filter((entry) => entry.isFile()).length).toBe(written.length);
    expect(written.reduce((sum, file) => sum + file.size, 0)).toBeLessThan(8_000_000);
    for (const file of written) expect((await read(file.path)).length).toBe(file.size);
    expect(new Set(written.map((file) => file.path.split('/')[0]))).toEqual(
      new Set(['plates', 'flow', 'microscope', 'sequencing', 'notes.txt']),
    );
    expect(pathsEndingIn('.fcs')).toHaveLength(3);
    for (const ending of ['.csv', '.tsv', '.tif', '.ome.tif', '.png', '.fastq', '.fastq.gz'])
      expect(pathsEndingIn(ending), ending).not.toHaveLength(0);
  });

  test('are the same for the same seed, and others for another', () => {
    const digest = (seed: number): string[] =>
      composeSampleFiles(seedRandom(seed)).map((file) => `${file.path} ${slowCrc32(Buffer.from(file.bytes))}`);
    const first = digest(7);
    expect(digest(7)).toEqual(first);
    const other = digest(8);
    const unchanged = first.filter((line) => other.includes(line)).map((line) => line.split(' ')[0]);
    expect(unchanged, 'only what holds no measurement').toEqual([
      'plates/2026-11-02_ELISA_IL6_layout.tsv',
      'sequencing/run7/SampleSheet.csv',
      'notes.txt',
    ]);
    expect(new Set(first.map((line) => line.split(' ')[1])).size, 'no two of equal content').toBe(first.length);
  });

  test('plates: eight rows of twelve numbers below what the reader says', async () => {
    for (const path of pathsEndingIn('_plate1.csv').concat(pathsEndingIn('_plate2.csv'))) {
      const lines = (await read(path)).toString('utf8').split('\r\n');
      expect(lines[0]).toBe('Protocol,"ELISA IL-6, human"');
      const header = lines.indexOf(',1,2,3,4,5,6,7,8,9,10,11,12');
      const wells = lines.slice(header + 1, -1).map((line) => line.split(','));
      expect(wells.map((row) => row[0]).join('')).toBe('ABCDEFGH');
      for (const row of wells)
        expect(
          row
            .slice(1)
            .map(Number)
            .filter((value) => value > 0 && value < 4),
        ).toHaveLength(12);
      expect(Number(wells[0]?.[1])).toBeGreaterThan(Number(wells[7]?.[1]));
    }
  });

  test('tables: every row has as many cells as the header', async () => {
    const layout = (await read('plates/2026-11-02_ELISA_IL6_layout.tsv'))
      .toString('utf8')
      .replace(/\r\n$/, '')
      .split('\r\n');
    expect(layout).toHaveLength(97);
    expect(new Set(layout.map((line) => line.split('\t').length))).toEqual(new Set([5]));
    const growth = (await read('plates/2026-11-03_growth_curves.csv'))
      .toString('utf8')
      .replace(/\r\n$/, '')
      .split('\r\n');
    expect(growth).toHaveLength(74);
    expect(new Set(growth.map((line) => line.split(',').length))).toEqual(new Set([10]));
  });

  test('FCS: HEADER, TEXT and DATA agree, and the values lie in their ranges', async () => {
    const required = [
      '$BEGINANALYSIS',
      '$ENDANALYSIS',
      '$BEGINSTEXT',
      '$ENDSTEXT',
      '$BYTEORD',
      '$DATATYPE',
      '$MODE',
      '$NEXTDATA',
      '$TOT',
    ];
    const positive: Record<string, number> = {};
    for (const path of pathsEndingIn('.fcs')) {
      const { keywords, events, tail } = readFcs(await read(path));
      for (const keyword of required) expect(keywords.has(keyword), keyword).toBe(true);
      for (const value of keywords.values()) expect(value).not.toBe('');
      expect([keywords.get('$BYTEORD'), keywords.get('$DATATYPE'), keywords.get('$MODE')]).toEqual([
        '1,2,3,4',
        'F',
        'L',
      ]);
      expect(keywords.get('$DATE')).toMatch(/^\d\d-[A-Z]{3}-\d{4}$/);
      expect(path.endsWith(keywords.get('$FIL') ?? '?')).toBe(true);
      const names = Array.from({ length: Number(keywords.get('$PAR')) }, (_unused, index) =>
        keywords.get(`$P${index + 1}N`),
      );
      expect(new Set(names).size).toBe(7);
      names.forEach((_name, index) => {
        expect([keywords.get(`$P${index + 1}B`), keywords.get(`$P${index + 1}E`)]).toEqual(['32', '0,0']);
        const range = Number(keywords.get(`$P${index + 1}R`));
        expect(events.every((event) => (event[index] ?? -1) >= 0 && (event[index] ?? range) < range)).toBe(true);
      });
      expect(tail).toBe('00000000');
      const pe = names.indexOf('PE-A');
      positive[keywords.get('$SMNO') ?? ''] = events.filter((event) => (event[pe] ?? 0) > 3000).length / events.length;
    }
    expect(positive['stimulated']).toBeGreaterThan(0.15);
    expect(positive['control']).toBeLessThan(0.05);
    expect(positive['unstained']).toBeLessThan(0.01);
  });

  test('FCS: a delimiter within a value, and letters beyond ASCII, come back as they were', () => {
    const events = Float32Array.of(1.5, -2, 3, 4);
    const parameters = [
      { name: 'A', range: 10 },
      { name: 'B', stain: 'x|y', range: 10 },
    ];
    const { keywords, events: back } = readFcs(
      Buffer.from(encodeFcs({ parameters, events, keywords: { $SRC: 'Spender|in 14, 4 °C' } })),
    );
    expect(keywords.get('$P2S')).toBe('x|y');
    expect(keywords.get('$SRC')).toBe('Spender|in 14, 4 °C');
    expect(back).toEqual([
      [1.5, -2],
      [3, 4],
    ]);
  });

  test('TIFF: one page of 256 × 256 grey pixels with spots on a dark ground', async () => {
    const single = pathsEndingIn('.tif').filter((path) => !path.endsWith('.ome.tif'));
    expect(single).toHaveLength(4);
    for (const path of single) {
      const [page, ...others] = readTiff(await read(path));
      expect(others).toHaveLength(0);
      expect([256, 257, 258, 259, 262, 277, 278, 279].map((tag) => page?.tags.get(tag))).toEqual([
        256, 256, 16, 1, 1, 1, 256, 131072,
      ]);
      expect(page?.tags.get(306)).toMatch(/^\d{4}:\d\d:\d\d \d\d:\d\d:\d\d$/);
      const rising = [...(page?.pixels ?? [])].sort((left, right) => left - right);
      expect(rising[6554], 'a tenth is dark').toBeLessThan(500);
      expect(rising.at(-1), 'and some is bright').toBeGreaterThan(3000);
    }
  });

  test('OME-TIFF: the XML of the first page tells of the pages that are there', async () => {
    const pages = readTiff(await read(pathsEndingIn('.ome.tif')[0] ?? ''));
    const xml = String(pages[0]?.tags.get(270));
    expect(xml).toMatch(
      /^<\?xml version="1\.0" encoding="UTF-8"\?>\n<OME xmlns="http:\/\/www\.openmicroscopy\.org\/Schemas\/OME\/2016-06"/,
    );
    expect(/SizeX="(\d+)" SizeY="(\d+)" SizeC="(\d+)" SizeZ="1" SizeT="1"/.exec(xml)?.slice(1).map(Number)).toEqual([
      256,
      256,
      pages.length,
    ]);
    expect([...xml.matchAll(/<TiffData [^>]*IFD="(\d)"/g)].map((match) => Number(match[1]))).toEqual(
      pages.map((_page, index) => index),
    );
    expect([...xml.matchAll(/<Channel [^>]*Name="(\w+)"/g)].map((match) => match[1])).toEqual(['DAPI', 'GFP']);
    expect(pages[1]?.tags.has(270)).toBe(false);
    expect(pages[0]?.pixels).not.toEqual(pages[1]?.pixels);
    expect(pages.map((page) => page.pixels.length)).toEqual([65536, 65536]);
  });

  test('PNG: every chunk has its right checksum, and the rows are all there', async () => {
    const bytes = await read(pathsEndingIn('.png')[0] ?? '');
    expect(bytes.subarray(0, 8).toString('hex')).toBe('89504e470d0a1a0a');
    const chunks: { type: string; data: Buffer }[] = [];
    for (let at = 8; at < bytes.length;) {
      const length = bytes.readUInt32BE(at);
      expect(bytes.readUInt32BE(at + 8 + length)).toBe(slowCrc32(bytes.subarray(at + 4, at + 8 + length)));
      chunks.push({ type: bytes.toString('latin1', at + 4, at + 8), data: bytes.subarray(at + 8, at + 8 + length) });
      at += 12 + length;
    }
    expect(chunks.map((chunk) => chunk.type)).toEqual(['IHDR', 'IDAT', 'IEND']);
    expect(chunks[0]?.data.toString('hex')).toBe('00000100000001000802000000');
    const rows = inflateSync(chunks[1]?.data ?? Buffer.alloc(0));
    expect(rows.length).toBe(256 * (256 * 3 + 1));
    expect(Array.from({ length: 256 }, (_unused, row) => rows[row * 769]).every((filter) => filter === 0)).toBe(true);
    expect(rows.some((value) => value > 150)).toBe(true);
  });

  test('FASTQ: four lines a read, and the two files of a pair belong together', async () => {
    expect(readFastq(await read('sequencing/run7/PhiX_control.fastq'))).toHaveLength(300);
    const first = pathsEndingIn('_R1_001.fastq.gz');
    expect(first).toHaveLength(2);
    for (const path of first) {
      const forward = readFastq(gunzipSync(await read(path)));
      const backward = readFastq(gunzipSync(await read(path.replace('_R1_', '_R2_'))));
      expect(forward.map((one) => one.name.split(' ')[0])).toEqual(backward.map((one) => one.name.split(' ')[0]));
      expect(backward[0]?.name).toMatch(/ 2:N:0:[ACGT]{8}$/);
      expect(new Set(forward.map((one) => one.name)).size).toBe(forward.length);
    }
  });

  test('say what the writer could not do', async () => {
    const full = { ...writer, writeFile: () => Promise.reject(new Error('no space left')) };
    await expect(makeSampleFiles(full, root, seedRandom(1))).rejects.toThrow('no space left');
  });
});
