import { describe, expect, test } from 'vitest';
import { STORE_KINDS, useOutside } from '../stores/use-outside.ts';
import { killPublishing } from './kill-publishing.ts';

/** Every so many points; fewer on the second. */
const STEPS = { s3: 13, gs: 26 };

describe.each(STORE_KINDS)('on %s', (_, kind) => {
  const store = useOutside(kind);

  test(
    'killed at a sample of points, two computers and one bucket take turns and lose nothing',
    { timeout: 300_000 },
    async () => {
      const bucket = store();
      expect(await killPublishing(bucket.root('turns'), bucket.env, STEPS[kind])).toBeGreaterThan(
        kind === 's3' ? 3 : 1,
      );
    },
  );
});
