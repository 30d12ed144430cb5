/** Another default storage: the published registry goes there whole, and nobody is left behind or overwritten. */
import { existsSync, mkdirSync, mkdtempSync, realpathSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { GONE_AFTER } from '../../src-main/instance/publishing/lease.ts';
import { addStorage, useStorage } from '../../src-main/storage/index.ts';
import { openings, openTwo, type Computer, type Opening } from './open-computer.ts';
import { labelsIn, recordIn, snapshotIn } from './read-place.ts';

const MINUTE = 60_000;

let base: string;
let old: string;
let fresh: string;
let a: Computer;
let b: Computer;
const { open, close, killAll } = openings();

beforeEach(async () => {
  base = realpathSync(mkdtempSync(join(tmpdir(), 'benchkeep-move-')));
  old = join(base, 'lab');
  fresh = join(base, 'fresh');
  mkdirSync(fresh);
  [a, b] = await openTwo(base, old);
});
afterEach(async () => {
  await killAll();
  rmSync(base, { recursive: true, force: true });
});

async function chooseFresh({ open: context }: Opening): Promise<void> {
  await addStorage(context, { root: fresh, managed: true, watch: false });
  await useStorage(context, { storage: fresh });
}

test('it is moved at the close, the old place says where, and another computer goes on there', async () => {
  const window = await open(a);
  await window.label('of-a');
  expect(window.keeper.info(old)?.moves).toBe(false);
  await chooseFresh(window);
  expect(window.keeper.info(fresh)?.moves).toBe(true);
  await close(window);
  expect(labelsIn(fresh)).toEqual(['of-a']);
  expect(recordIn(fresh).holder).toBeNull();
  expect(existsSync(snapshotIn(old))).toBe(false);
  expect(recordIn(old)).toMatchObject({ holder: null, published: null, moved_to: { root: fresh } });
  const other = await open(b);
  expect(other.joined.place?.root).toBe(fresh);
  await other.label('of-b');
  await close(other);
  const again = await open(a);
  expect(await again.labels()).toEqual(['of-a', 'of-b']);
  expect(again.keeper.info(fresh)?.moves).toBe(false);
});

test('what another computer published meanwhile in the old place stays, and is not left behind', async () => {
  const window = await open(a);
  await chooseFresh(window);
  a.sleep(60 * MINUTE);
  const waiting = await open(b);
  await b.pass(GONE_AFTER + MINUTE);
  await close(waiting);
  const other = await open(b);
  await other.label('of-b');
  await other.keeper.publish({ beside: false });
  const { holder } = recordIn(old);
  await close(window);
  expect(recordIn(old)).toMatchObject({ holder, moved_to: null });
  expect(labelsIn(old)).toEqual(['of-b']);
  expect(existsSync(snapshotIn(fresh))).toBe(false);
  await close(other);
  // Also after it gave the turn back.
  const again = await open(a);
  expect(again.joined.diverged).toBe(true);
  await a.pass(20 * MINUTE);
  await close(again);
  expect(labelsIn(old)).toEqual(['of-b']);
  expect(recordIn(old).moved_to).toBeNull();
  expect(existsSync(snapshotIn(fresh))).toBe(false);
});

test('nor where that one gave the turn back before the move', async () => {
  const window = await open(a);
  await chooseFresh(window);
  a.sleep(60 * MINUTE);
  const waiting = await open(b);
  await b.pass(GONE_AFTER + MINUTE);
  await close(waiting);
  const other = await open(b);
  await other.label('of-b');
  await close(other);
  expect(recordIn(old).holder).toBeNull();
  await close(window);
  expect(recordIn(old)).toMatchObject({ holder: null, moved_to: null });
  expect(labelsIn(old)).toEqual(['of-b']);
  expect(existsSync(snapshotIn(fresh))).toBe(false);
});

test('a close that has no time for it leaves it where it is; the next opening moves it, however long it takes', async () => {
  const window = await open(a);
  await window.label('of-a');
  await chooseFresh(window);
  const real = a.work.makeSnapshot;
  a.work = { makeSnapshot: () => new Promise(() => undefined) };
  const closing = close(window);
  await a.pass(10_000);
  await closing;
  expect(recordIn(old).moved_to).toBeNull();
  // Others wait, as long as this computer is not gone.
  const other = await open(b);
  expect(other.open.readOnly).toContain('Someone else has this instance open');
  await close(other);
  let goOn = (): void => undefined;
  const long = new Promise<void>((resolve) => (goOn = resolve));
  a.work = { makeSnapshot: (request) => long.then(() => real(request)) };
  const again = await open(a);
  expect(again.joined.place?.root).toBe(old);
  expect(again.keeper.info(fresh)?.moves).toBe(true);
  await a.pass(30 * MINUTE);
  goOn();
  await expect.poll(() => recordIn(old).moved_to?.root).toBe(fresh);
  await expect.poll(() => again.turns).toBeGreaterThan(0);
  expect(labelsIn(fresh)).toEqual(['of-a']);
  await close(again);
  expect((await open(b)).joined.place?.root).toBe(fresh);
});

test('killed before the card was written, and after: nothing is lost, and it is moved in the end', async () => {
  const window = await open(a);
  await window.label('of-a');
  await chooseFresh(window);
  await close(window, 'killed');
  const again = await open(a);
  await a.pass(MINUTE);
  await expect.poll(() => recordIn(old).moved_to?.root).toBe(fresh);
  await close(again);
  expect(labelsIn(fresh)).toEqual(['of-a']);
});

test('who joined before the move neither writes nor takes the word away that tells where it went', async () => {
  const command = await open(b, { stays: false });
  const window = await open(a);
  await chooseFresh(window);
  await close(window);
  await expect(command.label('too-late')).rejects.toMatchObject({ code: 'registry_read_only' });
  await close(command);
  expect(recordIn(old).moved_to?.root).toBe(fresh);
  expect(existsSync(snapshotIn(old))).toBe(false);
  const again = await open(b, { stays: false });
  await again.label('of-b');
  await close(again);
  expect(labelsIn(fresh)).toEqual(['of-b']);
});

test('there and back again', async () => {
  const window = await open(a);
  await chooseFresh(window);
  await close(window);
  const other = await open(b);
  await useStorage(other.open, { storage: old });
  await other.label('of-b');
  await close(other);
  expect(recordIn(old).moved_to).toBeNull();
  expect(recordIn(fresh).moved_to?.root).toBe(old);
  const again = await open(a);
  expect(again.joined.place?.root).toBe(old);
  expect(await again.labels()).toEqual(['of-b']);
});

test('an old place that is gone is left only because a person says so, and is told when it is back', async () => {
  const window = await open(a);
  await window.label('of-a');
  await chooseFresh(window);
  renameSync(old, `${old}.off`);
  await close(window);
  expect(existsSync(snapshotIn(fresh))).toBe(false);
  const again = await open(a);
  await a.pass(20 * MINUTE);
  expect(existsSync(snapshotIn(fresh))).toBe(false);
  await again.keeper.publish({ beside: false });
  expect(labelsIn(fresh)).toEqual(['of-a']);
  await close(again);
  const third = await open(a);
  expect(third.joined.place?.root).toBe(fresh);
  renameSync(`${old}.off`, old);
  await a.pass(5 * MINUTE);
  await expect.poll(() => recordIn(old).moved_to?.root).toBe(fresh);
  expect(existsSync(snapshotIn(old))).toBe(false);
  expect(labelsIn(fresh)).toEqual(['of-a']);
});

test('a default storage whose folder has another name now is the same place', async () => {
  renameSync(old, `${old}.renamed`);
  const window = await open(a);
  await addStorage(window.open, { root: `${old}.renamed`, managed: true, watch: false });
  await window.label('of-a');
  await close(window);
  const again = await open(a);
  expect(again.joined.place?.root).toBe(`${old}.renamed`);
  await a.pass(MINUTE);
  await expect.poll(() => labelsIn(`${old}.renamed`)).toEqual(['of-a']);
  expect(recordIn(`${old}.renamed`).moved_to).toBeNull();
});
