import { existsSync, linkSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { editArtifact, revertArtifact } from '../../src-main/artifacts/index.ts';
import { finishMoves, moveArtifact } from '../../src-main/watching/index.ts';
import { rawToDisplay } from '../../src-main/ports/fs/raw-path.ts';
import { listSettings } from '../../src-main/workstation/settings.ts';
import { openArtifacts, type TestArtifacts } from './open-artifacts.ts';

let test: TestArtifacts;
beforeEach(async () => {
  test = await openArtifacts();
});
afterEach(() => test.close());

describe('editing', () => {
  it('changes name, version tag and whether it is shown; its file stays', async () => {
    const { uid } = await test.saveOne(test.put('outside/a.csv', 'a'), { key: 'a.csv' });
    const edit = { artifact: uid, key: 'exp 1/plate.csv', version: ' v2 ', visibility: 0 as const };
    expect((await editArtifact(test.context, edit)).items).toMatchObject([
      { uid, key: 'exp 1/plate.csv', version: 'v2', visibility: 0 },
    ]);
    expect(existsSync(join(test.lab, '.lamindb', `${uid}.csv`))).toBe(true);
    await editArtifact(test.context, { artifact: uid, version: '', visibility: 1 });
    expect(await test.row(uid)).toMatchObject({ version: null, visibility: 1, key: 'exp 1/plate.csv' });
    const before = await test.changes();
    await editArtifact(test.context, { artifact: uid, key: 'exp 1/plate.csv' });
    expect(await test.changes()).toBe(before);
  });

  it.each(['../a.csv', '/etc/a.csv', 'a.txt', '.lamindb/a.csv', ''])('refuses the name "%s"', async (key) => {
    const { uid } = await test.saveOne(test.put('outside/a.csv', 'a'), { key: 'a.csv' });
    await expect(editArtifact(test.context, { artifact: uid, key })).rejects.toMatchObject({ code: 'invalid_key' });
  });
});

describe('an old version', () => {
  it('becomes the newest again, as a version of its own', async () => {
    const first = await test.saveOne(test.put('outside/a.csv', 'one'), { key: 'a.csv', description: 'of Monday' });
    const second = await test.saveOne(test.put('outside/a.csv', 'two'), { key: 'a.csv' });
    const [third] = (await revertArtifact(test.context, { artifact: first.uid })).items;
    expect(third).toMatchObject({ key: 'a.csv', sha256: first.sha256, is_latest: true, description: 'of Monday' });
    expect(third?.uid.slice(0, 16)).toBe(first.uid.slice(0, 16));
    expect(readFileSync(third?.copies[0]?.path ?? '', 'utf8')).toBe('one');
    expect(await test.row(second.uid)).toMatchObject({ is_latest: 0, state: 'ok' });
    await expect(revertArtifact(test.context, { artifact: third?.uid ?? '' })).rejects.toMatchObject({
      code: 'refused',
    });
  });

  it('is not taken from bytes that are other ones by now', async () => {
    const first = await test.saveOne(test.put('outside/a.csv', 'one'), { key: 'a.csv' });
    await test.saveOne(test.put('outside/a.csv', 'two'), { key: 'a.csv' });
    writeFileSync(join(test.lab, '.lamindb', `${first.uid}.csv`), 'bad');
    await expect(revertArtifact(test.context, { artifact: first.uid })).rejects.toMatchObject({ code: 'file_changed' });
    expect(await test.rows()).toHaveLength(2);
  });

  it('of a folder, and one whose bytes are gone', async () => {
    test.put('outside/run/a.csv', 'one');
    const first = await test.saveOne(join(test.base, 'outside/run'), { key: 'run' });
    test.put('outside/run/a.csv', 'two');
    await test.saveOne(join(test.base, 'outside/run'), { key: 'run' });
    const [third] = (await revertArtifact(test.context, { artifact: first.uid })).items;
    expect(readFileSync(join(third?.copies[0]?.path ?? '', 'a.csv'), 'utf8')).toBe('one');
    const before = await test.saveOne(test.put('lab/x.csv', 'one'));
    await test.saveOne(test.put('lab/x.csv', 'two'));
    await expect(revertArtifact(test.context, { artifact: before.uid })).rejects.toMatchObject({
      code: 'file_not_found',
    });
  });
});

describe('renaming a file in place', () => {
  it('moves it with its record, and the inventory follows', async () => {
    const { uid } = await test.saveOne(test.put('lab/day 1/a.csv', 'a'));
    const { items } = await moveArtifact(test.context, { artifact: uid, key: 'day 2/b.csv' });
    expect(items).toMatchObject([{ uid, key: 'day 2/b.csv', copies: [{ path: join(test.lab, 'day 2/b.csv') }] }]);
    expect(existsSync(join(test.lab, 'day 1/a.csv'))).toBe(false);
    expect(readFileSync(join(test.lab, 'day 2/b.csv'), 'utf8')).toBe('a');
    expect((await test.verify({ all: true })).failed).toEqual([]);
    expect((await test.register(['day 2/b.csv'])).map(({ kind }) => kind)).toEqual(['known']);
  });

  it('a folder too', async () => {
    test.put('lab/run/a.csv', 'a');
    const { uid } = await test.saveOne(join(test.lab, 'run'));
    await moveArtifact(test.context, { artifact: uid, key: 'runs/run 1' });
    expect(readFileSync(join(test.lab, 'runs/run 1/a.csv'), 'utf8')).toBe('a');
    expect((await test.verify({ all: true })).failed).toEqual([]);
  });

  it('never over anything, never in linked storages, never what has other content', async () => {
    const { uid } = await test.saveOne(test.put('lab/a.csv', 'a'));
    test.put('lab/b.csv', 'of somebody');
    const to = (key: string, artifact = uid) => moveArtifact(test.context, { artifact, key });
    await expect(to('b.csv')).rejects.toMatchObject({ code: 'already_exists' });
    writeFileSync(join(test.lab, 'a.csv'), 'other');
    await expect(to('c.csv')).rejects.toMatchObject({ code: 'file_changed' });
    expect([readFileSync(join(test.lab, 'a.csv'), 'utf8'), readFileSync(join(test.lab, 'b.csv'), 'utf8')]).toEqual([
      'other',
      'of somebody',
    ]);
    mkdirSync(join(test.base, 'linked'));
    await test.add(join(test.base, 'linked'));
    const linked = await test.saveOne(test.put('linked/x.csv', 'x'));
    await expect(to('y.csv', linked.uid)).rejects.toMatchObject({ code: 'storage_linked' });
    const own = await test.saveOne(test.put('outside/z.csv', 'z'), { key: 'z.csv' });
    await expect(to('w.csv', own.uid)).rejects.toMatchObject({ code: 'refused' });
    expect((await test.row(uid)).key).toBe('a.csv');
  });

  it('never over another name of the same file, which would be lost', async () => {
    const { uid } = await test.saveOne(test.put('lab/a.csv', 'a'));
    linkSync(join(test.lab, 'a.csv'), join(test.lab, 'b.csv'));
    await expect(moveArtifact(test.context, { artifact: uid, key: 'b.csv' })).rejects.toMatchObject({
      code: 'already_exists',
    });
    expect(['a.csv', 'b.csv'].map((name) => existsSync(join(test.lab, name)))).toEqual([true, true]);
    expect((await test.row(uid)).key).toBe('a.csv');
  });

  it('killed between both names, the old one goes and the record follows at the next start', async () => {
    const { uid } = await test.saveOne(test.put('lab/a.csv', 'a'));
    const fs: typeof test.context.fs = {
      ...test.context.fs,
      moveProven: (from, to) => {
        linkSync(rawToDisplay(from), rawToDisplay(to));
        return Promise.reject(new Error('killed'));
      },
    };
    const look = (): Promise<never> => Promise.reject(new Error('dead'));
    const dying = { ...test.context, fs: { ...fs, look: test.context.fs.look }, author: look };
    await expect(moveArtifact(dying, { artifact: uid, key: 'b.csv' })).rejects.toThrow();
    await finishMoves(test.context);
    expect(['a.csv', 'b.csv'].map((name) => existsSync(join(test.lab, name)))).toEqual([false, true]);
    expect((await test.row(uid)).key).toBe('b.csv');
    expect(await listSettings(test.context.workstation.db, 'move ')).toEqual([]);
  });

  it('killed between file and record, the record follows at the next start', async () => {
    const { uid } = await test.saveOne(test.put('lab/a.csv', 'a'));
    const author = (): Promise<never> => Promise.reject(new Error('killed'));
    await expect(moveArtifact({ ...test.context, author }, { artifact: uid, key: 'b.csv' })).rejects.toThrow('killed');
    expect([existsSync(join(test.lab, 'b.csv')), (await test.row(uid)).key]).toEqual([true, 'a.csv']);
    await finishMoves(test.context);
    expect((await test.row(uid)).key).toBe('b.csv');
  });
});
