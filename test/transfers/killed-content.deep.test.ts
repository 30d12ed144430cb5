import { describe, expect, test } from 'vitest';
import { STORE_KINDS, useOutside } from '../stores/use-outside.ts';
import { STORIES } from './content-stories.ts';
import { killContent } from './kill-content.ts';

describe.each(STORE_KINDS)('on %s', (_, kind) => {
  const store = useOutside(kind);

  test.each(STORIES)(
    'F-CA01 F-UP18 killed at every point, $name loses nothing and is done when asked for again',
    { timeout: 3_600_000 },
    async ({ name }) => {
      expect(await killContent(store(), [name])).toEqual([]);
    },
  );
});
