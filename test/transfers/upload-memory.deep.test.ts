import { describe, expect, test } from 'vitest';
import { STORE_KINDS, useOutside } from '../stores/use-outside.ts';
import { memoryOfUploads } from './measure-memory.ts';

const MIB = 1024 ** 2;
/** Bytes, of the fault list. */
const MOST = 300_000_000;
/** Google's server of the tests has all of it in memory. */
const SIZES = { s3: 2048 * MIB, gs: 256 * MIB };

describe.each(STORE_KINDS)('on %s', (_, kind) => {
  const store = useOutside(kind);

  test.skipIf(process.platform !== 'linux').each([1, 3])(
    'F-UP25 %d large files at once stay below 300 MB of memory',
    async (many) => {
      const sizes = Array.from({ length: many }, (__, n) => SIZES[kind] + n * MIB);
      const most = await memoryOfUploads(store(), `memory-${String(many)}`, sizes);
      console.info(`${kind}, ${String(many)}: ${String(Math.round(most / 1e6))} MB`);
      expect(most).toBeGreaterThan(0);
      expect(most).toBeLessThanOrEqual(MOST);
    },
  );
});
