import { describe, expect, test } from 'vitest';
import { STORE_KINDS, useOutside } from '../stores/use-outside.ts';
import { killUploads } from './kill-uploads.ts';

describe.each(STORE_KINDS)('on %s', (_, kind) => {
  const store = useOutside(kind);

  test(
    'F-UP18 killed at every point, an upload comes to its end when it is asked for again',
    { timeout: 3_600_000 },
    async () => {
      expect(await killUploads(store(), 1)).toEqual([]);
    },
  );
});
