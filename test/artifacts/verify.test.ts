import { renameSync, rmSync, statSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { writeRegistry } from '../../src-main/registry/change-log.ts';
import { openArtifacts, type TestArtifacts } from './open-artifacts.ts';

let test: TestArtifacts;
beforeEach(async () => {
  test = await openArtifacts();
});
afterEach(() => test.close());

const verifiedAt = async (uid: string): Promise<string | null | undefined> => {
  const { id } = await test.row(uid);
  const copy = await test.context.registry.db
    .selectFrom('copy')
    .select('verified_at')
    .where('artifact_id', '=', id)
    .executeTakeFirst();
  return copy?.verified_at;
};

/** Other bytes, and nothing that a look at the file could tell. */
function forge(path: string, content: string): void {
  const { atime, mtime, size } = statSync(path);
  writeFileSync(path, content);
  expect(statSync(path).size).toBe(size);
  utimesSync(path, atime, mtime);
}

it('reads everything again and notes when', async () => {
  const [a, b] = (await test.save([test.put('lab/a.csv'), test.put('outside/b.csv')], { description: 'd' })).items;
  const before = await verifiedAt(a?.uid ?? '');
  await expect.poll(() => new Date().toISOString() > (before ?? '')).toBe(true);
  expect(await test.verify({ all: true })).toEqual({ checked: 2, ok: 2, failed: [] });
  expect((await verifiedAt(a?.uid ?? '')) ?? '').not.toBe(before);
  expect(await test.verify({ artifacts: [b?.uid ?? '', 'a.csv'] })).toEqual({ checked: 2, ok: 2, failed: [] });
  await expect(test.verify({ artifacts: ['nothing.csv'] })).rejects.toMatchObject({ code: 'not_found' });
});

it('F-IN08 F-IN03 finds bytes that changed under the same size and time', async () => {
  const path = test.put('lab/a.csv', 'one');
  const saved = await test.saveOne(path);
  forge(path, 'two');
  const result = await test.verify({ artifacts: [saved.uid] });
  expect(result).toEqual({
    checked: 1,
    ok: 0,
    failed: [{ uid: saved.uid, path, reason: 'Its bytes are not those that were recorded.' }],
  });
  expect(await test.row(saved.uid)).toMatchObject({
    state: 'changed',
    state_reason: 'Its bytes are not those that were recorded.',
  });
  forge(path, 'one');
  expect(await test.verify({ all: true })).toMatchObject({ ok: 1, failed: [] });
  expect(await test.row(saved.uid)).toMatchObject({ state: 'ok', state_reason: null });
});

it('tells another size in numbers', async () => {
  const path = test.put('lab/a.csv', 'one');
  const saved = await test.saveOne(path);
  truncateSync(path, 1);
  expect((await test.verify({ all: true })).failed).toEqual([
    { uid: saved.uid, path, reason: 'It has 1 bytes instead of 3.' },
  ]);
});

it('never calls a file missing that is not there, nor one whose drive is away', async () => {
  const here = await test.saveOne(test.put('lab/a.csv', 'one'));
  await test.add(test.folder('drive'), true);
  const away = await test.saveOne(test.put('drive/b.csv', 'two'));
  rmSync(join(test.lab, 'a.csv'));
  renameSync(join(test.base, 'drive'), join(test.base, 'unplugged'));
  const changes = await test.changes();
  const { failed, ok } = await test.verify({ all: true });
  expect(ok).toBe(0);
  expect(failed).toEqual([
    { uid: here.uid, path: join(test.lab, 'a.csv'), reason: 'The file is not there.' },
    { uid: away.uid, path: join(test.base, 'drive/b.csv'), reason: expect.stringContaining('not connected') as string },
  ]);
  expect(await test.changes()).toBe(changes);
  expect((await test.rows()).map(({ state }) => state)).toEqual(['ok', 'ok']);
});

it('tells that another computer has it', async () => {
  const saved = await test.saveOne(test.put('lab/a.csv', 'one'));
  const { id } = await test.storage();
  await writeRegistry(test.context, await test.context.author(), 'test', (write) =>
    write.update('storage', id, { workstation_uid: 'elsewhere123' }),
  );
  const { failed } = await test.verify({ artifacts: [saved.uid] });
  expect(failed).toMatchObject([{ uid: saved.uid, reason: expect.stringContaining('on another computer') as string }]);
});

it('completes what only the ends were known of', async () => {
  const saved = await test.saveOne(test.put('lab/a.csv', 'one'));
  const { id, sha256 } = await test.row(saved.uid);
  await writeRegistry(test.context, await test.context.author(), 'test', (write) =>
    write.update('artifact', id, { sha256: null, state: 'unverified' }),
  );
  expect(await test.verify({ all: true })).toMatchObject({ ok: 1 });
  expect(await test.row(saved.uid)).toMatchObject({ sha256, state: 'ok' });
});

describe('a folder', () => {
  beforeEach(() => {
    test.put('lab/run/a.txt', 'a');
    test.put('lab/run/b.txt', 'b');
  });

  it.each([
    [
      'changed',
      () => {
        forge(join(test.lab, 'run/a.txt'), 'A');
      },
      'The bytes of a.txt are not those that were recorded.',
    ],
    [
      'gone',
      () => {
        rmSync(join(test.lab, 'run/b.txt'));
      },
      'b.txt is not there.',
    ],
    [
      'gone before others',
      () => {
        rmSync(join(test.lab, 'run/a.txt'));
      },
      'a.txt is not there.',
    ],
    [
      'new',
      () => {
        test.put('lab/run/c.txt', 'c');
      },
      'c.txt was not in it.',
    ],
    [
      'renamed',
      () => {
        renameSync(join(test.lab, 'run/a.txt'), join(test.lab, 'run/0.txt'));
      },
      '0.txt was not in it.',
    ],
  ])('names the file that is %s', async (_, change, reason) => {
    const saved = await test.saveOne(join(test.lab, 'run'));
    expect(await test.verify({ all: true })).toMatchObject({ checked: 1, ok: 1, failed: [] });
    change();
    expect((await test.verify({ all: true })).failed).toEqual([
      { uid: saved.uid, path: join(test.lab, 'run'), reason },
    ]);
    expect(await test.row(saved.uid)).toMatchObject({ state: 'changed' });
  });

  it('is found wrong without its manifest, too', async () => {
    const saved = await test.saveOne(join(test.lab, 'run'));
    rmSync(join(Buffer.from(test.context.folder, 'latin1').toString(), 'manifests'), { recursive: true });
    forge(join(test.lab, 'run/a.txt'), 'A');
    const { failed } = await test.verify({ artifacts: [saved.uid] });
    expect(failed).toMatchObject([{ reason: 'Its files are not those that were recorded.' }]);
  });
});

it('tells of a version that was overwritten when it is asked for by name', async () => {
  const path = test.put('lab/a.csv', 'one');
  const first = await test.saveOne(path);
  writeFileSync(path, 'two');
  await test.saveOne(path);
  expect(await test.verify({ all: true })).toMatchObject({ checked: 1, failed: [] });
  expect((await test.verify({ artifacts: [first.uid] })).failed).toMatchObject([
    { reason: 'Its content was overwritten by a newer version.' },
  ]);
});

describe('the registry', () => {
  it('is sound after all that can be done with it, and counts as one', async () => {
    await test.save([test.put('lab/a.csv'), test.put('outside/b.csv')], { description: 'd' });
    expect(await test.verify({ registry: true })).toEqual({ checked: 1, ok: 1, failed: [] });
  });

  const UNGUARD = 'DROP TRIGGER change_is_not_altered; DROP TRIGGER change_is_not_deleted;';
  it.each([
    ['a row changed past the log', "UPDATE artifact SET description = 'x' WHERE id = 1", 'artifact.description of'],
    [
      'a row made past the log',
      "INSERT INTO ulabel (uid, name, created_by_id, created_at, updated_at) VALUES ('u', 'n', 1, '', '')",
      '1 rows of ulabel were written past the log',
    ],
    ['a row removed past the log', 'DELETE FROM copy WHERE artifact_id = 2', 'The log knows a row of copy'],
    [
      'a change that was altered',
      `${UNGUARD} UPDATE change SET operation = 'x' WHERE id = 3`,
      'The change 3 is not what was written',
    ],
    ['a change that is gone', `${UNGUARD} DELETE FROM change WHERE id = 3`, 'The changes 3 to 3 are gone'],
    [
      'two newest versions',
      'DROP INDEX artifact_latest; UPDATE artifact SET is_latest = 0 WHERE id = 1',
      'has 0 newest versions',
    ],
    [
      'a count that is wrong',
      "UPDATE facet_count SET n = n + 1 WHERE facet = 'suffix'",
      'The kept count of suffix ".csv" is 3, but there are 2.',
    ],
    ['a count that is gone', "DELETE FROM facet_count WHERE facet = 'storage'", 'The kept count of storage'],
    [
      'an artifact that is not in the search index',
      'DELETE FROM search_shown WHERE rowid = 1',
      '1 artifacts are missing from the search index.',
    ],
    ['a damaged search index', 'UPDATE search_shown_data SET block = zeroblob(8) WHERE id > 100', 'damaged'],
    [
      'a reference to nothing',
      'PRAGMA foreign_keys = OFF; UPDATE artifact SET storage_id = 99 WHERE id = 1',
      'names a row of storage that is not there',
    ],
  ])('with %s is found out', async (_, statements, problem) => {
    await test.save([test.put('lab/a.csv'), test.put('lab/b.csv')]);
    // Lets a test write where SQLite itself only lets its indexes.
    test.context.registry.sqlite.unsafeMode(true).exec(statements);
    const { failed, ok } = await test.verify({ registry: true });
    expect(ok).toBe(0);
    expect(failed.map(({ uid, reason }) => `${uid}: ${reason}`)).toContainEqual(expect.stringContaining(problem));
    expect(failed[0]).toMatchObject({ uid: 'registry', path: expect.stringContaining('registry.db') as string });
  });

  it('is read as it was at one moment while others write', async () => {
    const paths = Array.from({ length: 30 }, (_, i) => test.put(`lab/${String(i)}.csv`));
    const [result] = await Promise.all([test.verify({ registry: true }), ...paths.map((path) => test.save(path))]);
    expect(result.failed).toEqual([]);
    expect((await test.verify({ registry: true })).failed).toEqual([]);
  });
});
