import { describe, expect, test } from 'vitest';
import { STORE_KINDS, useOutside } from '../stores/use-outside.ts';
import { killFolders } from './kill-folders.ts';

describe.each(STORE_KINDS)('on %s', (_, kind) => {
  const store = useOutside(kind);

  test.each(['upload', 'save'] as const)(
    'F-UP18 killed at every point, the %s of a folder comes to its end when it is asked for again',
    { timeout: 3_600_000 },
    async (how) => {
      expect(await killFolders(store(), how, Number.MAX_SAFE_INTEGER)).toEqual([]);
    },
  );
});
