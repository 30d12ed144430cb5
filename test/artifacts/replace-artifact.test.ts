import { existsSync, linkSync, readdirSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  deleteArtifacts,
  finishReplacements,
  replaceArtifact,
  restoreArtifacts,
  sweepOrphans,
  trashArtifacts,
} from '../../src-main/artifacts/index.ts';
import type { ArtifactRecord } from '../../shared/contract/index.ts';
import type { OpenInstance } from '../../src-main/instance/index.ts';
import { ended, openArtifacts, type TestArtifacts } from './open-artifacts.ts';

let test: TestArtifacts;
beforeEach(async () => {
  test = await openArtifacts();
});
afterEach(() => test.close());

const kept = (): string[] =>
  readdirSync(join(test.lab, '.lamindb'))
    .filter((name) => name !== 'storage_uid.txt')
    .sort();
const content = (name: string): string => readFileSync(join(test.lab, '.lamindb', name), 'utf8');
const old = async (uid: string) =>
  (await test.rows()).find((row) => row.uid !== uid && row.stem_uid === uid.slice(0, 16));
async function replace(artifact: string, path: string, context: OpenInstance = test.context): Promise<ArtifactRecord> {
  const [item] = (await ended(replaceArtifact(context, { artifact, path }))).items;
  if (item === undefined) throw new Error('no item');
  return item;
}

describe('replacing', () => {
  it('keeps uid, name and description; what it was is in the trash, and comes back as the newest', async () => {
    const { uid } = await test.saveOne(test.put('outside/a.csv', 'one'), { key: 'exp/a.csv', description: 'plate' });
    const replaced = await replace('exp/a.csv', test.put('outside/b.csv', 'second'));
    expect(replaced).toMatchObject({ uid, key: 'exp/a.csv', description: 'plate', size: 6, is_latest: true });
    expect([content(`${uid}.csv`), (await test.rows()).length]).toEqual(['second', 2]);
    const before = await old(uid);
    expect(before).toMatchObject({ visibility: -1, is_latest: 0, size: 3, key: 'exp/a.csv', state: 'ok' });
    expect(content(`${before?.uid ?? ''}.csv`)).toBe('one');
    expect((await test.verify({ all: true })).failed).toEqual([]);
    const [restored] = (await restoreArtifacts(test.context, { artifacts: [before?.uid ?? ''] })).items;
    expect(restored).toMatchObject({ is_latest: true, visibility: 1 });
    expect(await test.row(uid)).toMatchObject({ is_latest: 0, visibility: 1, size: 6 });
  });

  it('by two contents at once: one is done, the other is refused, and the record has the bytes it says', async () => {
    const { uid } = await test.saveOne(test.put('outside/a.csv', 'one'), { key: 'a.csv' });
    const paths = ['second', 'the third'].map((text) => test.put(`outside/${text}.csv`, text));
    const outcomes = await Promise.allSettled(paths.map((path) => replace(uid, path)));
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(outcomes.find(({ status }) => status === 'rejected')).toMatchObject({ reason: { code: 'locked' } });
    expect(content(`${uid}.csv`).length).toBe((await test.row(uid)).size);
    expect((await test.verify({ all: true })).failed).toEqual([]);
    expect(kept()).toHaveLength(2);
  });

  it('what it was can be deleted for good by itself', async () => {
    const { uid } = await test.saveOne(test.put('outside/a.csv', 'one'), { key: 'a.csv' });
    await replace(uid, test.put('outside/a.csv', 'second'));
    const { uid: before } = (await old(uid)) ?? { uid: '' };
    await deleteArtifacts(test.context, { artifacts: [before], storage: null });
    expect(kept()).toEqual([`${uid}.csv`]);
    expect(content(`${uid}.csv`)).toBe('second');
  });

  it('by a file of another type changes the ending; again by the same changes nothing', async () => {
    const { uid } = await test.saveOne(test.put('outside/a.csv', 'one'), { key: 'exp/a.csv' });
    const tsv = test.put('outside/a.tsv', 'second');
    expect(await replace(uid, tsv)).toMatchObject({ uid, key: 'exp/a.tsv', suffix: '.tsv' });
    const { uid: before } = (await old(uid)) ?? { uid: '' };
    expect(kept()).toEqual([`${uid}.tsv`, `${before}.csv`].sort());
    const changes = await test.changes();
    await replace(uid, tsv);
    expect(await test.changes()).toBe(changes);
  });

  it('a folder by a folder, with what lay in each', async () => {
    test.put('outside/run/a.csv', 'one');
    const { uid } = await test.saveOne(join(test.base, 'outside/run'), { key: 'run' });
    test.put('outside/next/b.csv', 'two');
    test.put('outside/next/c.csv', 'three');
    expect(await replace(uid, join(test.base, 'outside/next'))).toMatchObject({ uid, n_files: 2 });
    const { uid: before } = (await old(uid)) ?? { uid: '' };
    expect([content(`${uid}/b.csv`), content(`${before}/a.csv`)]).toEqual(['two', 'one']);
    expect((await test.verify({ all: true })).failed).toEqual([]);
    const manifests = readdirSync(join(test.base, 'home/instances', test.context.instanceUid, 'manifests')).sort();
    expect(manifests).toEqual([`${uid}.tsv.gz`, `${before}.tsv.gz`].sort());
    await expect(replace(uid, test.put('outside/x.csv'))).rejects.toMatchObject({ code: 'invalid_argument' });
  });

  it('refuses files in place, and what is in the trash', async () => {
    const { uid } = await test.saveOne(test.put('lab/a.csv', 'mine'));
    await expect(replace(uid, test.put('outside/b.csv'))).rejects.toMatchObject({ code: 'refused' });
    expect(readFileSync(join(test.lab, 'a.csv'), 'utf8')).toBe('mine');
    const copied = await test.saveOne(test.put('outside/c.csv', 'c'), { key: 'c.csv' });
    await trashArtifacts(test.context, { artifacts: [copied.uid] });
    await expect(replace(copied.uid, test.put('outside/d.csv'))).rejects.toMatchObject({ code: 'refused' });
  });
});

