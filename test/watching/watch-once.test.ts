import { renameSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { keepAlive } from '../../src-main/ports/clock.ts';
import { foldersAtRest, watchOnce, type ReconcileContext } from '../../src-main/watching/index.ts';
import { openWatching, type TestWatching } from './open-watching.ts';

let test: TestWatching;
let rest: () => void;
beforeEach(async () => {
  rest = keepAlive();
  test = await openWatching();
});
afterEach(async () => {
  await test.close();
  rest();
});

async function once(context: ReconcileContext): Promise<unknown> {
  const pass = watchOnce(context);
  for (;;) {
    const next = await pass.next();
    if (next.done === true) return next.value;
  }
}

it('waits the settle time once for what is young, and leaves the rest in the inbox', async () => {
  await test.rule({ settle: 0.3 });
  test.put('a.csv');
  test.put('x.tmp');
  const other = test.folder('other');
  await test.add(other);
  const began = Date.now();
  expect(await once(test.context)).toEqual({
    registered: 1,
    versions: 0,
    waiting: 0,
    failed: 0,
    skipped: 1,
    storages: 2,
    uploads: { done: 0, waiting: 0, failed: 0, reasons: [] },
  });
  expect(Date.now() - began).toBeGreaterThan(300);
  expect(await once(test.context)).toMatchObject({ registered: 0, waiting: 0, skipped: 1 });
});

it('looks at the folders that are there when a drive is not', async () => {
  await test.rule({ settle: 0 });
  test.put('a.csv');
  const other = test.folder('other');
  await test.add(other);
  renameSync(other, join(test.base, 'away'));
  expect(await once(test.context)).toMatchObject({ registered: 1, storages: 2 });
  expect((await foldersAtRest(test.context)).map(({ root, health }) => [root, health])).toEqual([
    [test.root, 'stopped'],
    [other, 'offline'],
  ]);
});

it('can be called twice at a time without registering anything twice', async () => {
  await test.rule({ settle: 0 });
  for (let i = 0; i < 700; i++) test.put(`${String(i % 7)}/${String(i)}.csv`);
  const all = await Promise.all([once(test.context), once(test.context), test.pass()]);
  expect(all.length).toBe(3);
  expect((await test.artifacts()).length).toBe(700);
});
