import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runWithMounts, whyNoMounts } from '../storage/mounts.ts';

describe.skipIf(whyNoMounts() !== null)('watched folders on real mounts', () => {
  let base: string;
  let results: Record<string, unknown>;
  beforeAll(() => {
    base = realpathSync(mkdtempSync(join(tmpdir(), 'benchkeep-mounts-')));
    results = runWithMounts(join(import.meta.dirname, 'children', 'mounted-folders.ts'), base) as Record<
      string,
      unknown
    >;
  }, 60_000);
  afterAll(() => {
    rmSync(base, { recursive: true, force: true });
  });
  const names = ['a.csv', 'b.csv', 'c.csv', 'd.csv', 'e.csv', 'f.csv'];

  it.each(['managed', 'linked'])('F-WA05 a %s root that is unmounted is offline, and nothing changes', (kind) => {
    expect(results[`F-WA05 ${kind}`]).toEqual(['offline', true]);
  });
  it.each(['managed', 'linked'])('F-WA08 nothing is written below the bare mount point of a %s root', (kind) => {
    expect(results[`F-WA08 ${kind}`]).toEqual([]);
  });
  it.each(['managed', 'linked'])('F-WA07 another drive at the place of a %s root is not registered', (kind) => {
    expect(results[`F-WA07 ${kind}`]).toEqual(['offline', true, 3]);
  });
  it.each(['managed', 'linked'])('F-WA06 of a %s root that is back only real differences are registered', (kind) => {
    expect(results[`F-WA06 ${kind}`]).toEqual(['watching', 8, [...names, 'new.csv'], []]);
  });
  it('F-WA09 nothing is concluded when the drive goes in mid-scan, or another takes its place', () => {
    expect(results['F-WA09']).toEqual(['offline', true, []]);
    expect(results['F-WA09 after']).toBe(0);
  });
  it('F-WA13 a folder that is mounted twice is registered once', () => {
    expect(results['F-WA13']).toEqual([['a.csv', 'run/b.csv'], []]);
  });
  it('F-WA17 a read-only root is registered in place, and nothing is written there', () => {
    expect(results['F-WA17']).toEqual([6, 0, names]);
  });
});