describe('replacing, stopped on the way', () => {
  it('before the record: nothing was replaced, nothing is left', async () => {
    const { uid } = await test.saveOne(test.put('outside/a.csv', 'one'), { key: 'a.csv' });
    const real = test.context.fs;
    const copyFsyncMoveIn: typeof real.copyFsyncMoveIn = async (request) => {
      await real.copyFsyncMoveIn(request);
      throw new Error('killed');
    };
    // The process is gone: nothing clears up behind it.
    const fs = { ...real, copyFsyncMoveIn, removeOwnFile: () => Promise.reject(new Error('killed')) };
    const doing = replace(uid, test.put('outside/b.csv', 'two'), { ...test.context, fs });
    await expect(doing).rejects.toThrow('killed');
    expect(kept().length).toBe(2);
    await finishReplacements(test.context);
    expect([kept(), content(`${uid}.csv`), (await test.rows()).length]).toEqual([[`${uid}.csv`], 'one', 1]);
  });

  it('after the record: the next start gives both their names', async () => {
    const { uid } = await test.saveOne(test.put('outside/a.csv', 'one'), { key: 'a.csv' });
    const fs = { ...test.context.fs, moveProven: () => Promise.reject(new Error('killed')) };
    const doing = replace(uid, test.put('outside/b.csv', 'second'), { ...test.context, fs });
    await expect(doing).rejects.toThrow('killed');
    expect(content(`${uid}.csv`)).toBe('one');
    await finishReplacements(test.context);
    await sweepOrphans(test.context);
    const { uid: before } = (await old(uid)) ?? { uid: '' };
    expect([content(`${uid}.csv`), content(`${before}.csv`), kept().length]).toEqual(['second', 'one', 2]);
    expect((await test.verify({ all: true })).failed).toEqual([]);
    expect(existsSync(join(test.base, 'outside/b.csv'))).toBe(true);
  });

  it('with the new bytes under both their names: the one for the time being goes', async () => {
    const { uid } = await test.saveOne(test.put('outside/a.csv', 'one'), { key: 'a.csv' });
    const real = test.context.fs;
    const moveProven: typeof real.moveProven = async (from, to, facts) => {
      if (!from.includes('.tmp')) return real.moveProven(from, to, facts);
      linkSync(from, to);
      throw new Error('killed');
    };
    const doing = replace(uid, test.put('outside/b.csv', 'second'), { ...test.context, fs: { ...real, moveProven } });
    await expect(doing).rejects.toThrow('killed');
    expect(kept().length).toBe(3);
    await finishReplacements(test.context);
    const { uid: before } = (await old(uid)) ?? { uid: '' };
    expect([content(`${uid}.csv`), content(`${before}.csv`), kept().length]).toEqual(['second', 'one', 2]);
    expect((await test.verify({ all: true })).failed).toEqual([]);
  });

  it('after the record, with the drive away at the start: the new bytes wait for it and are not swept', async () => {
    const { uid } = await test.saveOne(test.put('outside/a.csv', 'one'), { key: 'a.csv' });
    const fs = { ...test.context.fs, moveProven: () => Promise.reject(new Error('killed')) };
    const doing = replace(uid, test.put('outside/b.csv', 'second'), { ...test.context, fs });
    await expect(doing).rejects.toThrow('killed');
    renameSync(test.lab, `${test.lab}.away`);
    await finishReplacements(test.context);
    renameSync(`${test.lab}.away`, test.lab);
    // It answers again between the two steps of a start.
    await sweepOrphans(test.context);
    await finishReplacements(test.context);
    expect(content(`${uid}.csv`)).toBe('second');
    expect((await test.verify({ all: true })).failed).toEqual([]);
  });
});
