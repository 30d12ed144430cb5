import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { STORE_KINDS, useOutside } from '../stores/use-outside.ts';
import { killPublishing } from './kill-publishing.ts';

const LONG = { timeout: 3_600_000 };

describe.each(STORE_KINDS)('on %s', (_, kind) => {
  const store = useOutside(kind);

  test('killed at every point, two computers and one bucket take turns and lose nothing', LONG, async () => {
    const bucket = store();
    expect(await killPublishing(bucket.root('turns'), bucket.env, 1)).toBeGreaterThan(30);
  });
});

test('killed at every point, two data folders and one shared folder', LONG, async () => {
  const base = mkdtempSync(join(tmpdir(), 'benchkeep-turns-'));
  try {
    expect(await killPublishing(join(base, 'shared'), {}, 1)).toBeGreaterThan(30);
  } finally {
    rmSync(base, { recursive: true });
  }
});
