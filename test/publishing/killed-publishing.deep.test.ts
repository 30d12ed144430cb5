import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startGcs } from '../stores/start-gcs.ts';
import { useS3 } from '../stores/use-s3.ts';
import { killPublishing } from './kill-publishing.ts';

const server = useS3('versitygw');
const LONG = { timeout: 3_600_000 };

test('killed at every point, two computers and one bucket take turns and lose nothing', LONG, async () => {
  const given = `s3://${server().bucket}/turns?endpoint_url=${server().endpoint}`;
  expect(await killPublishing(given, { ...server().env }, 1)).toBeGreaterThan(30);
});

test('killed at every point, two data folders and one bucket of Google', LONG, async () => {
  const gcs = await startGcs();
  try {
    expect(await killPublishing(`gs://${gcs.bucket}/turns?api_endpoint=${gcs.endpoint}`, {}, 1)).toBeGreaterThan(30);
  } finally {
    await gcs.stop();
  }
});

test('killed at every point, two data folders and one shared folder', LONG, async () => {
  const base = mkdtempSync(join(tmpdir(), 'benchkeep-turns-'));
  try {
    expect(await killPublishing(join(base, 'shared'), {}, 1)).toBeGreaterThan(30);
  } finally {
    rmSync(base, { recursive: true });
  }
});
