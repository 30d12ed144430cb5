import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import type { ScanBatch } from '../../src-main/watching/index.ts';
import { openWatching, type TestWatching } from './open-watching.ts';

let test: TestWatching;
afterEach(() => test.close());

/** What a walk hands over, of which only one kind is left, after another folder took the root's place. */
const KINDS: Record<string, (batch: ScanBatch) => Partial<ScanBatch>> = {
  'what was found': ({ candidates }) => ({ candidates }),
  'what was not found': () => ({ gone: [...'01234'].map((n) => `${n}.csv`) as ScanBatch['gone'] }),
};

it.each(Object.keys(KINDS))('F-WA09 of a root that was exchanged in mid-scan, %s means nothing', async (kind) => {
  let exchange = false;
  test = await openWatching({
    scanner: (scanner) => ({
      ...scanner,
      scan: (request, onBatch, signal) =>
        scanner.scan(
          request,
          (batch) => {
            if (!exchange) return onBatch(batch);
            renameSync(test.root, join(test.base, 'away'));
            mkdirSync(test.root);
            writeFileSync(test.path('new.csv'), 'of another drive');
            const nothing = { candidates: [], gone: [], back: [], failed: [], settled: [], skipped: [] };
            return onBatch({ ...nothing, totals: batch.totals, ...KINDS[kind]?.(batch) });
          },
          signal,
        ),
    }),
  });
  for (let i = 0; i < 5; i++) test.put(`${String(i)}.csv`);
  await test.pass();
  test.put('new.csv');
  const before = await test.changes();
  exchange = true;
  await expect(test.pass()).rejects.toMatchObject({ code: 'offline' });
  expect(await test.changes()).toBe(before);
  expect(await test.gone()).toEqual([]);
});
