/** Writes that come at the same time share a commit, and stay each for itself whole or not there. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { Kysely } from 'kysely';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openSqlite, type SqliteHandle } from '../../src-main/ports/fs/sqlite-file.ts';
import { rawFromText } from '../../src-main/ports/fs/raw-path.ts';
import { sharedCommit, type Commit } from '../../src-main/registry/shared-commit.ts';
import { sqliteDialect } from '../../src-main/registry/sqlite-dialect.ts';

interface DB {
  sample: { name: string; note: string };
}

let folder: string;
let sqlite: SqliteHandle;
let db: Kysely<DB>;
let commit: Commit<DB>;
let commits: number;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'benchkeep-commit-'));
  sqlite = openSqlite(rawFromText(join(folder, 'a.db')), { readonly: false });
  sqlite.exec('CREATE TABLE sample (name TEXT PRIMARY KEY, note TEXT NOT NULL)');
  commits = 0;
  db = new Kysely<DB>({
    dialect: sqliteDialect(sqlite),
    log: ({ query }) => {
      if (query.sql === 'commit') commits++;
    },
  });
  commit = sharedCommit(db, sqlite);
});

afterEach(async () => {
  await db.destroy();
  rmSync(folder, { recursive: true });
});

const add = (name: string, note = ''): Promise<unknown> =>
  commit((tx) => tx.insertInto('sample').values({ name, note }).execute());

/** As another program sees it: what is committed. */
function names(): string[] {
  const other = openSqlite(rawFromText(join(folder, 'a.db')), { readonly: true });
  try {
    return other
      .prepare<[], { name: string }>('SELECT name FROM sample ORDER BY name')
      .all()
      .map(({ name }) => name);
  } finally {
    other.close();
  }
}

test('what comes while one is committed goes together, and is there for others when each resolves', async () => {
  const writes = Array.from({ length: 50 }, (_, i) =>
    add(String(i)).then(() => {
      expect(names()).toContain(String(i));
    }),
  );
  await Promise.all(writes);
  expect(names()).toHaveLength(50);
  expect(commits).toBeLessThan(25);
});

test('one that fails takes nobody with it, and nothing of it stays', async () => {
  const failing = commit(async (tx) => {
    await tx.insertInto('sample').values({ name: 'half', note: '' }).execute();
    throw new Error('not so');
  });
  const ends = await Promise.allSettled([add('a'), add('b'), failing, add('b'), add('c')]);
  expect(ends.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'rejected', 'fulfilled']);
  expect(ends[2]).toMatchObject({ reason: { message: 'not so' } });
  expect(ends[3]).toMatchObject({ reason: { code: 'SQLITE_CONSTRAINT_PRIMARYKEY' } });
  expect(names()).toEqual(['a', 'b', 'c']);
});

test('a full disk is told to all whose writes went with it, and they can be done again', async () => {
  await add('before');
  // Nobody is at work any more, so that the next is alone.
  await new Promise((resolve) => setImmediate(resolve));
  const pages = sqlite.pragma('page_count', { simple: true }) as number;
  sqlite.pragma(`max_page_count = ${String(pages + 3)}`);
  const alone = add('alone');
  const sharing = [add('small'), add('large', 'x'.repeat(100_000))];
  await alone;
  for (const end of await Promise.allSettled(sharing))
    expect(end).toMatchObject({ status: 'rejected', reason: { code: 'SQLITE_FULL' } });
  expect(names()).toEqual(['alone', 'before']);
  await add('small');
  expect(names()).toEqual(['alone', 'before', 'small']);
});

test('each is whole or not there, in any order of successes and failures', async () => {
  let run = 0;
  const kinds = fc.array(fc.constantFrom('whole', 'thrown', 'taken name', 'later'), { minLength: 1, maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(kinds, async (asked) => {
      const mark = `${String(run++).padStart(4, '0')}-`;
      await add(`${mark}taken`);
      const expected = [`${mark}taken`];
      const ends = await Promise.allSettled(
        asked.map(async (kind, i) => {
          if (kind === 'later') await new Promise((resolve) => setImmediate(resolve));
          await commit(async (tx) => {
            const insert = (name: string): Promise<unknown> =>
              tx
                .insertInto('sample')
                .values({ name: mark + name, note: kind })
                .execute();
            await insert(`${String(i)}a`);
            if (kind === 'thrown') throw new Error(kind);
            await insert(kind === 'taken name' ? 'taken' : `${String(i)}b`);
          });
        }),
      );
      for (const [i, kind] of asked.entries()) {
        const isWritten = kind === 'whole' || kind === 'later';
        expect(ends[i]?.status).toBe(isWritten ? 'fulfilled' : 'rejected');
        if (isWritten) expected.push(`${mark}${String(i)}a`, `${mark}${String(i)}b`);
      }
      expect(names().filter((name) => name.startsWith(mark))).toEqual(expected.sort());
    }),
    { numRuns: 40 },
  );
});

test('what a power cut may take back waits for no disk, alone; beside others, and after it, all is synced', async () => {
  const FULL = 2;
  const synced = (): boolean => sqlite.pragma('synchronous', { simple: true }) === FULL;
  const note = (name: string, mayBeLost: boolean): Promise<boolean> =>
    commit(
      async (tx) => {
        await tx.insertInto('sample').values({ name, note: '' }).execute();
        return synced();
      },
      { mayBeLost },
    );
  expect(await note('a', true)).toBe(false);
  expect(synced()).toBe(true);
  // Nobody is at work any more: the first of the next is committed alone, the others together.
  const idle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  await idle();
  expect(await Promise.all([note('b', true), note('c', true), note('d', false)])).toEqual([false, true, true]);
  await idle();
  expect(await Promise.all([note('e', false), note('f', true), note('g', true)])).toEqual([true, false, false]);
  await expect(note('a', true)).rejects.toThrow();
  expect(synced()).toBe(true);
  expect(names()).toEqual(['a', 'b', 'c', 'd', 'e', 'f', 'g']);
});
