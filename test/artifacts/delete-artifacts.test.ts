import { existsSync, linkSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  deleteArtifacts,
  finishRemovals,
  listArtifacts,
  planDeletion,
  readContext,
  restoreArtifacts,
  trashArtifacts,
} from '../../src-main/artifacts/index.ts';
import type { ArtifactRecord } from '../../shared/contract/index.ts';
import { writeRegistry } from '../../src-main/registry/change-log.ts';
import { openArtifacts, type TestArtifacts } from './open-artifacts.ts';

let test: TestArtifacts;
beforeEach(async () => {
  test = await openArtifacts();
});
afterEach(() => test.close());

const kept = (): string[] => readdirSync(join(test.lab, '.lamindb')).filter((name) => name !== 'storage_uid.txt');
const list = async (trash = false): Promise<(string | null)[]> => {
  const input = {
    filters: [],
    sort: { field: 'created_at' as const, descending: true },
    limit: 100,
    trash,
    all_versions: false,
  };
  return (await listArtifacts(readContext(test.context), input)).items.map(({ uid }) => uid);
};
const copied = (name: string, content = name): Promise<ArtifactRecord> =>
  test.saveOne(test.put(`outside/${name}`, content), { key: name });
const inPlace = (name: string): Promise<ArtifactRecord> => test.saveOne(test.put(`lab/${name}`, `content of ${name}`));
const forGood = (uid: string, storage: boolean | null = null) =>
  deleteArtifacts(test.context, { artifacts: [uid], storage });

describe('the trash', () => {
  it('hides the record, keeps the file, and gives it back as it was', async () => {
    const { uid } = await copied('a.csv');
    expect((await trashArtifacts(test.context, { artifacts: ['a.csv'] })).items).toMatchObject([
      { uid, visibility: -1 },
    ]);
    expect([await list(), await list(true), kept()]).toEqual([[], [uid], [`${uid}.csv`]]);
    expect((await restoreArtifacts(test.context, { artifacts: [uid] })).items).toMatchObject([{ uid, visibility: 1 }]);
    expect([await list(), await list(true)]).toEqual([[uid], []]);
  });

  it('F-TR01 gives back beside what took the name meanwhile', async () => {
    const first = await copied('a.csv', 'one');
    await trashArtifacts(test.context, { artifacts: [first.uid] });
    const second = await copied('a.csv', 'two');
    await restoreArtifacts(test.context, { artifacts: [first.uid] });
    const shown = await list();
    expect(shown).toContain(second.uid);
    expect(readFileSync(join(test.lab, '.lamindb', `${first.uid}.csv`), 'utf8')).toBe('one');
  });

  it('of the newest version shows the one before, until it is back', async () => {
    const first = await copied('a.csv', 'one');
    const second = await copied('a.csv', 'two');
    await trashArtifacts(test.context, { artifacts: [second.uid] });
    expect(await list()).toEqual([first.uid]);
    await restoreArtifacts(test.context, { artifacts: [second.uid] });
    expect(await list()).toEqual([second.uid]);
  });
});

