/** `replace`, `revert`, `delete`, `restore`, `edit --move`, `locate`, `undo`, `watch lost`: the life of an artifact. */
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import * as z from 'zod';
import { commandLine, type CommandLine } from './command-line.ts';

let cli: CommandLine;
beforeEach(async () => {
  cli = commandLine();
  await cli.run('init', '--storage', 'data', '--name', 'lab');
}, 60_000);
afterEach(() => cli.close());

const record = z.looseObject({
  uid: z.string(),
  key: z.string().nullable(),
  state: z.string(),
  is_latest: z.boolean(),
});
const records = z.looseObject({ items: z.array(record) });
const deletion = z.strictObject({
  items: z.array(z.strictObject({ uid: z.string(), key: z.string().nullable() })),
  removed: z.array(z.string()),
  remains: z.array(z.string()),
});

async function save(name: string, content: string, ...words: string[]): Promise<z.output<typeof record>> {
  writeFileSync(cli.path(name), content);
  const { items } = await cli.json(records, 'save', name, ...words);
  if (items[0] === undefined) throw new Error('nothing was saved');
  return items[0];
}

/** A folder with these files, watched, all of them registered. */
async function watched(...names: string[]): Promise<void> {
  mkdirSync(cli.path('instrument'));
  for (const name of names) writeFileSync(cli.path('instrument', name), `content of ${name}`);
  await cli.run('storage', 'add', 'instrument', '--watch');
  await cli.run('watch', 'rule', 'instrument', '--settle', '0');
  await cli.run('watch', '--once');
}

const list = async (...words: string[]) => (await cli.json(records, 'list', ...words)).items;
const contentOf = async (artifact: string): Promise<string> =>
  readFileSync((await cli.json(z.strictObject({ path: z.string() }), 'path', artifact)).path, 'utf8');

test(
  'replaced, the uid stays; taken out of the trash or reverted to, older content is the newest again',
  { timeout: 120_000 },
  async () => {
    const { uid } = await save('one.csv', 'first', '--key', 'table.csv');
    writeFileSync(cli.path('two.csv'), 'second');
    expect((await cli.json(records, 'replace', 'table.csv', 'two.csv')).items).toMatchObject([
      { uid, key: 'table.csv' },
    ]);
    expect(await contentOf('table.csv')).toBe('second');
    const [aside] = await list('--trash');
    await cli.json(records, 'restore', aside?.uid ?? '');
    expect(await contentOf('table.csv')).toBe('first');
    const { items } = await cli.json(records, 'revert', uid);
    expect(items).toMatchObject([{ key: 'table.csv', is_latest: true }]);
    expect(await contentOf('table.csv')).toBe('second');
    expect(await list('--all-versions')).toHaveLength(3);
  },
);

test('to the trash and back; for good it asks about what lies in place', { timeout: 120_000 }, async () => {
  const { uid } = await save('one.csv', 'first', '--key', 'table.csv');
  await cli.json(records, 'delete', 'table.csv');
  expect([(await list()).length, (await list('--trash')).length]).toEqual([0, 1]);
  await cli.json(records, 'restore', uid);
  expect(await list()).toHaveLength(1);
  expect((await cli.refused(2, 'delete', uid, '--storage', 'yes')).code).toBe('invalid_argument');
  const gone = await cli.json(deletion, 'delete', uid, '--permanent');
  expect(gone).toMatchObject({ items: [{ uid, key: 'table.csv' }], remains: [] });
  expect(existsSync(gone.removed[0] ?? '')).toBe(false);

  const inPlace = await save('data/plate.csv', 'in place');
  const asked = await cli.refused(4, 'delete', inPlace.uid, '--permanent');
  expect(asked.remedy).toContain('--storage no keeps the file, --storage yes deletes it too');
  const kept = await cli.json(deletion, 'delete', inPlace.uid, '--permanent', '--storage', 'no');
  expect(kept.remains).toEqual([`a file remains here: ${cli.path('data/plate.csv')}`]);
  const again = await save('data/plate.csv', 'in place');
  await cli.json(deletion, 'delete', again.uid, '--permanent', '--storage', 'yes');
  expect(existsSync(cli.path('data/plate.csv'))).toBe(false);
});

test('with --move the file goes along with its key, where it may', { timeout: 120_000 }, async () => {
  const { uid } = await save('data/plate.csv', 'in place');
  await cli.json(records, 'edit', uid, '--key', 'day 1/plate.csv', '--move');
  expect(readFileSync(cli.path('data/day 1/plate.csv'), 'utf8')).toBe('in place');
  expect(existsSync(cli.path('data/plate.csv'))).toBe(false);
  expect((await cli.run('verify', '--all')).code).toBe(0);
  await watched('a.csv');
  const [linked] = await list('key=a.csv');
  const refused = await cli.refused(4, 'edit', linked?.uid ?? '', '--key', 'b.csv', '--move');
  expect(refused.code).toBe('storage_linked');
  expect(existsSync(cli.path('instrument/a.csv'))).toBe(true);
});

test('located by hand with its siblings, taken back, done again', { timeout: 120_000 }, async () => {
  await watched('a.csv', 'b.csv', 'c.csv');
  const [before] = await list('key=a.csv');
  mkdirSync(cli.path('archive'));
  for (const name of ['a.csv', 'b.csv']) renameSync(cli.path('instrument', name), cli.path('archive', name));
  await cli.run('storage', 'add', 'archive');
  // The hold is over with the second look.
  await expect
    .poll(
      async () => {
        await cli.run('watch', '--once');
        return (await list('state=missing')).length;
      },
      { timeout: 60_000 },
    )
    .toBe(2);
  const found = await cli.json(records, 'locate', before?.uid ?? '', 'archive/a.csv', '--siblings');
  expect(found.items).toMatchObject([
    { uid: before?.uid, state: 'ok' },
    { key: 'b.csv', state: 'ok' },
  ]);
  expect(await list('state=missing')).toEqual([]);
  const undone = await cli.json(z.looseObject({ transaction: z.number(), title: z.string() }), 'undo');
  expect(undone.title).toMatch(/^Taken back: /);
  expect(await list('state=missing')).toHaveLength(2);
  await cli.json(z.looseObject({}), 'undo', String(undone.transaction));
  expect(await list('state=missing')).toEqual([]);
  expect((await cli.refused(2, 'undo', 'x')).code).toBe('invalid_argument');
});

test('many files gone at once are asked about; said to be lost they are missing', { timeout: 120_000 }, async () => {
  await watched(...Array.from({ length: 60 }, (_, n) => `${String(n)}.csv`));
  for (let n = 0; n < 55; n++) rmSync(cli.path('instrument', `${String(n)}.csv`));
  await cli.run('watch', '--once');
  await cli.run('watch', '--once');
  expect(await list('state=missing')).toEqual([]);
  await cli.json(z.looseObject({}), 'watch', 'lost', 'instrument');
  await cli.run('watch', '--once');
  expect(await list('state=missing', '--limit', '100')).toHaveLength(55);
});
