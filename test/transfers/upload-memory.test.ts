import { expect, test } from 'vitest';
import { useOutside } from '../stores/use-outside.ts';
import { memoryOfUploads } from './measure-memory.ts';

const store = useOutside('s3');
const MIB = 1024 ** 2;
/** Bytes, of the fault list. */
const MOST = 300_000_000;

test.skipIf(process.platform !== 'linux')('F-UP25 an upload of 512 MiB stays below 300 MB of memory', async () => {
  const most = await memoryOfUploads(store(), 'one', [512 * MIB]);
  console.info(`one: ${String(Math.round(most / 1e6))} MB`);
  expect(most).toBeGreaterThan(0);
  expect(most).toBeLessThanOrEqual(MOST);
});

test.skipIf(process.platform !== 'linux')('F-UP25 three uploads at once stay below 300 MB of memory', async () => {
  const most = await memoryOfUploads(store(), 'three', [160 * MIB, 161 * MIB, 162 * MIB]);
  console.info(`three: ${String(Math.round(most / 1e6))} MB`);
  expect(most).toBeGreaterThan(0);
  expect(most).toBeLessThanOrEqual(MOST);
});
