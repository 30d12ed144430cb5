import { describe, expect, test } from 'vitest';
import { OPERATIONS } from './crash/all-operations.ts';
import { pointsOf } from './crash/kill-operations.ts';
import { cutOperation } from './crash/seeded/cut-stories.ts';
import { CUT_OPERATIONS } from './cut-operations.ts';
import { whyNoLoopDisk } from './root-tools.ts';

describe.skipIf(whyNoLoopDisk() !== null)('F-DB02 a power cut at every effect of what', { timeout: 3_600_000 }, () => {
  test.each(CUT_OPERATIONS)('F-DB02 %s', async (name, place) => {
    const operation = OPERATIONS.find((one) => one.name === name);
    if (operation === undefined) throw new Error(`There is no operation ${name}`);
    const points = (await pointsOf(operation)).filter((point) => !point.startsWith('hash.'));
    const found: string[] = [];
    for (const point of points) {
      const violations = await cutOperation(name, place, point)(null).catch((error: unknown) => [String(error)]);
      for (const violation of violations) {
        console.info(`${name}, ${point}: ${violation}`);
        found.push(`${point}: ${violation}`);
      }
    }
    console.info(`${name}: ${String(points.length)} cuts`);
    expect(found).toEqual([]);
  });
});
