import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { COMPOSITE_SUFFIXES, ENCODING_SUFFIXES, SIMPLE_SUFFIXES } from '../../shared/suffix-list.ts';
import { suffixOf } from '../../shared/suffixes.ts';

describe('suffixOf', () => {
  it.each([
    ['data/sample.csv', '.csv', '.csv'],
    ['image.PNG', '.png', '.PNG'],
    ['Plate 1.Fcs', '.fcs', '.Fcs'],
    ['x.ome.tif', '.ome.tif', '.ome.tif'],
    ['multifile-Z1.OME.tiff', '.ome.tiff', '.OME.tiff'],
    ['a.ome.zarr', '.ome.zarr', '.ome.zarr'],
    ['a.b.anndata.zarr', '.anndata.zarr', '.anndata.zarr'],
    ['plain.zarr', '.zarr', '.zarr'],
    ['s_R1.fastq.gz', '.fastq.gz', '.fastq.gz'],
    ['S_R1.FASTQ.GZ', '.fastq.gz', '.FASTQ.GZ'],
    ['x.h5ad.tar.gz', '.h5ad.tar.gz', '.h5ad.tar.gz'],
    ['x.random.tar.xz', '.tar.xz', '.tar.xz'],
    ['archive.tar.gz', '.tar.gz', '.tar.gz'],
    ['file.random.gz', '.gz', '.gz'],
    ['file.gz', '.gz', '.gz'],
    ['x.csv.zst', '.csv.zst', '.csv.zst'],
    ['x.tsv.bz2', '.tsv.bz2', '.tsv.bz2'],
    ['example.bam.bai', '.bai', '.bai'],
    ['alltypes_plain.snappy.parquet', '.parquet', '.parquet'],
    ['2008_instrument.ome.xml', '.xml', '.xml'],
    ['Well_A1.001.fcs', '.fcs', '.fcs'],
    ['run.d', '.d', '.d'],
    ['unknown.XYZ', '', '.XYZ'],
    ['myfile.abcdef', '', '.abcdef'],
    ['sample.2022_07_03_txt', '', '.2022_07_03_txt'],
    ['run 2026.11.03', '', ''],
    ['drop 3.5 ul', '', ''],
    ['a.b/README', '', ''],
    ['.csv', '', ''],
    ['.hidden.csv', '.csv', '.csv'],
    ['ends-in-dot.', '', ''],
    ['', '', ''],
    ['x.constructor', '', '.constructor'],
  ])('%s → %s', (name, suffix, ending) => {
    expect(suffixOf(name)).toEqual({ suffix, ending });
  });

  it('knows what the sample instruments and LaminDB write', () => {
    const names =
      'fcs bam bai h5ad parquet csv tsv txt xlsx xls fastq vcf cram bed mzml raw d wsp czi nd2 lif ipynb html zarr zip tar tif tiff xml json dcm blr log obo';
    for (const name of names.split(' ')) expect(suffixOf(`a.${name}`).suffix).toBe(`.${name}`);
  });
});

it('every entry of the lists is lower case and names itself', () => {
  for (const entry of [...SIMPLE_SUFFIXES, ...COMPOSITE_SUFFIXES, ...ENCODING_SUFFIXES]) {
    expect(entry).toMatch(/^[0-9a-z_]+(\.[0-9a-z_]+)?$/);
    expect(suffixOf(`name.${entry}`).suffix).toBe(`.${entry}`);
  }
});

it('what it gives is how the name ends, in any case (property)', () => {
  const part = fc.oneof(
    fc.constantFrom('csv', 'OME', 'Tiff', 'tar', 'gz', 'zarr', 'd', '', ' '),
    fc.string({ unit: 'grapheme' }),
  );
  fc.assert(
    fc.property(fc.array(part, { maxLength: 5 }), (parts) => {
      const name = parts.join('.');
      const { suffix, ending } = suffixOf(name);
      expect(name.endsWith(ending)).toBe(true);
      if (suffix !== '') expect(suffix).toBe(ending.toLowerCase());
    }),
    { numRuns: 5000 },
  );
});
