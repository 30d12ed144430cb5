/** The turn to write and the published registry while windows and commands of two computers come, stay, sleep and go. */
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { GONE_AFTER, RENEW_EVERY } from '../../src-main/instance/publishing/lease.ts';
import { AT_LATEST, QUIET } from '../../src-main/instance/publishing/publish-changes.ts';
import { readMemory } from '../../src-main/instance/publishing/published-memory.ts';
import { registryWork, restoreBackup } from '../../src-main/instance/index.ts';
import { instanceFolder } from '../../src-main/instance/instance-card.ts';
import type { PlaceState } from '../../src-main/storage/published/place-state.ts';
import { BenchkeepError } from '../../shared/errors.ts';
import { openings, openTwo, type Computer, type Opening } from './open-computer.ts';
import { labelsIn, recordIn, snapshotIn } from './read-place.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

let base: string;
let lab: string;
let a: Computer;
let b: Computer;
const { open, close, forgetAll, killAll } = openings();

beforeEach(async () => {
  base = realpathSync(mkdtempSync(join(tmpdir(), 'benchkeep-keeper-')));
  lab = join(base, 'lab');
  [a, b] = await openTwo(base, lab);
});
afterEach(async () => {
  await killAll();
  rmSync(base, { recursive: true, force: true });
});

const record = (): PlaceState => recordIn(lab);
const snapshot = (): string => snapshotIn(lab);
const published = (): string[] => labelsIn(lab);

const memoryOf = (computer: Computer, opening: Opening) =>
  readMemory(computer.workbench.fs, instanceFolder(computer.workbench.home, opening.joined.card.uid));

describe('the turn', () => {
  test('is renewed while a window stays open, and another computer reads meanwhile', async () => {
    const window = await open(a);
    const { turn, holder } = record();
    await a.pass(2 * RENEW_EVERY + MINUTE);
    expect(record().turn).toBeGreaterThanOrEqual(turn + 2);
    expect(record().holder?.session).toBe(holder?.session);
    const other = await open(b);
    expect(other.open.readOnly).toContain('Someone else has this instance open for writing');
    await expect(other.label('not-now')).rejects.toThrow('Someone else has this instance open');
    expect(window.turns).toBe(0);
  });

  test('is renewed while an upload takes longer than a turn lasts', async () => {
    const window = await open(a);
    const real = a.work.makeSnapshot;
    let goOn = (): void => undefined;
    const long = new Promise<void>((resolve) => (goOn = resolve));
    a.work = { makeSnapshot: (request) => long.then(() => real(request)) };
    await window.label('slow');
    await a.pass(QUIET + MINUTE);
    const { turn } = record();
    await a.pass(2 * GONE_AFTER);
    expect(record().turn).toBeGreaterThan(turn + 5);
    goOn();
    await expect.poll(() => published()).toContain('slow');
  });

  test('of a computer that is gone is taken over after ten minutes, with a word about it', async () => {
    const window = await open(a);
    await window.label('of-a');
    const other = await open(b);
    expect(other.open.readOnly).not.toBeNull();
    await b.pass(GONE_AFTER - MINUTE);
    expect(other.turns).toBe(0);
    await b.pass(2 * MINUTE);
    expect(other.turns).toBeGreaterThan(0);
    await close(other);
    const again = await open(b);
    expect(again.open.readOnly).toBeNull();
    expect(again.open.warnings.join(' ')).toContain('has not been heard of');
    await again.label('of-b');
  });

  test('a window that slept writes nothing over what others did and gave back meanwhile', async () => {
    const window = await open(a);
    await window.label('before');
    expect((await window.keeper.publish({ beside: false })).kind).toBe('published');
    a.sleep(HOUR);
    const other = await open(b);
    await b.pass(GONE_AFTER + MINUTE);
    await close(other);
    const later = await open(b);
    await later.label('of-b');
    await close(later);
    expect(record().holder).toBeNull();
    expect(published()).toContain('of-b');
    await expect(window.label('too-late')).rejects.toMatchObject({ code: 'registry_read_only', retry: true });
    // Also the second time, before it is opened anew.
    await expect(window.label('too-late')).rejects.toMatchObject({ code: 'registry_read_only' });
    expect(window.turns).toBeGreaterThan(0);
    await close(window);
    const again = await open(a);
    expect(again.joined.diverged).toBe(false);
    await again.label('in-time');
    expect(await again.labels()).toEqual(['before', 'in-time', 'of-b']);
  });

  test('a command that looked before another computer wrote does not write on what is old', async () => {
    const command = await open(a, { stays: false });
    const other = await open(b, { stays: false });
    await other.label('of-b');
    await close(other);
    await expect(command.label('too-late')).rejects.toMatchObject({ code: 'registry_read_only' });
    await close(command);
    const again = await open(a, { stays: false });
    await again.label('in-time');
    await close(again);
    expect(published()).toEqual(['in-time', 'of-b']);
    expect(record().holder).toBeNull();
  });

  test('one of a killed computer is judged by the very snapshot, not by an older note', async () => {
    const window = await open(a);
    await window.label('of-a');
    await window.keeper.publish({ beside: false });
    a.sleep(HOUR);
    const other = await open(b);
    await b.pass(GONE_AFTER + MINUTE);
    await close(other);
    const later = await open(b);
    await later.label('of-b');
    const before = record().published;
    await close(later);
    // As if b had been killed between the snapshot and its note.
    const folder = join(lab, '.lamindb/_exclusion');
    const last = readdirSync(folder).sort().at(-1) ?? '';
    writeFileSync(join(folder, last), JSON.stringify({ ...record(), published: before }));
    await expect(window.label('too-late')).rejects.toMatchObject({ code: 'registry_read_only' });
  });
});