describe('for good', () => {
  it('the record goes with the copy that Benchkeep made, and the version before is the latest', async () => {
    const first = await copied('a.csv', 'one');
    const second = await copied('a.csv', 'two');
    const { items, removed, remains } = await forGood(second.uid);
    expect(items).toEqual([{ uid: second.uid, key: 'a.csv' }]);
    expect([removed, remains]).toEqual([[join(test.lab, '.lamindb', `${second.uid}.csv`)], []]);
    expect([await list(), kept()]).toEqual([[first.uid], [`${first.uid}.csv`]]);
    // Its number is not given again to other content.
    const third = await copied('a.csv', 'three');
    expect(third.uid).not.toBe(first.uid);
  });

  it('a file in place remains, is named, and does not come back by itself', async () => {
    const { uid } = await inPlace('run/a.csv');
    const path = join(test.lab, 'run/a.csv');
    const plan = await planDeletion(readContext(test.context), { artifacts: [uid] });
    expect(plan.items).toMatchObject([{ in_place: path, managed: null, linked: false, blocked: null }]);
    expect((await forGood(uid)).remains).toEqual([`a file remains here: ${path}`]);
    expect(existsSync(path)).toBe(true);
    const stones = await test.context.registry.db.selectFrom('tombstone').selectAll().execute();
    expect(stones).toMatchObject([{ artifact_uid: uid }]);
    // Saved explicitly it is registered again.
    expect((await test.saveOne(path)).uid).not.toBe(uid);
  });

  it('a file in place goes where that was asked for, and only the very file', async () => {
    const { uid } = await inPlace('a.csv');
    const path = join(test.lab, 'a.csv');
    writeFileSync(path, 'what somebody wrote since');
    await expect(forGood(uid, true)).rejects.toMatchObject({ code: 'file_changed' });
    expect([existsSync(path), (await list()).length]).toEqual([true, 1]);
    writeFileSync(path, 'content of a.csv');
    expect((await forGood(uid, true)).removed).toEqual([path]);
    expect([existsSync(path), await list()]).toEqual([false, []]);
  });

  it('a folder in place goes file by file; what was written into it since stays', async () => {
    test.put('lab/run/a.csv', 'a');
    test.put('lab/run/deep/b.csv', 'b');
    const folder = join(test.lab, 'run');
    const { uid } = await test.saveOne(folder);
    test.put('lab/run/new.csv', 'not registered');
    await expect(forGood(uid, true)).rejects.toMatchObject({ code: 'file_changed' });
    expect([await list(), readdirSync(folder).sort()]).toEqual([[uid], ['a.csv', 'deep', 'new.csv']]);
    rmSync(join(folder, 'new.csv'));
    // Written between the plan and the removal.
    const { author } = test.context;
    const late = (): ReturnType<typeof author> => {
      test.put('lab/run/deep/late.csv', 'late');
      return author();
    };
    const { removed, remains } = await deleteArtifacts(
      { ...test.context, author: late },
      { artifacts: [uid], storage: true },
    );
    expect([removed, remains]).toEqual([[], [`a folder remains here: ${folder}`]]);
    expect(readdirSync(folder, { recursive: true }).sort()).toEqual(['deep', 'deep/late.csv']);
  });

  it('two names of one file go together', async () => {
    test.put('lab/a.csv', 'a');
    linkSync(join(test.lab, 'a.csv'), join(test.lab, 'b.csv'));
    const one = await test.saveOne(join(test.lab, 'a.csv'));
    const two = await test.saveOne(join(test.lab, 'b.csv'));
    await deleteArtifacts(test.context, { artifacts: [one.uid, two.uid], storage: true });
    expect(['a.csv', 'b.csv'].map((name) => existsSync(join(test.lab, name)))).toEqual([false, false]);
  });

  it('F-TR04 a file that other records need is not removed; together with them it is', async () => {
    test.put('lab/run/a.csv', 'a');
    const inside = await test.saveOne(join(test.lab, 'run/a.csv'));
    const folder = await test.saveOne(join(test.lab, 'run'));
    for (const { uid } of [folder, inside]) {
      const refused = forGood(uid, true);
      await expect(refused).rejects.toMatchObject({ code: 'refused' });
      await expect(refused).rejects.toThrow('is needed by');
    }
    expect(existsSync(join(test.lab, 'run/a.csv'))).toBe(true);
    const both = { artifacts: [inside.uid, folder.uid], storage: true };
    expect((await deleteArtifacts(test.context, both)).items).toHaveLength(2);
    expect([existsSync(join(test.lab, 'run')), await list()]).toEqual([false, []]);
  });

  it('F-TR03 where the drive went in between, the file waits for it, and what was saved there since stays', async () => {
    const other = test.folder('drive');
    await test.add(other, true);
    const { uid } = await test.saveOne(test.put('drive/a.csv', 'a'));
    const { author } = test.context;
    const unplug = (): ReturnType<typeof author> => {
      renameSync(other, `${other}.away`);
      return author();
    };
    const unplugged = { ...test.context, author: unplug };
    const { removed, remains } = await deleteArtifacts(unplugged, { artifacts: [uid], storage: true });
    expect([removed, remains.length, await list()]).toEqual([[], 1, []]);
    expect(remains[0]).toContain(`a file remains here: ${join(other, 'a.csv')} (`);
    expect(await finishRemovals(test.context)).toMatchObject([{ kind: 'waits' }]);
    renameSync(`${other}.away`, other);
    const again = await test.saveOne(join(other, 'a.csv'));
    expect(await finishRemovals(test.context)).toMatchObject([{ kind: 'stays' }]);
    expect([existsSync(join(other, 'a.csv')), await list()]).toEqual([true, [again.uid]]);
  });

  it('no file goes where that was asked for', async () => {
    const { uid } = await copied('a.csv');
    expect((await forGood(uid, false)).remains).toEqual([
      `a file remains here: ${join(test.lab, '.lamindb', `${uid}.csv`)}`,
    ]);
    expect(kept()).toEqual([`${uid}.csv`]);
  });

  it('a folder goes with its manifest, or remains', async () => {
    test.put('outside/run/a.csv', 'a');
    test.put('outside/run/b.csv', 'b');
    const saved = await test.saveOne(join(test.base, 'outside/run'), { key: 'run' });
    expect((await forGood(saved.uid)).removed).toEqual([join(test.lab, '.lamindb', saved.uid)]);
    expect(kept()).toEqual([]);
  });

  it('F-TR04 what a set holds is refused, and the set is named', async () => {
    const { uid } = await copied('a.csv');
    await writeRegistry(test.context, await test.context.author(), 'test', async (write) => {
      const { id = 0 } = (await write.tx.selectFrom('artifact').select('id').executeTakeFirst()) ?? {};
      const [set = 0] = write.insert('collection', [
        {
          uid: 'collection0000000000',
          stem_uid: 'collection000000',
          key: 'figure 2',
          is_latest: 1,
          visibility: 1,
          created_by_id: 1,
          created_at: write.now,
          updated_at: write.now,
        },
      ]);
      write.insert('collection_artifact', [{ collection_id: set, artifact_id: id }], ['collection0000000000']);
    });
    await expect(forGood(uid)).rejects.toMatchObject({
      code: 'refused',
      message: expect.stringContaining('figure 2') as unknown,
    });
    expect(kept()).toEqual([`${uid}.csv`]);
  });

  it('F-TR03 what a crash left between record and file is removed at the next start', async () => {
    const { uid } = await copied('a.csv');
    const stopped = { ...test.context.fs, unlinkProven: () => Promise.reject(new Error('killed')) };
    const call = deleteArtifacts({ ...test.context, fs: stopped }, { artifacts: [uid], storage: null });
    await expect(call).rejects.toThrow('killed');
    expect([await list(), kept()]).toEqual([[], [`${uid}.csv`]]);
    expect(await finishRemovals(test.context)).toMatchObject([{ kind: 'removed' }]);
    expect(kept()).toEqual([]);
    expect(await finishRemovals(test.context)).toEqual([]);
  });

  it('F-TR03 what was planned only is forgotten: the record and its file are there', async () => {
    const { uid } = await copied('a.csv');
    const author = (): Promise<never> => Promise.reject(new Error('killed'));
    await expect(deleteArtifacts({ ...test.context, author }, { artifacts: [uid], storage: null })).rejects.toThrow(
      'killed',
    );
    expect(await finishRemovals(test.context)).toMatchObject([{ kind: 'stays' }]);
    expect([await list(), kept()]).toEqual([[uid], [`${uid}.csv`]]);
  });
});
