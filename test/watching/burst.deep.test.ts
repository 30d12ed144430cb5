import { mkdirSync, writeFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { hintThread } from '../../src-main/engine/hint-client.ts';
import { startWatching } from '../../src-main/watching/index.ts';
import { openWatching, until } from './open-watching.ts';

const FILES = 100_000;

it('F-IN25 registers each of 100,000 files that come at once, in batches of bounded size', async () => {
  let largest = 0;
  const test = await openWatching({
    scanner: (scanner) => ({
      ...scanner,
      scan: (request, onBatch, signal) =>
        scanner.scan(
          request,
          (batch) => {
            largest = Math.max(largest, batch.candidates.length + batch.gone.length);
            return onBatch(batch);
          },
          signal,
        ),
    }),
  });
  await test.rule({ settle: 1 });
  const hints = hintThread();
  const watching = await startWatching({ ...test.context, hints });
  try {
    for (let i = 0; i < 100; i++) mkdirSync(test.path(`run ${String(i)}`));
    for (let i = 0; i < FILES; i++) writeFileSync(test.path(`run ${String(i % 100)}/${String(i)}.csv`), String(i));
    const { db } = test.context.registry;
    const count = async (): Promise<number> =>
      (
        await db
          .selectFrom('artifact')
          .select((eb) => eb.fn.countAll<number>().as('n'))
          .executeTakeFirstOrThrow()
      ).n;
    await until(async () => (await count()) >= FILES, 'all of them', 300_000);
    await watching.look();
    expect(await count()).toBe(FILES);
    expect(await test.inbox()).toEqual([]);
    expect(largest).toBeLessThanOrEqual(1000);
  } finally {
    await watching.close();
    await hints.close();
    await test.close();
  }
});