describe('publishing', () => {
  test('waits for quiet, and for a quarter of an hour at the latest', async () => {
    const window = await open(a);
    await window.label('one');
    await a.pass(QUIET - 30_000);
    expect(published()).toEqual([]);
    await a.pass(MINUTE);
    await expect.poll(() => published()).toEqual(['one']);
    for (let n = 0; n < AT_LATEST / MINUTE - 1; n++) {
      await window.label(`busy-${String(n)}`);
      await a.pass(MINUTE);
    }
    expect(published()).toEqual(['one']);
    await window.label('last');
    await a.pass(2 * MINUTE);
    await expect.poll(() => published()).toContain('busy-0');
  });

  test('what fails is tried again more and more seldom, and told until it works', async () => {
    const window = await open(a);
    const real = a.work.makeSnapshot;
    let tries = 0;
    a.work = {
      makeSnapshot: () => {
        tries++;
        return Promise.reject(new BenchkeepError('disk_full', 'The disk is full', 'Free some space.'));
      },
    };
    await window.label('one');
    await a.pass(30 * MINUTE);
    expect(tries).toBeGreaterThan(2);
    expect(tries).toBeLessThan(7);
    expect(window.keeper.info(lab)?.problem).toContain('The disk is full');
    expect(window.open.warnings.join(' ')).toContain('could not be published since');
    a.work = { makeSnapshot: real };
    await a.pass(31 * MINUTE);
    await expect.poll(() => published()).toEqual(['one']);
    await expect.poll(() => window.keeper.info(lab)?.problem).toBeNull();
    expect(window.open.warnings.join(' ')).not.toContain('could not be published');
  });

  test('a command that takes too long keeps the turn, and the next one looks at the record all the same', async () => {
    const real = a.work.makeSnapshot;
    const never: Computer['work'] = { makeSnapshot: () => new Promise(() => undefined) };
    const command = await open(a, { stays: false });
    await command.label('one');
    a.work = never;
    const closing = close(command);
    await a.pass(2 * MINUTE);
    await closing;
    expect((await memoryOf(a, command)).failed).toBeNull();
    expect(record().holder?.host).toBeDefined();
    const other = await open(b, { stays: false });
    await expect(other.label('not-now')).rejects.toMatchObject({ code: 'registry_read_only' });
    await close(other);
    a.work = { makeSnapshot: real };
    // One that only reads publishes what is left, and gives the turn back.
    const reading = await open(a, { stays: false });
    expect(reading.joined.asked).toBe(true);
    await close(reading);
    expect(published()).toEqual(['one']);
    expect(record().holder).toBeNull();
  });

  test('an attempt that was given up takes nothing from the one after it', async () => {
    const window = await open(a);
    const real = a.work.makeSnapshot;
    let goOn = (): void => undefined;
    const held = new Promise<void>((resolve) => (goOn = resolve));
    const seen: string[] = [];
    a.work = {
      async makeSnapshot(request) {
        const made = await real(request);
        seen.push(made.path);
        if (seen.length === 1) await held;
        else goOn();
        return made;
      },
    };
    await window.label('one');
    await a.pass(QUIET + MINUTE);
    await expect.poll(() => seen.length).toBe(1);
    // It quits; nobody waits for the first one.
    void window.keeper.stop();
    await window.open.close();
    await window.keeper.leave();
    forgetAll();
    expect(new Set(seen).size).toBe(2);
    expect(published()).toEqual(['one']);
  });

  test('a backup that was restored goes over the published one only where a person says so', async () => {
    const window = await open(a);
    const { folder, instanceUid: uid } = window.open;
    const backup = await registryWork(a.workbench.fs).makeBackup({ folder, uid, kind: 'manual', now: Date.now() });
    await window.label('one');
    await window.keeper.publish({ beside: false });
    await close(window);
    await restoreBackup(a.workbench, { name: 'lab', id: backup.id });
    const restored = await open(a);
    await restored.label('two');
    await a.pass(2 * AT_LATEST);
    await close(restored);
    expect(published()).toEqual(['one']);
    expect(record().holder).toBeNull();
    const again = await open(a);
    await again.keeper.publish({ beside: false });
    expect(published()).toEqual(['two']);
  });

  test('nothing is published at the close where a person wants the published one', async () => {
    const window = await open(a);
    await window.label('one');
    window.keeper.leaveUnpublished();
    await close(window);
    expect(published()).toEqual([]);
  });
});

