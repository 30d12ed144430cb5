import { mkdirSync, renameSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { artifactRecords, readContext, saveArtifacts } from '../src-main/artifacts/index.ts';
import { readScrubStatus, startScrubbing, type Scrubbing } from '../src-main/scrubbing/index.ts';
import { setSettings } from '../src-main/instance/index.ts';
import { retryFile } from '../src-main/watching/index.ts';
import { fakeClock } from './watching/fake-clock.ts';
import { openWatching, until, type TestWatching } from './watching/open-watching.ts';

const DAY = 86_400_000;
let test: TestWatching;
let scrubbing: Scrubbing;
beforeEach(async () => {
  test = await openWatching();
  scrubbing = startScrubbing(test.context, true);
});
afterEach(async () => {
  await scrubbing.close();
  await test.close();
});

/** A whole round. */
async function round(): Promise<void> {
  const before = (await scrubbing.start()).started_at;
  await until(
    async () => {
      const { state, reason } = await scrubbing.status();
      if (reason !== null) throw new Error(reason);
      return state !== 'running';
    },
    `the round of ${String(before)}`,
  );
}

/** Other bytes in the file, and what is recorded of it says that nobody wrote: what a bad disk does. */
async function damage(name: string, content: string): Promise<void> {
  const path = test.path(name);
  writeFileSync(path, content);
  const { ctimeNs, mtimeNs } = statSync(path, { bigint: true });
  await test.context.workstation.db
    .updateTable('inventory')
    .set({ ctime_ns: String(ctimeNs), mtime_ns: String(mtimeNs) })
    .where('name', '=', Buffer.from(basename(name)))
    .execute();
}

async function verifiedAt(key: string): Promise<string | null | undefined> {
  const ids = (await test.artifacts()).filter((row) => row.key === key).map(({ id }) => id);
  return (await artifactRecords(readContext(test.context), ids))[0]?.copies[0]?.verified_at;
}

describe('a round', () => {
  it('reads every copy again and notes when, without a word in the change log', async () => {
    test.put('a.csv');
    test.put('run/b.csv', Buffer.alloc(3_000_000, 1));
    await test.pass();
    const before = await verifiedAt('a.csv');
    const changes = await test.changes();
    await until(() => new Date().toISOString() > (before ?? ''), 'the next ms');
    await round();
    const status = await scrubbing.status();
    expect(status).toMatchObject({ state: 'idle', checked: 2, total: 2, failed: 0, bytes: 3_000_005 });
    expect(((await verifiedAt('a.csv')) ?? '') > (before ?? '')).toBe(true);
    expect(status.newest_verified_at).toBe(await verifiedAt('run/b.csv'));
    expect((status.oldest_verified_at ?? '') > (before ?? '')).toBe(true);
    expect(await test.changes()).toBe(changes);
  });

  it('F-IN08 F-IN03 tells silent damage, which stays in the inbox until the bytes are right again, and makes no version', async () => {
    const path = test.put('a.csv', 'one');
    test.put('b.csv');
    await test.pass();
    await damage('a.csv', 'two');
    await round();
    expect((await scrubbing.status()).failed).toBe(1);
    const told = [
      { path, state: 'failed', can: ['retry'], next: null, reason: expect.stringContaining('Damaged') as string },
    ];
    expect(await test.inbox()).toMatchObject(told);
    expect(await test.artifacts()).toMatchObject([
      { state: 'changed', state_reason: expect.stringContaining('damaged') as string },
      { state: 'ok' },
    ]);
    // No look of the watcher ends it.
    await test.pass();
    await test.pass({ start: ['a.csv'] });
    expect(await test.inbox()).toMatchObject(told);
    expect(await test.artifacts()).toHaveLength(2);
    await damage('a.csv', 'one');
    await round();
    expect(await test.inbox()).toEqual([]);
    expect((await test.artifacts()).map(({ state }) => state)).toEqual(['ok', 'ok']);
  });

  it('a damaged file that was put back is right again at once when a person asks', async () => {
    test.put('a.csv', 'one');
    await test.pass();
    await damage('a.csv', 'two');
    await round();
    await damage('a.csv', 'one');
    await retryFile(test.context, { storage: test.root, path: 'a.csv' });
    expect(await test.inbox()).toEqual([]);
    expect((await test.artifacts())[0]?.state).toBe('ok');
  });

  it('reads run folders and what was saved, and tells which file of them is another', async () => {
    await test.bundle(['run *'], 'done.txt');
    for (const name of ['run 1/a.csv', 'run 1/deep/b.csv', 'run 1/done.txt']) test.put(name, 'right');
    await test.pass({ settle: 0 });
    await test.pass({ settle: 0 });
    writeFileSync(join(test.base, 'notes.txt'), 'right');
    mkdirSync(join(test.base, 'plate'));
    writeFileSync(join(test.base, 'plate', 'A1.csv'), 'right');
    for (const name of ['notes.txt', 'plate']) {
      const saving = saveArtifacts(test.context, { paths: [join(test.base, name)], key: name, labels: [], new: false });
      for (let step = await saving.next(); step.done !== true;) step = await saving.next();
    }
    await round();
    expect(await scrubbing.status()).toMatchObject({ checked: 3, failed: 0 });
    const rows = await test.context.registry.db.selectFrom('artifact').select(['uid', 'key', 'n_files']).execute();
    expect(rows.map(({ key, n_files: n }) => [key, n])).toEqual([
      ['run 1', 3],
      ['notes.txt', null],
      ['plate', 1],
    ]);
    const own = (key: string): string =>
      join(test.base, 'lab', '.lamindb', rows.find((row) => row.key === key)?.uid ?? '');
    writeFileSync(test.path('run 1/deep/b.csv'), 'wrong');
    writeFileSync(`${own('notes.txt')}.txt`, 'wrong');
    writeFileSync(join(own('plate'), 'A1.csv'), 'wrong');
    await round();
    const found = await test.context.registry.db
      .selectFrom('artifact')
      .select(['key', 'state', 'state_reason'])
      .execute();
    // What is watched is the watcher's, who waits until nobody writes.
    expect(found.filter(({ key }) => key !== 'run 1')).toMatchObject([
      { key: 'notes.txt', state: 'changed' },
      { key: 'plate', state: 'changed', state_reason: expect.stringContaining('A1.csv') as string },
    ]);
  });

  it('reads saved copies in a storage that is watched as well', async () => {
    writeFileSync(join(test.base, 'notes.txt'), 'right');
    const input = { paths: [join(test.base, 'notes.txt')], key: 'notes.txt', labels: [], new: false };
    const saving = saveArtifacts(test.context, input);
    for (let step = await saving.next(); step.done !== true;) step = await saving.next();
    await test.add(join(test.base, 'lab'), true);
    const [row] = await test.context.registry.db.selectFrom('artifact').select('uid').execute();
    writeFileSync(join(test.base, 'lab', '.lamindb', `${row?.uid ?? ''}.txt`), 'wrong');
    await round();
    expect((await scrubbing.status()).failed).toBe(1);
    const after = await test.context.registry.db.selectFrom('artifact').select('state').execute();
    expect(after).toEqual([{ state: 'changed' }]);
  });

  it('what was damaged and went away is damaged when it is back', async () => {
    test.put('run/a.csv', 'one');
    for (const name of ['b', 'c', 'd']) test.put(`${name}.csv`);
    await test.pass();
    await damage('run/a.csv', 'two');
    await round();
    const state = async () => (await test.artifacts()).find(({ key }) => key === 'run/a.csv');
    expect(await state()).toMatchObject({ state: 'changed' });
    renameSync(test.path('run'), join(test.base, 'elsewhere'));
    await test.pass();
    await test.context.workstation.db
      .updateTable('inventory')
      .set({ gone_since: '2026-01-01T00:00:00.000Z' })
      .where('gone_since', 'is not', null)
      .execute();
    await test.pass();
    expect(await state()).toMatchObject({ state: 'missing', state_reason: 'path-gone' });
    renameSync(join(test.base, 'elsewhere'), test.path('run'));
    await test.pass();
    expect(await state()).toMatchObject({
      state: 'changed',
      state_reason: expect.stringContaining('damaged') as string,
    });
    expect(await test.inbox()).toMatchObject([{ state: 'failed', can: ['retry'] }]);
  });

  it('leaves an ordinary change to the watcher', async () => {
    test.put('a.csv', 'one');
    await test.pass();
    const path = test.path('a.csv');
    const { atime, mtime } = statSync(path);
    writeFileSync(path, 'two');
    utimesSync(path, atime, mtime);
    const changes = await test.changes();
    await round();
    expect(await test.changes()).toBe(changes);
    expect(await test.inbox()).toEqual([]);
    await test.pass();
    expect(await test.artifacts()).toHaveLength(2);
  });

  it('skips a drive that is away, and its dates stay', async () => {
    test.put('a.csv', 'one');
    await test.pass();
    const before = await verifiedAt('a.csv');
    renameSync(test.root, join(test.base, 'unplugged'));
    await round();
    expect(await scrubbing.status()).toMatchObject({ state: 'idle', checked: 1, failed: 0, bytes: 0 });
    expect(await verifiedAt('a.csv')).toBe(before);
    expect((await test.artifacts())[0]?.state).toBe('ok');
    renameSync(join(test.base, 'unplugged'), test.root);
  });

  it('goes on where it was after a pause and a restart', async () => {
    for (let i = 0; i < 600; i++) test.put(`${String(i)}.csv`);
    await test.pass();
    await scrubbing.start();
    await until(async () => (await scrubbing.status()).checked >= 250, 'the first page');
    const paused = await scrubbing.pause();
    expect(paused.state).toBe('paused');
    await scrubbing.close();
    await test.restart();
    scrubbing = startScrubbing(test.context, true);
    expect(await scrubbing.status()).toEqual(paused);
    await round();
    expect(await scrubbing.status()).toMatchObject({
      state: 'idle',
      checked: 600,
      total: 600,
      started_at: paused.started_at,
    });
  });
});

describe('by itself', () => {
  it('begins when the last verification is scrub_days old, goes on after a restart, and never with 0', async () => {
    await scrubbing.close();
    await test.close();
    const clock = fakeClock();
    test = await openWatching({ clock });
    test.put('a.csv');
    await test.pass();
    scrubbing = startScrubbing(test.context, true);
    const { next_at: next, state } = await scrubbing.status();
    expect(state).toBe('idle');
    expect(Date.parse(next ?? '') - clock.now()).toBeGreaterThan(29 * DAY);
    await clock.advance(20 * 60_000);
    expect((await scrubbing.status()).started_at).toBe(null);
    clock.jump(30 * DAY);
    await until(async () => {
      await clock.advance(60_000);
      return (await scrubbing.status()).finished_at !== null;
    }, 'a round by itself');
    await setSettings(test.context, { scrub_days: 0 });
    expect(await readScrubStatus(test.context)).toMatchObject({ state: 'off', next_at: null });
  });
});
