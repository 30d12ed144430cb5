import {
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { rawFromText } from '../../src-main/ports/fs/raw-path.ts';
import { registerFiles } from '../../src-main/artifacts/index.ts';
import { addLabels } from '../../src-main/annotation/index.ts';
import { confirmLoss, findMissing, locateArtifact } from '../../src-main/watching/index.ts';
import { fakeClock, type FakeClock } from './fake-clock.ts';
import { openWatching, until, type TestWatching } from './open-watching.ts';

const HOLD = 10_000;
let test: TestWatching;
let clock: FakeClock;
beforeEach(async () => {
  // Ahead of the files that the test makes, however slow the machine is.
  clock = fakeClock(Date.now() + 60_000);
  test = await openWatching({ clock });
});
afterEach(() => test.close());

async function uidOf(key: string, root?: string): Promise<string> {
  const row = (await test.artifacts(root)).find((artifact) => artifact.key === key && artifact.is_latest === 1);
  return row?.uid ?? `no ${key}`;
}

async function stateOf(uid: string): Promise<string> {
  const { state, state_reason: reason } = await test.context.registry.db
    .selectFrom('artifact')
    .select(['state', 'state_reason'])
    .where('uid', '=', uid)
    .executeTakeFirstOrThrow();
  return reason === null ? state : `${state}: ${reason}`;
}

async function label(uid: string): Promise<void> {
  await addLabels(test.context, { artifacts: [uid], labels: ['mine'], create_missing: true });
}

async function pathsOf(uid: string): Promise<string[]> {
  const rows = await test.context.registry.db
    .selectFrom('copy')
    .innerJoin('artifact', 'artifact.id', 'copy.artifact_id')
    .select('copy.path')
    .where('artifact.uid', '=', uid)
    .execute();
  return rows.map(({ path }) => String(path));
}

async function transactions(operation: string): Promise<number> {
  const rows = await test.context.registry.db
    .selectFrom('change')
    .select('tx')
    .distinct()
    .where('operation', '=', operation)
    .execute();
  return rows.length;
}

function move(from: string, to: string): void {
  mkdirSync(join(test.path(to), '..'), { recursive: true });
  renameSync(test.path(from), test.path(to));
}

/** As between disks: the copy is another file with the old times. */
function moveAcross(from: string, to: string): void {
  const { atime, mtime } = statSync(from);
  copyFileSync(from, to);
  utimesSync(to, atime, mtime);
  rmSync(from);
}

/** Two looks with the hold between them. */
async function lookTwice(root?: string): Promise<void> {
  await test.pass(root === undefined ? {} : { root });
  clock.jump(HOLD + 1);
  await test.pass(root === undefined ? {} : { root });
}

describe('a renamed file', () => {
  it('keeps uid, label and version, is not read again, and the log says why', async () => {
    test.put('day 1/a.csv', 'content');
    await test.pass();
    const uid = await uidOf('day 1/a.csv');
    await label(uid);
    move('day 1/a.csv', 'day 2/b.txt');
    const { taken, moved } = await test.pass();
    expect([taken.registered, moved]).toEqual([0, 1]);
    expect(await uidOf('day 2/b.txt')).toBe(uid);
    expect(await pathsOf(uid)).toEqual(['day 2/b.txt']);
    expect((await test.artifacts()).map(({ suffix }) => suffix)).toEqual(['.txt']);
    expect(await test.gone()).toEqual([]);
    const notes = await test.context.registry.db
      .selectFrom('change')
      .select('note')
      .where('operation', '=', 'move')
      .execute();
    expect(notes.map(({ note }) => note)).toEqual(
      [1, 2].map(() => expect.stringMatching(/^Was day 1\/a\.csv: the same file on the disk/) as unknown),
    );
    expect((await test.pass()).moved).toBe(0);
  });

  it('keeps the name that a person gave', async () => {
    test.put('a.csv');
    await test.pass();
    const uid = await uidOf('a.csv');
    await test.context.registry.db
      .transaction()
      .execute((tx) => tx.updateTable('artifact').set({ key: 'mine/name.csv' }).where('uid', '=', uid).execute());
    move('a.csv', 'b.csv');
    await test.pass();
    expect(await uidOf('mine/name.csv')).toBe(uid);
    expect(await pathsOf(uid)).toEqual(['b.csv']);
  });

  it('is followed after it was missing, and over a restart', async () => {
    test.put('a.csv');
    test.put('stays.csv');
    await test.pass();
    const uid = await uidOf('a.csv');
    renameSync(test.path('a.csv'), join(test.base, 'away.csv'));
    await lookTwice();
    expect(await stateOf(uid)).toBe('missing: path-gone');
    await test.restart();
    renameSync(join(test.base, 'away.csv'), test.path('b.csv'));
    await test.pass();
    expect([await uidOf('b.csv'), await stateOf(uid)]).toEqual([uid, 'ok']);
  });

  it('is itself and its version where it was changed too: nothing is concluded', async () => {
    test.put('a.csv', 'one');
    test.put('stays.csv');
    await test.pass();
    const uid = await uidOf('a.csv');
    move('a.csv', 'b.csv');
    writeFileSync(test.path('b.csv'), 'two and more');
    await lookTwice();
    expect(await uidOf('b.csv')).not.toBe(uid);
    expect(await stateOf(uid)).toBe('missing: path-gone');
  });

  it('takes its removed record along: it does not come back under the new name', async () => {
    test.put('a.csv');
    await test.pass();
    const [row] = await test.artifacts();
    const storage = await test.storage();
    const { writeRegistry } = await import('../../src-main/registry/change-log.ts');
    await writeRegistry(test.context, await test.context.author(), 'delete', async (write) => {
      const { id = 0 } =
        (await write.tx
          .selectFrom('copy')
          .select('id')
          .where('artifact_id', '=', row?.id ?? 0)
          .executeTakeFirst()) ?? {};
      await write.remove('copy', id, row?.uid);
      await write.remove('artifact', row?.id ?? 0);
      const stone = {
        storage_id: storage.id,
        path: Buffer.from('a.csv'),
        sha256: row?.sha256 ?? null,
        artifact_uid: row?.uid ?? '',
        created_by_id: 1,
        created_at: write.now,
      };
      write.insert('tombstone', [stone], [row?.uid ?? '']);
    });
    move('a.csv', 'b.csv');
    await lookTwice();
    expect(await test.artifacts()).toEqual([]);
  });
});

describe('several at once', () => {
  it('F-IN11 a folder of 300 files is one event', async () => {
    for (let n = 0; n < 300; n++) test.put(`run/${String(n % 7)}/${String(n)}.csv`, `content ${String(n % 50)}`);
    await test.pass();
    const before = new Map((await test.artifacts()).map(({ key, uid }) => [key?.replace(/^run/, 'Run 7'), uid]));
    move('run', 'Run 7');
    expect((await test.pass()).moved).toBe(300);
    expect(new Map((await test.artifacts()).map(({ key, uid }) => [key, uid]))).toEqual(before);
    expect(await transactions('move')).toBe(1);
    await lookTwice();
    expect(await transactions('missing')).toBe(0);
  });

  /** Two registered files, `a.csv` and `b.csv`, which then have each other's names; their uids. */
  async function swapped(): Promise<[string, string]> {
    test.put('a.csv', 'first');
    test.put('b.csv', 'the second');
    await test.pass();
    const uids: [string, string] = [await uidOf('a.csv'), await uidOf('b.csv')];
    move('a.csv', 'x');
    move('b.csv', 'a.csv');
    move('x', 'b.csv');
    return uids;
  }

  it('two files that swapped names keep what is theirs', async () => {
    const [a, b] = await swapped();
    expect((await test.pass()).moved).toBe(2);
    expect([await uidOf('a.csv'), await uidOf('b.csv')]).toEqual([b, a]);
    expect([await pathsOf(a), await pathsOf(b)]).toEqual([['b.csv'], ['a.csv']]);
  });

  it('two files that swapped names do not swap back where the program died before the inventory said so', async () => {
    const [a, b] = await swapped();
    const { db } = test.context.workstation;
    const rows = await db.selectFrom('inventory').selectAll().execute();
    await test.pass();
    await db.deleteFrom('inventory').execute();
    await db.insertInto('inventory').values(rows).execute();
    const changes = await test.changes();
    await test.pass();
    await test.pass();
    expect([await uidOf('a.csv'), await uidOf('b.csv')]).toEqual([b, a]);
    expect([await pathsOf(a), await pathsOf(b)]).toEqual([['b.csv'], ['a.csv']]);
    expect(await test.changes()).toBe(changes);
    const known = await db.selectFrom('inventory').select(['name', 'artifact_uid']).orderBy('name').execute();
    expect(known.map(({ name, artifact_uid: uid }) => [String(name), uid])).toEqual([
      ['a.csv', b],
      ['b.csv', a],
    ]);
  });

  it('a file moved over another: the other is missing, because it was overwritten', async () => {
    test.put('a.csv', 'first');
    test.put('b.csv', 'the second');
    await test.pass();
    const [a, b] = [await uidOf('a.csv'), await uidOf('b.csv')];
    move('a.csv', 'b.csv');
    await test.pass();
    expect(await uidOf('b.csv')).toBe(a);
    expect([await stateOf(b), await pathsOf(b)]).toEqual(['missing: overwritten', []]);
  });
});

it('all of a folder moved into another watched one is followed, though the first is empty now', async () => {
  const other = test.folder('other');
  await test.add(other);
  for (let n = 0; n < 20; n++) test.put(`run/${String(n)}.csv`, `content ${String(n)}`);
  await test.pass();
  const uids = (await test.artifacts()).map(({ uid }) => uid);
  renameSync(test.path('run'), join(other, 'run'));
  expect((await test.pass({ root: other })).moved).toBe(20);
  expect((await test.artifacts(other)).map(({ uid }) => uid)).toEqual(uids);
  await test.pass();
  expect(await transactions('move')).toBe(1);
});

describe('what is no move', () => {
  it('a hard link is a file of its own', async () => {
    test.put('a.csv');
    await test.pass();
    const uid = await uidOf('a.csv');
    linkSync(test.path('a.csv'), test.path('b.csv'));
    await test.pass();
    expect(await test.keys()).toEqual(['a.csv', 'b.csv']);
    expect(await uidOf('a.csv')).toBe(uid);
  });

  it('saving by a temporary file is a new version', async () => {
    test.put('a.csv', 'one');
    await test.pass();
    test.put('.a.csv.tmp', 'two');
    move('.a.csv.tmp', 'a.csv');
    expect((await test.pass()).taken.versions).toBe(1);
    expect((await test.artifacts()).length).toBe(2);
  });

  it('an editor that keeps the old one under another name: a version, and a file of its own', async () => {
    test.put('a.txt', 'one');
    await test.pass();
    const uid = await uidOf('a.txt');
    move('a.txt', 'a.txt.old');
    test.put('a.txt', 'one and two');
    const { taken, moved } = await test.pass();
    expect([taken.versions, moved]).toEqual([1, 0]);
    expect((await uidOf('a.txt')).slice(0, 16)).toBe(uid.slice(0, 16));
    expect(await test.keys()).toEqual(['a.txt', 'a.txt.old']);
  });

  it('a new file with the inode and size of one that was removed', async () => {
    test.put('a.csv', 'one');
    test.put('stays.csv');
    await test.pass();
    const uid = await uidOf('a.csv');
    const { ino, dev } = await test.context.workstation.db
      .selectFrom('inventory')
      .select(['ino', 'dev'])
      .where('artifact_uid', '=', uid)
      .executeTakeFirstOrThrow();
    rmSync(test.path('a.csv'));
    test.put('b.csv', 'two');
    const { ino: reused } = statSync(test.path('b.csv'), { bigint: true });
    // Where the disk did not give it out again, the inventory is made to say so.
    await test.context.workstation.db
      .updateTable('inventory')
      .set({ ino: String(reused), dev })
      .where('ino', '=', ino)
      .execute();
    await lookTwice();
    expect(await uidOf('b.csv')).not.toBe(uid);
    expect(await stateOf(uid)).toBe('missing: path-gone');
  });
});

describe('to another disk', () => {
  it('F-IN12 one with the same content and none other like it is followed, with its label', async () => {
    const archive = test.folder('archive');
    await test.add(archive);
    test.put('a.csv', 'only one of its kind');
    test.put('stays.csv');
    await test.pass();
    const uid = await uidOf('a.csv');
    await label(uid);
    moveAcross(test.path('a.csv'), join(archive, 'a.csv'));
    expect((await test.pass({ root: archive })).moved).toBe(1);
    expect(await uidOf('a.csv', archive)).toBe(uid);
    expect(await pathsOf(uid)).toEqual(['a.csv']);
    await lookTwice();
    expect(await stateOf(uid)).toBe('ok');
  });

  it('F-IN12 a folder that is copied first and removed afterwards is followed too', async () => {
    const archive = test.folder('archive');
    await test.add(archive);
    for (const n of [1, 2, 3]) test.put(`run/${String(n)}.csv`, `content ${String(n)}`);
    await test.pass();
    const uids = (await test.artifacts()).map(({ uid }) => uid);
    for (const uid of uids) await label(uid);
    mkdirSync(join(archive, 'run'));
    for (const name of readdirSync(test.path('run')))
      copyFileSync(test.path(`run/${name}`), join(archive, 'run', name));
    await test.pass({ root: archive });
    expect((await test.artifacts(archive)).length).toBe(3);
    rmSync(test.path('run'), { recursive: true });
    test.put('stays.csv');
    await lookTwice();
    expect((await test.artifacts(archive)).map(({ uid }) => uid).sort()).toEqual(uids.sort());
    expect(await transactions('missing')).toBe(0);
    await test.pass({ root: archive });
    expect((await test.artifacts(archive)).length).toBe(3);
  });

  it('two that may be it: nothing is concluded', async () => {
    const archive = test.folder('archive');
    await test.add(archive);
    test.put('x/a.csv', 'twice');
    test.put('y/b.csv', 'twice');
    test.put('stays.csv');
    await test.pass();
    const uids = [await uidOf('x/a.csv'), await uidOf('y/b.csv')];
    moveAcross(test.path('x/a.csv'), join(archive, 'c.csv'));
    rmSync(test.path('y/b.csv'));
    await test.pass({ root: archive });
    await lookTwice();
    expect(uids).not.toContain(await uidOf('c.csv', archive));
    expect(await Promise.all(uids.map(stateOf))).toEqual(['missing: path-gone', 'missing: path-gone']);
  });

  it('an original that is still there has a copy, and did not move', async () => {
    const archive = test.folder('archive');
    await test.add(archive);
    test.put('a.csv');
    await test.pass();
    const uid = await uidOf('a.csv');
    copyFileSync(test.path('a.csv'), join(archive, 'a.csv'));
    await test.pass({ root: archive });
    expect([await uidOf('a.csv'), (await uidOf('a.csv', archive)) === uid]).toEqual([uid, false]);
  });
});

describe('what is not found', () => {
  it('is missing after a second look 10 s later, and back as it was', async () => {
    test.put('a.csv');
    test.put('stays.csv');
    await test.pass();
    const uid = await uidOf('a.csv');
    const away = join(test.base, 'away');
    renameSync(test.path('a.csv'), away);
    await test.pass();
    await test.pass();
    expect(await stateOf(uid)).toBe('ok');
    clock.jump(HOLD + 1);
    expect((await test.pass()).gone.held).toBe(0);
    expect(await stateOf(uid)).toBe('missing: path-gone');
    expect(await transactions('missing')).toBe(1);
    renameSync(away, test.path('a.csv'));
    await test.pass();
    expect([await stateOf(uid), await test.gone()]).toEqual(['ok', []]);
    expect(existsSync(test.path('a.csv'))).toBe(true);
  });

  it('is missing too where it went before all of it was read', async () => {
    const size = 300 * 1024 * 1024;
    test.put('stays.csv');
    const large = test.put('large.raw', '');
    truncateSync(large, size);
    const storage = await test.storage();
    const { registry } = test.context;
    const { facts } = { facts: await test.context.fs.look(rawFromText(large)) };
    if (facts === null) throw new Error('no file');
    // The disk goes on giving what is asked; only the reading of all of it is stopped.
    const stop = new AbortController();
    const hasher = { ...test.context.hasher, hashFiles: () => Promise.reject(new Error('stopped')) };
    const files = [{ path: rawFromText('large.raw'), facts }];
    const author = await test.context.author();
    await registerFiles(
      { ...test.context, hasher },
      { storage, files, author, operation: 'watch', signal: stop.signal },
    ).catch(() => undefined);
    expect((await registry.db.selectFrom('artifact').select('state').execute()).map(({ state }) => state)).toEqual([
      'unverified',
    ]);
    rmSync(large);
    await lookTwice();
    expect(await stateOf(await uidOf('large.raw'))).toBe('missing: path-gone');
  });

  it('F-WA12 more than 50 files and a fifth of a root at once are held, and nothing is said of them', async () => {
    for (let n = 0; n < 120; n++) test.put(`run/${String(n)}.csv`, String(n));
    for (let n = 0; n < 60; n++) test.put(`other/${String(n)}.csv`, `other ${String(n)}`);
    await test.pass();
    rmSync(test.path('run'), { recursive: true });
    await test.pass();
    clock.jump(HOLD + 1);
    expect((await test.pass()).gone.held).toBe(120);
    expect(await transactions('missing')).toBe(0);
  });
});

describe('a person says', () => {
  async function missing(...keys: string[]): Promise<string[]> {
    for (const n of [1, 2, 3, 4, 5]) test.put(`stays ${String(n)}.csv`);
    for (const key of keys) test.put(key, `content of ${key}`);
    await test.pass();
    const uids = await Promise.all(keys.map((key) => uidOf(key)));
    const away = test.folder('away');
    for (const key of keys) renameSync(test.path(key), join(away, key.replaceAll('/', ' ')));
    await lookTwice();
    return uids;
  }
  const away = (key: string): string => join(test.base, 'away', key.replaceAll('/', ' '));

  it('where a missing file is: it is the same record, and one that was made meanwhile is absorbed', async () => {
    const [uid = ''] = await missing('run/a.csv');
    copyFileSync(away('run/a.csv'), test.path('x.csv'));
    copyFileSync(away('run/a.csv'), test.path('y.csv'));
    await test.pass();
    const { items } = await findMissing(test.context, { artifact: uid });
    expect(items.map(({ path }) => path).sort()).toEqual([test.path('x.csv'), test.path('y.csv')]);
    const located = await locateArtifact(test.context, { artifact: uid, path: test.path('y.csv'), siblings: false });
    expect(located.items).toMatchObject([{ uid, key: 'y.csv', state: 'ok' }]);
    expect((await test.keys()).filter((key) => !key.startsWith('stays'))).toEqual(['x.csv', 'y.csv']);
    expect((await test.pass()).taken.registered).toBe(0);
  });

  it('where it is, and the others of its folder come along', async () => {
    const uids = await missing('run/a.csv', 'run/b.csv', 'run/deep/c.csv', 'other/d.csv');
    mkdirSync(test.path('elsewhere/deep'), { recursive: true });
    for (const name of ['a.csv', 'b.csv', 'deep/c.csv'])
      copyFileSync(away(`run/${name}`), test.path(`elsewhere/${name}`));
    const path = test.path('elsewhere/a.csv');
    const { siblings } = await locateArtifact(test.context, { artifact: uids[0] ?? '', path, siblings: true });
    expect(siblings).toBe(2);
    expect(await Promise.all(uids.map(stateOf))).toEqual(['ok', 'ok', 'ok', 'missing: path-gone']);
    expect(await transactions('locate')).toBe(1);
  });

  it('another file is refused: it may be the next version', async () => {
    const [uid = ''] = await missing('a.csv');
    test.put('b.csv', 'something else');
    const call = locateArtifact(test.context, { artifact: uid, path: test.path('b.csv'), siblings: false });
    await expect(call).rejects.toMatchObject({ code: 'refused', remedy: expect.stringContaining(uid) as unknown });
    const outside = locateArtifact(test.context, { artifact: uid, path: away('a.csv'), siblings: false });
    await expect(outside).rejects.toMatchObject({ code: 'refused' });
    const there = await uidOf('stays 1.csv');
    const ok = locateArtifact(test.context, { artifact: there, path: test.path('b.csv'), siblings: false });
    await expect(ok).rejects.toMatchObject({ code: 'refused' });
  });

  it('F-WA12 that files held as a possible loss are really gone', async () => {
    for (let n = 0; n < 100; n++) test.put(`run/${String(n)}.csv`, String(n));
    test.put('stays.csv');
    await test.pass();
    rmSync(test.path('run'), { recursive: true });
    await lookTwice();
    await confirmLoss(test.context, { storage: test.root, lost: false });
    expect(await transactions('missing')).toBe(0);
    await confirmLoss(test.context, { storage: test.root, lost: true });
    const states = (await test.artifacts()).map(({ state }) => state);
    expect(states.filter((state) => state === 'missing').length).toBe(100);
    expect(await transactions('missing')).toBe(1);
  });

  it('F-WA08 that a folder which turned empty is right as it is', async () => {
    test.put('a.csv');
    await test.pass();
    rmSync(test.path('a.csv'));
    await expect(test.pass()).rejects.toMatchObject({ code: 'offline' });
    await confirmLoss(test.context, { storage: test.root, lost: true });
    expect((await test.artifacts()).map(({ state }) => state)).toEqual(['missing']);
    test.put('b.csv');
    expect((await test.pass()).taken.registered).toBe(1);
  });
});

describe('while the folder is watched', () => {
  it('what is gone is missing after the hold, though nothing else happens', async () => {
    test.put('a.csv');
    test.put('stays.csv');
    await test.pass();
    const uid = await uidOf('a.csv');
    const watching = await test.start();
    await watching.look();
    rmSync(test.path('a.csv'));
    test.hints.hint(test.path('a.csv'));
    await until(async () => (await test.gone()).length === 1, 'it is noted');
    expect(await stateOf(uid)).toBe('ok');
    await clock.advance(HOLD + 1000);
    await until(async () => (await stateOf(uid)) === 'missing: path-gone', 'it is missing');
  });

  it('many gone at once are told, and a person is asked', async () => {
    for (let n = 0; n < 100; n++) test.put(`run/${String(n)}.csv`, String(n));
    test.put('stays.csv');
    await test.pass();
    const watching = await test.start();
    await watching.look();
    rmSync(test.path('run'), { recursive: true });
    await watching.look();
    await clock.advance(HOLD + 1000);
    await until(async () => (await watching.folders())[0]?.health === 'possible loss', 'it is told');
    expect((await watching.folders())[0]).toMatchObject({ n_gone: 100 });
  });
});