describe('open for reading only', () => {
  test('because newer changes could not be fetched: the turn is given back, and it is tried again now and then', async () => {
    const other = await open(b);
    await other.label('of-b');
    await close(other);
    const good = readFileSync(snapshot());
    writeFileSync(snapshot(), 'not a registry');
    const window = await open(a);
    expect(window.open.readOnly).toContain('could not be fetched');
    expect(record().holder).toBeNull();
    await a.pass(50_000);
    expect(window.turns).toBe(0);
    let openings = 0;
    let now = window;
    for (let minute = 0; minute < 60; minute++) {
      await a.pass(MINUTE);
      if (now.turns === 0) continue;
      await close(now);
      now = await open(a);
      openings++;
    }
    expect(openings).toBeGreaterThan(2);
    expect(openings).toBeLessThan(8);
    // At once where something else is there.
    writeFileSync(snapshot(), good);
    utimesSync(snapshot(), 1_900_000_000, 1_900_000_000);
    await a.pass(MINUTE);
    expect(now.turns).toBeGreaterThan(0);
    await close(now);
    const again = await open(a);
    expect(again.open.readOnly).toBeNull();
    expect(await again.labels()).toEqual(['of-b']);
  });

  test('copies that differ do not open the window again and again while another computer has the turn', async () => {
    const other = await open(b);
    // Both write while neither can ask.
    renameSync(lab, `${lab}.off`);
    const window = await open(a);
    await window.label('of-a');
    await close(window);
    renameSync(`${lab}.off`, lab);
    await other.label('of-b');
    await other.keeper.publish({ beside: false });
    const again = await open(a);
    expect(again.joined.diverged).toBe(true);
    expect(again.open.readOnly).not.toBeNull();
    for (let n = 0; n < 8; n++) {
      await a.pass(MINUTE);
      await b.pass(MINUTE);
    }
    expect(again.turns).toBe(0);
    expect(published()).toEqual(['of-b']);
  });

  test('who may only read there follows, and is told why nothing can be written', async () => {
    const other = await open(b);
    await other.label('of-b');
    await close(other);
    a.onlyReads = lab;
    const window = await open(a);
    expect(window.open.readOnly).toContain('You may read what is published');
    expect(await window.labels()).toEqual(['of-b']);
    await a.pass(10 * MINUTE);
    expect(window.turns).toBe(0);
    await close(window);
    const command = await open(a, { stays: false });
    await expect(command.label('no')).rejects.toMatchObject({ code: 'registry_read_only' });
  });

  test('news of the one who writes are fetched once, by opening anew', async () => {
    const other = await open(b);
    const window = await open(a);
    await other.label('of-b');
    await other.keeper.publish({ beside: false });
    await a.pass(MINUTE);
    expect(window.turns).toBeGreaterThan(0);
    await close(window);
    const again = await open(a);
    expect(await again.labels()).toEqual(['of-b']);
    await a.pass(5 * MINUTE);
    expect(again.turns).toBe(0);
  });
});

test('where the place does not answer work goes on, and it is published as soon as it does', async () => {
  renameSync(lab, `${lab}.off`);
  const window = await open(a);
  expect(window.open.readOnly).toBeNull();
  await window.label('offline');
  await a.pass(HOUR);
  expect(window.keeper.info(lab)?.problem).toContain('not connected');
  renameSync(`${lab}.off`, lab);
  await a.pass(MINUTE);
  await expect.poll(() => published()).toEqual(['offline']);
  await expect.poll(() => window.keeper.info(lab)?.problem).toBeNull();
  expect(existsSync(snapshot())).toBe(true);
});
