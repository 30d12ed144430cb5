import { spawnSync } from 'node:child_process';
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { runWithMounts, whyNoMounts } from '../storage/mounts.ts';

/** Needs root and the program `bindfs`; without them the fake share of watch-folder.test.ts stands in. */
function whyNoShare(): string | null {
  const why = whyNoMounts() ?? (spawnSync('bindfs', ['--version']).status === 0 ? null : 'there is no bindfs here');
  if (why !== null) console.warn(`F-WA10, F-WA11 on a real FUSE share are not tried: ${why}`);
  return why;
}

it.skipIf(whyNoShare() !== null)(
  'F-WA10, F-WA11 a share that hangs or dies is offline, holds up nobody, and nothing changes',
  () => {
    const base = realpathSync(mkdtempSync(join(tmpdir(), 'benchkeep-share-')));
    try {
      expect(runWithMounts(join(import.meta.dirname, 'children', 'hanging-share.ts'), base)).toEqual({
        'F-WA10 others go on': ['a.csv'],
        'F-WA10 hanging': ['offline', true],
        'F-WA10 others still go on': ['a.csv', 'b.csv'],
        'F-WA10 answering': ['watching', true],
        'F-WA11': ['offline', true],
      });
    } finally {
      rmSync(base, { recursive: true, force: true });
    }
  },
);

it.skipIf(whyNoShare() !== null)(
  'F-WA10 the program quits while a share hangs, and its registry is sound',
  () => {
    const base = realpathSync(mkdtempSync(join(tmpdir(), 'benchkeep-share-')));
    try {
      expect(runWithMounts(join(import.meta.dirname, 'children', 'quit-while-hanging.ts'), base)).toEqual({
        ended: true,
        sound: 0,
      });
    } finally {
      rmSync(base, { recursive: true, force: true });
    }
  },
  60_000,
);
