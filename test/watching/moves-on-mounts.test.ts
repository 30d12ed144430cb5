import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runWithMounts, whyNoMounts } from '../storage/mounts.ts';
import { whyNot } from '../faults/root-tools.ts';

const noMounts = whyNoMounts();

describe.skipIf(noMounts !== null)('moves on real mounts', () => {
  const base = realpathSync(mkdtempSync(join(tmpdir(), 'benchkeep-moves-')));
  const ntfs = join(base, 'ntfs image');
  const exfat = join(base, 'exfat image');
  const noNtfs = noMounts ?? whyNoDisk('lowntfs-3g', `mkntfs -F -q -Q '${ntfs}'`, ntfs);
  const noExfat = noMounts ?? whyNoDisk('mount.exfat-fuse', `mkfs.exfat '${exfat}'`, exfat);
  let results: Record<string, unknown>;
  beforeAll(() => {
    const program = join(import.meta.dirname, 'children', 'moves-on-mounts.ts');
    results = runWithMounts(program, base, noNtfs === null ? ntfs : '', noExfat === null ? exfat : '') as Record<
      string,
      unknown
    >;
  }, 60_000);
  afterAll(() => {
    rmSync(base, { recursive: true, force: true });
  });

  it('F-IN12 a folder that was moved to another disk keeps its records', () => {
    expect(results['F-IN12']).toEqual([true, 1]);
  });
  it('F-WA05 what is on a drive that is away did not move to where its like came up', () => {
    expect(results['F-WA05']).toEqual([3, 7]);
  });
  it('F-IN13 capitals that changed', () => {
    expect(results['F-IN13 ext4']).toEqual([true, true, true]);
  });
  it('F-IN13 capitals of a key, with the file', () => {
    expect(results['edit ext4']).toEqual([['Plate.csv'], [[true, 'Plate.csv']]]);
  });
  it.skipIf(noNtfs !== null)('F-IN13 capitals of a key, with the file, on a disk that tells no capitals apart', () => {
    // This disk shows small letters whatever it is told; what counts is that the file is there.
    expect(results['edit ntfs']).toEqual([['plate.csv'], [[true, 'Plate.csv']]]);
  });
  it.skipIf(noNtfs !== null)('F-IN13 capitals that changed on a disk that shows none', () => {
    expect(results['F-IN13 ntfs']).toEqual([true, true, true]);
  });
  it.skipIf(noExfat !== null)('F-IN13 capitals that changed on a disk that tells them not apart', () => {
    expect(results['F-IN13 exfat']).toEqual([true, true, true]);
  });
});

function whyNoDisk(program: string, format: string, image: string): string | null {
  return whyNot(
    'a disk that tells no capitals apart',
    'sh',
    '-c',
    `command -v ${program} && truncate -s 32M '${image}' && ${format} >&2`,
  );
}
