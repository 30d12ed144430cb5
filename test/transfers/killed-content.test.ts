import { describe, expect, test } from 'vitest';
import { useOutside } from '../stores/use-outside.ts';
import { STORIES } from './content-stories.ts';
import { killContent } from './kill-content.ts';

const LONG = { timeout: 600_000 };
const FIRST = ['fetch', 'evict', 'free', 'bring back'];
/** The deep run kills all of them, on both. */
const GOOGLE = ['fetch', 'settle in place', 'cancel', 'delete a folder'];
/** Killed there as well, with the power cut on top (cut-content). */
const CUT = ['evict a folder', 'free a folder', 'bring back a folder', 'settle'];
const others = STORIES.map(({ name }) => name).filter((name) => ![...FIRST, ...GOOGLE, ...CUT].includes(name));

describe('on S3', () => {
  const store = useOutside('s3');

  test(
    'F-CA01 killed at one point each, fetching, evicting, freeing and bringing back lose nothing and are done when asked for again',
    LONG,
    async () => {
      expect(await killContent(store(), FIRST, 1)).toEqual([]);
    },
  );

  test(
    'F-UP18 killed at one point each, folders in the cache, what settles, cancels or deletes lose nothing and are done when asked for again',
    LONG,
    async () => {
      expect(await killContent(store(), others, 1)).toEqual([]);
    },
  );
});

describe('on Google Cloud', () => {
  const store = useOutside('gs');

  test(
    'F-CA01 F-UP18 killed at one point each, what fetches, settles, cancels or deletes loses nothing and is done when asked for again',
    LONG,
    async () => {
      expect(await killContent(store(), GOOGLE, 1)).toEqual([]);
    },
  );
});
