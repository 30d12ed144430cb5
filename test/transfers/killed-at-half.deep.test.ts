import { expect, test } from 'vitest';
import { rangesOf } from '../stores/gcs-requests.ts';
import { describeGcs } from '../stores/describe-gcs.ts';
import { outsideStore } from '../stores/outside-store.ts';
import { useOutside } from '../stores/use-outside.ts';
import { killAtHalf } from './kill-at-half.ts';
import { objectOf } from './kill-uploads.ts';
import { openUpload } from './upload-bench.ts';

const MIB = 1024 ** 2;
const store = useOutside('s3');

test('F-UP18 killed when half of 1 GiB is sent, at most one part for each that is sent at once comes twice', async () => {
  const { before, after, most, signal, wrong } = await killAtHalf(store(), 1024 * MIB);
  expect(wrong).toEqual([]);
  expect(signal).toBe('SIGKILL');
  expect(before).toBeGreaterThanOrEqual(512 * MIB);
  expect(before + after).toBeLessThanOrEqual(most);
});

describeGcs('on Google Cloud', (at) => {
  test('F-UP18 killed when half of a large file is sent, at most one part comes twice', async () => {
    const { gcs, shim, store: plan } = at;
    const size = 256 * MIB;
    const google = outsideStore({ kind: 'gs', endpoint: gcs.endpoint, bucket: gcs.bucket, env: {} });
    const bench = await openUpload(google.root('half'), google.env, size);
    try {
      const { partSize, parallel } = plan.uploads.plan(size);
      const half = Math.ceil(size / partSize / 2);
      shim.seen.length = 0;
      expect((await bench.upload(`store.send.after#${String(half)}`)).signal).toBe('SIGKILL');
      expect((await bench.upload()).code).toBe(0);
      const sent = rangesOf(shim.seen).map((range) => {
        const [from = 0, to = -1] = range.split(/[-/]/).map(Number);
        return to - from + 1;
      });
      expect(sent.reduce((sum, bytes) => sum + bytes, 0)).toBeLessThanOrEqual(size + parallel * partSize);
      expect(bench.judge(await objectOf(google, 'half', bench.uid))).toEqual([]);
    } finally {
      await bench.close();
      google.close();
    }
  });
});
