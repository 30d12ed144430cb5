/** Moves that are taken back: what the registry, this workstation and the watcher make of it. */
import { mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { TransactionRecord } from '../../shared/contract/index.ts';
import { addLabels } from '../../src-main/annotation/index.ts';
import { readContext, verify } from '../../src-main/artifacts/index.ts';
import { listTransactions, undoChange } from '../../src-main/history/index.ts';
import { locateArtifact } from '../../src-main/watching/index.ts';
import { ended } from '../artifacts/open-artifacts.ts';
import { fakeClock, type FakeClock } from '../watching/fake-clock.ts';
import { openWatching, type TestWatching } from '../watching/open-watching.ts';
import { tablesOf } from './tables-of.ts';

const HOLD = 10_001;
let test: TestWatching;
let clock: FakeClock;
beforeEach(async () => {
  clock = fakeClock(Date.now() + 60_000);
  test = await openWatching({ clock });
});
afterEach(async () => {
  // Whatever was taken back, the log tells how the tables came to be.
  const { failed } = await ended(verify(test.context, { artifacts: [], all: false, registry: true }));
  expect(failed).toEqual([]);
  await test.close();
});

async function latest(operation: string): Promise<TransactionRecord> {
  const { items } = await listTransactions(readContext(test.context), { limit: 1, operation: [operation] });
  return items[0] as TransactionRecord;
}

async function undo(operation: string): Promise<{ title: string; transaction: number; uids: string[] }> {
  const { transaction } = await latest(operation);
  const { items, ...result } = await undoChange(test.context, { change: transaction });
  return { ...result, uids: items.map(({ uid }) => uid) };
}

/** Every artifact as `key: state`, and where its copies are. */
async function records(): Promise<Record<string, string>> {
  const rows = await test.context.registry.db
    .selectFrom('artifact')
    .leftJoin('copy', 'copy.artifact_id', 'artifact.id')
    .select(['artifact.uid', 'artifact.key', 'artifact.state', 'copy.path'])
    .orderBy('artifact.id')
    .execute();
  return Object.fromEntries(
    rows.map(({ uid, key, state, path }) => [uid, `${key ?? ''}: ${state} at ${path?.toString() ?? 'no place'}`]),
  );
}

async function uidAt(key: string): Promise<string> {
  const row = (await test.artifacts()).find((artifact) => artifact.key === key);
  return row?.uid ?? `no ${key}`;
}

/** What of the disk the watcher does not find settled. */
async function lookAgain(): Promise<unknown> {
  const before = await test.changes();
  const first = await test.pass();
  clock.jump(HOLD);
  const { taken, moved } = await test.pass();
  return {
    registered: first.taken.registered + taken.registered,
    moved: first.moved + moved,
    changes: (await test.changes()) - before,
  };
}
const NOTHING = { registered: 0, moved: 0, changes: 0 };

/** One file, beside another that stays: an empty folder counts as not connected. */
async function registered(): Promise<string> {
  test.put('stays.csv');
  test.put('a.csv', 'content');
  await test.pass();
  return uidAt('a.csv');
}

function move(from: string, to: string): void {
  mkdirSync(join(test.path(to), '..'), { recursive: true });
  renameSync(test.path(from), test.path(to));
}

describe('a move that is taken back', () => {
  it('parts record and file where the file stays: the record is missing, the file has one of its own, for good', async () => {
    test.put('day 1/a.csv', 'content');
    await test.pass();
    const uid = await uidAt('day 1/a.csv');
    await addLabels(test.context, { artifacts: [uid], labels: ['mine'], create_missing: true });
    move('day 1/a.csv', 'day 2/a.csv');
    await test.pass();
    expect(await latest('move')).toMatchObject({
      title: 'day 1/a.csv was moved to day 2',
      n: 1,
      undoable: true,
      undone_by: null,
    });
    const { title, uids } = await undo('move');
    expect(title).toBe('Taken back: day 1/a.csv was moved to day 2');
    const own = await uidAt('day 2/a.csv');
    expect(own).not.toBe(uid);
    expect(uids).toEqual([uid, own]);
    expect(await records()).toEqual({
      [uid]: 'day 1/a.csv: missing at day 1/a.csv',
      [own]: 'day 2/a.csv: ok at day 2/a.csv',
    });
    expect(await lookAgain()).toEqual(NOTHING);
    expect((await ended(verify(test.context, { artifacts: [own], all: false, registry: false }))).ok).toBe(1);
  });

  it('and that is taken back too: one record again, as if nothing had been', async () => {
    for (const name of ['a.csv', 'b.csv', 'sub/c.csv']) test.put(`run/${name}`, name);
    await test.pass();
    move('run', 'renamed');
    await test.pass();
    const moved = tablesOf(test.context.registry);
    expect((await latest('move')).title).toBe('Folder run was renamed to renamed – 3 files kept their details');
    await undo('move');
    expect(Object.keys(await records())).toHaveLength(6);
    const { title } = await undo('undo');
    expect(title).toBe('Done again: Folder run was renamed to renamed – 3 files kept their details');
    expect(tablesOf(test.context.registry)).toEqual(moved);
    expect(await lookAgain()).toEqual(NOTHING);
    move('renamed', 'third');
    expect((await test.pass()).moved).toBe(3);
  });

  it('is as before where the files went back meanwhile, and the watcher finds nothing new', async () => {
    for (const name of ['a.csv', 'b.csv']) test.put(`run/${name}`, name);
    await test.pass();
    const before = tablesOf(test.context.registry);
    move('run', 'renamed');
    await test.pass();
    move('renamed', 'run');
    await undo('move');
    expect(tablesOf(test.context.registry)).toEqual(before);
    expect(await test.gone()).toEqual([]);
    move('run', 'elsewhere');
    expect((await test.pass()).moved).toBe(2);
  });

  it('is found missing in time where the file is at neither place', async () => {
    const uid = await registered();
    move('a.csv', 'b.csv');
    await test.pass();
    rmSync(test.path('b.csv'));
    await undo('move');
    expect((await records())[uid]).toBe('a.csv: ok at a.csv');
    clock.jump(HOLD);
    await test.pass();
    expect((await records())[uid]).toBe('a.csv: missing at a.csv');
  });

  it('of names that were swapped: each file is a new content of its path then', async () => {
    test.put('a.csv', 'content of a');
    test.put('b.csv', 'content of b');
    await test.pass();
    const [a, b] = [await uidAt('a.csv'), await uidAt('b.csv')];
    move('a.csv', 'aside.tmp');
    move('b.csv', 'a.csv');
    move('aside.tmp', 'b.csv');
    expect((await test.pass()).moved).toBe(2);
    await undo('move');
    expect(await records()).toEqual({ [a]: 'a.csv: ok at a.csv', [b]: 'b.csv: ok at b.csv' });
    const { taken } = await test.pass();
    expect(taken.versions).toBe(2);
  });

  it('is refused where another file was registered at the old path', async () => {
    test.put('a.csv', 'content');
    await test.pass();
    move('a.csv', 'b.csv');
    await test.pass();
    test.put('a.csv', 'another');
    await test.pass();
    await expect(undo('move')).rejects.toMatchObject({ code: 'refused' });
    expect((await test.keys()).sort()).toEqual(['a.csv', 'b.csv']);
    expect(await lookAgain()).toEqual(NOTHING);
  });

  it('is refused while the folder is not connected', async () => {
    test.put('a.csv', 'content');
    await test.pass();
    move('a.csv', 'b.csv');
    await test.pass();
    renameSync(test.root, `${test.root} away`);
    await expect(undo('move')).rejects.toMatchObject({ code: 'offline' });
    renameSync(`${test.root} away`, test.root);
    expect(await lookAgain()).toEqual(NOTHING);
  });
});

describe('what is gone', () => {
  it('and is not missing by a word: is missing again after two looks', async () => {
    const uid = await registered();
    rmSync(test.path('a.csv'));
    await test.pass();
    clock.jump(HOLD);
    await test.pass();
    expect((await latest('missing')).title).toBe("a.csv can't be found any more");
    await undo('missing');
    expect((await records())[uid]).toBe('a.csv: ok at a.csv');
    expect(await test.gone()).toEqual(['a.csv']);
    clock.jump(HOLD);
    await test.pass();
    expect((await records())[uid]).toBe('a.csv: missing at a.csv');
    await undo('missing');
    test.put('a.csv', 'content');
    await test.pass();
    expect((await records())[uid]).toBe('a.csv: ok at a.csv');
  });

  it('and found again, and missing by a word: is found again by the next look', async () => {
    test.put('stays.csv');
    test.put('sub/a.csv', 'content');
    await test.pass();
    const uid = await uidAt('sub/a.csv');
    const away = join(test.folder('elsewhere'), 'sub');
    renameSync(test.path('sub'), away);
    await test.pass();
    clock.jump(HOLD);
    await test.pass();
    renameSync(away, test.path('sub'));
    await test.pass();
    expect((await latest('back')).title).toBe('sub/a.csv was found again');
    await undo('back');
    expect((await records())[uid]).toBe('sub/a.csv: missing at sub/a.csv');
    await test.pass();
    expect((await records())[uid]).toBe('sub/a.csv: ok at sub/a.csv');
  });

  it('was located wrongly: the record is missing as before, the file has one of its own', async () => {
    const uid = await registered();
    const away = join(test.folder('elsewhere'), 'a.csv');
    renameSync(test.path('a.csv'), away);
    await test.pass();
    clock.jump(HOLD);
    await test.pass();
    await test.add(test.folder('elsewhere'));
    await locateArtifact(test.context, { artifact: uid, path: away, siblings: false });
    expect((await records())[uid]).toBe('a.csv: ok at a.csv');
    expect((await latest('locate')).undoable).toBe(true);
    const { uids } = await undo('locate');
    const own = uids.find((one) => one !== uid && one !== '') ?? '';
    expect(await records()).toMatchObject({
      [uid]: 'a.csv: missing at a.csv',
      [own]: 'a.csv: ok at a.csv',
    });
    expect(await lookAgain()).toEqual(NOTHING);
    const elsewhere = await test.pass({ root: test.folder('elsewhere') });
    expect([elsewhere.taken.registered, elsewhere.moved]).toEqual([0, 0]);
  });
});
