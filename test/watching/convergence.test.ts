import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openWatching, until, type TestWatching } from './open-watching.ts';

let test: TestWatching;
beforeAll(async () => {
  test = await openWatching();
});
afterAll(() => test.close());

/** Few names, so that they meet each other. */
const NAMES = ['a.csv', 'b.csv', 'run/a.csv', 'run/c.csv', 'run/deep/d.csv'];
const FOLDERS = ['run', 'run/deep'];

type Step =
  | { do: 'write'; name: string; content: string }
  | { do: 'remove'; name: string }
  | { do: 'rename'; from: string; to: string }
  | { do: 'hint'; names: string[] }
  | { do: 'overflow' }
  | { do: 'look' };

const name = fc.constantFrom(...NAMES);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('write' as const),
      name,
      content: fc.string({ minLength: 1, maxLength: 4 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('remove' as const), name: fc.constantFrom(...NAMES, ...FOLDERS) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('rename' as const), from: fc.constantFrom(...NAMES, ...FOLDERS), to: name }),
  },
  // Of anything, as often as they like, whether it happened or not.
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('hint' as const),
      names: fc.array(fc.constantFrom(...NAMES, ...FOLDERS, 'never.csv'), { minLength: 1, maxLength: 6 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('overflow' as const) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('look' as const) }) },
);

it('F-WA16 hints that are doubled, late, out of order or lost lead to the same end', async () => {
  let folders = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
      const root = test.folder(`instrument ${String(++folders)}`);
      const disk = new Map<string, string>();
      // So many that none of the steps leaves the folder without most of what is known of it.
      for (let i = 0; i < 12; i++) {
        disk.set(`always ${String(i)}.csv`, String(i));
        writeFileSync(`${root}/always ${String(i)}.csv`, String(i));
      }
      await test.add(root);
      await test.rule({ settle: 0 }, root);
      const watching = await test.start();
      const { uid } = await test.storage(root);
      try {
        for (const taken of steps) {
          play(taken, root, disk);
          // Sometimes the watcher gets to look in between.
          if (taken.do === 'look') await watching.look(uid);
          if (taken.do === 'hint') await new Promise((resolve) => setImmediate(resolve));
        }
        await watching.look(uid);
        const wanted = [...disk].map(([path, content]) => [path, createHash('sha256').update(content).digest('hex')]);
        expect(await presentFiles(root)).toEqual(wanted.sort());
        expect(await test.inbox(root)).toEqual([]);
        const before = await test.changes();
        await watching.look(uid);
        expect(await test.changes()).toBe(before);
        await oneNewestAPath(root);
      } finally {
        await watching.close();
        await forget(uid);
      }
    }),
    { numRuns: 40 },
  );
}, 60_000);

function play(taken: Step, root: string, disk: Map<string, string>): void {
  const below = (folder: string): string[] =>
    [...disk.keys()].filter((path) => path === folder || path.startsWith(`${folder}/`));
  switch (taken.do) {
    case 'write':
      mkdirSync(dirname(`${root}/${taken.name}`), { recursive: true });
      writeFileSync(`${root}/${taken.name}`, taken.content);
      disk.set(taken.name, taken.content);
      break;
    case 'remove':
      rmSync(`${root}/${taken.name}`, { recursive: true, force: true });
      for (const path of below(taken.name)) disk.delete(path);
      break;
    case 'rename': {
      const content = disk.get(taken.from);
      if (content === undefined || taken.from === taken.to) break;
      mkdirSync(dirname(`${root}/${taken.to}`), { recursive: true });
      renameSync(`${root}/${taken.from}`, `${root}/${taken.to}`);
      disk.delete(taken.from);
      disk.set(taken.to, content);
      break;
    }
    case 'hint':
      test.hints.hint(...taken.names.map((path) => `${root}/${path}`));
      break;
    case 'overflow':
      test.hints.problem('overflow');
      break;
    case 'look':
      break;
  }
}

/** Path and content of what the inventory takes for present. */
async function presentFiles(root: string): Promise<string[][]> {
  const { uid } = await test.storage(root);
  const rows = await test.context.workstation.db
    .selectFrom('inventory')
    .select(['folder', 'name', 'sha256'])
    .where('storage_uid', '=', uid)
    .where('gone_since', 'is', null)
    .execute();
  return rows
    .map(({ folder, name: file, sha256 }) => [
      [String(folder), String(file)].filter((part) => part !== '').join('/'),
      sha256 ?? '',
    ])
    .sort();
}

async function oneNewestAPath(root: string): Promise<void> {
  const keys = await test.keys(root);
  expect(keys).toEqual([...new Set(keys)]);
}

/** What the next run must not look at again. */
async function forget(uid: string): Promise<void> {
  const { writeRegistry } = await import('../../src-main/registry/change-log.ts');
  const storage = await test.context.registry.db
    .selectFrom('storage')
    .selectAll()
    .where('uid', '=', uid)
    .executeTakeFirstOrThrow();
  await writeRegistry(test.context, await test.context.author(), 'test', (write) =>
    write.update('storage', storage.id, { watch: 0 }),
  );
}

it('F-WA03 registers all of a burst of which most hints were lost', async () => {
  const watching = await test.start();
  await test.rule({ settle: 0 });
  await watching.refresh();
  for (let i = 0; i < 3000; i++) {
    const path = test.put(`burst/${String(i % 7)}/${String(i)}.csv`);
    if (i % 3 === 0) test.hints.hint(path);
  }
  test.hints.problem('overflow');
  await until(async () => (await test.artifacts()).length === 3000, 'all of them');
  expect(await test.inbox()).toEqual([]);
  await watching.close();
});
