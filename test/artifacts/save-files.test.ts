import {
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createLabel } from '../../src-main/annotation/index.ts';
import { writeRegistry } from '../../src-main/registry/change-log.ts';
import { openArtifacts, type TestArtifacts } from './open-artifacts.ts';

let test: TestArtifacts;
beforeEach(async () => {
  test = await openArtifacts();
});
afterEach(() => test.close());

const kept = (): string[] =>
  readdirSync(join(test.lab, '.lamindb'))
    .filter((name) => name !== 'storage_uid.txt')
    .sort();

describe('from outside every storage', () => {
  it('copies the content to .lamindb/<uid><suffix> and leaves the file alone', async () => {
    const path = test.put('outside/plate.csv', 'a,b\n');
    const before = statSync(path, { bigint: true });
    const saved = await test.saveOne(path, { key: 'exp/plate.csv' });
    expect(saved).toMatchObject({
      key: 'exp/plate.csv',
      suffix: '.csv',
      size: 4,
      hash_type: 'md5',
      sha256: createHash('sha256').update('a,b\n').digest('hex'),
      key_is_virtual: true,
      is_latest: true,
      state: 'ok',
      created_by: 'ada',
    });
    const copy = join(test.lab, '.lamindb', `${saved.uid}.csv`);
    expect(saved.copies).toMatchObject([{ path: copy }]);
    expect(saved.copies[0]?.verified_at).not.toBeNull();
    expect(readFileSync(copy, 'utf8')).toBe('a,b\n');
    const after = statSync(path, { bigint: true });
    expect([after.ino, after.mtimeNs, after.ctimeNs]).toEqual([before.ino, before.mtimeNs, before.ctimeNs]);
    expect(kept()).toEqual([`${saved.uid}.csv`]);
  });

  it('returns the artifact that has the content, and warns of another key', async () => {
    const first = await test.saveOne(test.put('outside/a.csv', 'same'), { key: 'a.csv' });
    const again = await test.save(test.put('elsewhere/a.csv', 'same'), { key: 'a.csv' });
    expect(again).toMatchObject({ items: [{ uid: first.uid }], warnings: [] });
    const other = await test.save(test.put('outside/b.csv', 'same'), { key: 'b.csv' });
    expect(other.items).toMatchObject([{ uid: first.uid, key: 'a.csv' }]);
    expect(other.warnings).toEqual([expect.stringContaining('known already as "a.csv"')]);
    const nameless = await test.save(test.put('outside/c.csv', 'same'));
    expect(nameless).toMatchObject({ items: [{ uid: first.uid }], warnings: [] });
    expect(await test.rows()).toHaveLength(1);
    expect(kept()).toEqual([`${first.uid}.csv`]);
  });

  it('makes a new artifact of known content with new: true', async () => {
    const first = await test.saveOne(test.put('a.csv', 'same'), { key: 'a.csv' });
    const second = await test.saveOne(test.put('b.csv', 'same'), { key: 'b.csv', new: true });
    expect(second.uid.slice(0, 16)).not.toBe(first.uid.slice(0, 16));
    const third = await test.saveOne(test.put('b.csv', 'same'), { key: 'b.csv', new: true });
    expect(third.uid).toBe(`${second.uid.slice(0, 16)}0001`);
  });

  it('makes versions of a key, and returns an old version for its content', async () => {
    const path = test.put('a.csv', 'one');
    const first = await test.saveOne(path, { key: 'k.csv', description: 'of the first', kind: 'dataset' });
    writeFileSync(path, 'two');
    const second = await test.saveOne(path, { key: 'k.csv', version_tag: 'v2' });
    expect(second).toMatchObject({
      uid: `${first.uid.slice(0, 16)}0001`,
      is_latest: true,
      version: 'v2',
      description: 'of the first',
      kind: 'dataset',
    });
    expect(await test.row(first.uid)).toMatchObject({ is_latest: 0, state: 'ok' });
    writeFileSync(path, 'one');
    expect(await test.saveOne(path, { key: 'k.csv' })).toMatchObject({ uid: first.uid, is_latest: false });
    expect(kept()).toEqual([`${first.uid}.csv`, `${second.uid}.csv`].sort());
    expect((await test.verify({ all: true, registry: true })).failed).toEqual([]);
  });

  it('keeps one family of a virtual key in all managed storages', async () => {
    const first = await test.saveOne(test.put('a.csv', 'one'), { key: 'k.csv' });
    const second = await test.add(test.folder('lab2'), true);
    await writeRegistry(test.context, await test.context.author(), 'storage use', (write) =>
      write.update('instance', 1, { default_storage_id: second.id }),
    );
    const next = await test.saveOne(test.put('a.csv', 'two'), { key: 'k.csv' });
    expect(next.uid).toBe(`${first.uid.slice(0, 16)}0001`);
    expect(next.copies[0]?.path).toBe(join(test.base, 'lab2', '.lamindb', `${next.uid}.csv`));
  });

  it('makes the next version of what it revises, whatever its key', async () => {
    const first = await test.saveOne(test.put('a.csv', 'one'), { key: 'k.csv' });
    const second = await test.saveOne(test.put('b.csv', 'two'), { revises: first.uid });
    expect(second).toMatchObject({ uid: `${first.uid.slice(0, 16)}0001`, key: 'k.csv' });
    const third = await test.saveOne(test.put('c.csv', 'three'), { revises: 'k.csv', key: 'new.csv' });
    expect(third).toMatchObject({ uid: `${first.uid.slice(0, 16)}0002`, key: 'new.csv' });
    // Saved again, it is known.
    expect((await test.saveOne(test.put('c.csv', 'three'), { revises: first.uid })).uid).toBe(third.uid);
    const other = await test.saveOne(test.put('o.csv', 'other'), { key: 'other.csv' });
    const known = await test.save(test.put('o.csv', 'other'), { revises: first.uid });
    expect(known.items[0]?.uid).toBe(other.uid);
    expect(known.warnings).toEqual([expect.stringContaining('was not made a version')]);
  });

  it('needs a key or a description for what is new', async () => {
    const path = test.put('a.csv', 'one');
    await expect(test.save(path)).rejects.toMatchObject({
      code: 'invalid_argument',
      remedy: expect.stringContaining('--key') as string,
    });
    expect(await test.rows()).toEqual([]);
    // Content of a size that is known has to be read before it is refused.
    await test.saveOne(path, { description: 'a table' });
    await expect(test.save(test.put('b.csv', 'two'))).rejects.toMatchObject({ code: 'invalid_argument' });
    expect(await test.rows()).toMatchObject([{ key: null, description: 'a table', suffix: '.csv' }]);
  });

  it('F-IN22 makes an artifact of each empty file', async () => {
    const first = await test.saveOne(test.put('a.csv', ''), { key: 'a.csv' });
    const second = await test.saveOne(test.put('b.csv', ''), { key: 'b.csv' });
    expect(second.uid).not.toBe(first.uid);
    expect(first).toMatchObject({ hash: '1B2M2Y8AsgTpgAmY7PhCfg', size: 0 });
  });

  it('never takes an unverified artifact for the same', async () => {
    const first = await test.saveOne(test.put('a.csv', 'one'), { key: 'a.csv' });
    await writeRegistry(test.context, await test.context.author(), 'test', async (write) => {
      const { id } = await write.tx
        .selectFrom('artifact')
        .select('id')
        .where('uid', '=', first.uid)
        .executeTakeFirstOrThrow();
      await write.update('artifact', id, { sha256: null, state: 'unverified' });
    });
    expect((await test.saveOne(test.put('a.csv', 'one'), { key: 'b.csv' })).uid).not.toBe(first.uid);
  });

  it('does not look into the trash', async () => {
    const first = await test.saveOne(test.put('a.csv', 'one'), { key: 'a.csv' });
    await writeRegistry(test.context, await test.context.author(), 'delete', async (write) => {
      const { id } = await write.tx
        .selectFrom('artifact')
        .select('id')
        .where('uid', '=', first.uid)
        .executeTakeFirstOrThrow();
      await write.update('artifact', id, { visibility: -1 });
    });
    expect((await test.saveOne(test.put('a.csv', 'one'), { key: 'a.csv' })).uid.slice(0, 16)).not.toBe(
      first.uid.slice(0, 16),
    );
  });

  it('brings content back that was lost, under the record that it had', async () => {
    const linked = await test.add(test.folder('instrument'));
    const inPlace = await test.saveOne(test.put('instrument/a.csv', 'one'));
    rmSync(join(test.base, 'instrument/a.csv'));
    const saved = await test.saveOne(test.put('backup/a.csv', 'one'));
    expect(saved).toMatchObject({ uid: inPlace.uid, state: 'ok', storage: { uid: linked.uid } });
    expect(saved.copies.map(({ path }) => path)).toContain(join(test.lab, '.lamindb', `${saved.uid}.csv`));
    expect((await test.verify({ artifacts: [saved.uid] })).failed).toHaveLength(1);
  });

  it('keeps content whose copy was overwritten as an artifact of its own', async () => {
    const first = await test.saveOne(test.put('a.csv', 'one'), { key: 'a.csv' });
    writeFileSync(join(test.lab, '.lamindb', `${first.uid}.csv`), 'other bytes');
    const again = await test.saveOne(test.put('a.csv', 'one'), { key: 'a.csv' });
    expect(again.uid).toBe(`${first.uid.slice(0, 16)}0001`);
    expect(await test.row(first.uid)).toMatchObject({ state: 'changed' });
  });

  it('saves many at once, one record a path, and is one artifact where their content is one', async () => {
    const paths = ['x.csv', 'y.csv', 'z.csv'].map((name) =>
      test.put(`outside/${name}`, name === 'z.csv' ? 'x' : name[0]),
    );
    const { items } = await test.save([...paths, paths[0] ?? ''], { description: 'of one day' });
    expect(items).toHaveLength(3);
    expect(items[2]?.uid).toBe(items[0]?.uid);
    expect(await test.rows()).toHaveLength(2);
  });

  it('follows a link that was named to the file itself', async () => {
    const path = test.put('outside/a.csv', 'one');
    symlinkSync(path, join(test.base, 'link.csv'));
    expect(await test.saveOne(join(test.base, 'link.csv'), { key: 'a.csv' })).toMatchObject({ size: 3 });
  });

  it('saves twice at the same time without two of one version', async () => {
    const paths = Array.from({ length: 6 }, (_, i) => test.put(`outside/${String(i)}.csv`, `content ${String(i)}`));
    const saved = await Promise.all(paths.map((path) => test.saveOne(path, { key: 'k.csv' })));
    expect(new Set(saved.map(({ uid }) => uid.slice(0, 16))).size).toBe(1);
    expect(saved.map(({ uid }) => uid.slice(16)).sort()).toEqual(['0000', '0001', '0002', '0003', '0004', '0005']);
    const same = await Promise.all(paths.map((path) => test.saveOne(path, { key: 'k.csv' })));
    expect(same.map(({ uid }) => uid)).toEqual(saved.map(({ uid }) => uid));
    const fresh = test.put('outside/fresh.csv', 'fresh');
    const twice = await Promise.all([1, 2, 3].map(() => test.saveOne(fresh, { key: 'fresh.csv' })));
    expect(new Set(twice.map(({ uid }) => uid)).size).toBe(1);
    expect(kept()).toHaveLength(7);
    expect((await test.verify({ all: true, registry: true })).failed).toEqual([]);
  });
});

describe('in a storage', () => {
  it('registers the file where it is', async () => {
    const saved = await test.saveOne(test.put('lab/run1/plate.csv', 'x'));
    expect(saved).toMatchObject({ key: 'run1/plate.csv', key_is_virtual: false, state: 'ok' });
    expect(saved.copies).toMatchObject([{ path: join(test.lab, 'run1/plate.csv') }]);
    expect(kept()).toEqual([]);
    expect((await test.saveOne(join(test.lab, 'run1/plate.csv'))).uid).toBe(saved.uid);
  });

  it('registers in a linked storage, too, and writes nothing there', async () => {
    await test.add(test.folder('instrument'));
    const saved = await test.saveOne(test.put('instrument/a.csv', 'x'));
    expect(saved.copies).toMatchObject([{ path: join(test.base, 'instrument/a.csv') }]);
    expect(readdirSync(join(test.base, 'instrument'))).toEqual(['a.csv']);
  });

  it('records a key that differs, and keeps it with the next versions', async () => {
    const path = test.put('lab/raw/p.csv', 'x');
    const saved = await test.saveOne(path, { key: 'screens/p1.csv' });
    expect(saved).toMatchObject({ key: 'screens/p1.csv', key_is_virtual: false });
    expect(saved.copies).toMatchObject([{ path }]);
    writeFileSync(path, 'changed');
    const next = await test.saveOne(path);
    expect(next).toMatchObject({ uid: `${saved.uid.slice(0, 16)}0001`, key: 'screens/p1.csv' });
    expect((await test.saveOne(path, { key: 'screens/p2.csv' })).key).toBe('screens/p2.csv');
  });

  it('F-IN09 makes three artifacts of the same content under three names', async () => {
    const paths = ['a', 'b', 'c'].map((name) => test.put(`lab/${name}.csv`, 'same'));
    const { items } = await test.save(paths);
    expect(new Set(items.map(({ uid }) => uid)).size).toBe(3);
    expect(items.map(({ key }) => key)).toEqual(['a.csv', 'b.csv', 'c.csv']);
  });

  it('F-IN24 makes an artifact of each name of one file', async () => {
    const path = test.put('lab/a.csv', 'same');
    linkSync(path, join(test.lab, 'b.csv'));
    const { items } = await test.save([path, join(test.lab, 'b.csv')]);
    expect(items.map(({ sha256 }) => sha256)).toEqual([items[0]?.sha256, items[0]?.sha256]);
    expect(new Set(items.map(({ uid }) => uid)).size).toBe(2);
  });

  it('makes a version of an overwritten file; the one before is missing because of it', async () => {
    const path = test.put('lab/a.csv', 'one');
    const first = await test.saveOne(path);
    writeFileSync(path, 'two');
    const second = await test.saveOne(path);
    expect(second.uid).toBe(`${first.uid.slice(0, 16)}0001`);
    expect(await test.row(first.uid)).toMatchObject({ is_latest: 0, state: 'missing', state_reason: 'overwritten' });
    expect((await test.verify({ registry: true })).failed).toEqual([]);
  });

  it('makes the next version of what it revises', async () => {
    const first = await test.saveOne(test.put('lab/a.csv', 'one'));
    const second = await test.saveOne(test.put('lab/b.csv', 'two'), { revises: first.uid });
    expect(second).toMatchObject({ uid: `${first.uid.slice(0, 16)}0001`, key: 'b.csv' });
    expect(await test.row(first.uid)).toMatchObject({ state: 'ok', is_latest: 0 });
    const own = await test.saveOne(test.put('lab/c.csv', 'three'));
    await expect(test.save(join(test.lab, 'c.csv'), { revises: first.uid })).rejects.toMatchObject({ code: 'refused' });
    expect(await test.row(own.uid)).toMatchObject({ is_latest: 1 });
  });

  it('revives what was removed on purpose', async () => {
    const path = test.put('lab/a.csv', 'one');
    const saved = await test.saveOne(path);
    const { id } = await test.row(saved.uid);
    const storage = await test.storage();
    await writeRegistry(test.context, await test.context.author(), 'delete', async (write) => {
      const copy = await write.tx
        .selectFrom('copy')
        .selectAll()
        .where('artifact_id', '=', id)
        .executeTakeFirstOrThrow();
      await write.remove('copy', copy.id, saved.uid);
      await write.remove('artifact', id);
      write.insert(
        'tombstone',
        [
          {
            storage_id: storage.id,
            path: copy.path,
            sha256: saved.sha256,
            artifact_uid: saved.uid,
            created_by_id: 1,
            created_at: write.now,
          },
        ],
        [saved.uid],
      );
    });
    expect(await test.register(['a.csv'])).toMatchObject([{ kind: 'tombstone', uid: saved.uid }]);
    expect(await test.rows()).toEqual([]);
    const again = await test.saveOne(path);
    expect(again.uid).not.toBe(saved.uid);
    expect(await test.context.registry.db.selectFrom('tombstone').selectAll().execute()).toEqual([]);
    expect((await test.verify({ registry: true })).failed).toEqual([]);
  });

  it('refuses what is Benchkeep’s own, and a whole storage', async () => {
    const saved = await test.saveOne(test.put('a.csv', 'one'), { key: 'a.csv' });
    const own = join(test.lab, '.lamindb', `${saved.uid}.csv`);
    await expect(test.save(own)).rejects.toMatchObject({ code: 'refused' });
    await expect(test.save(test.lab)).rejects.toMatchObject({ code: 'refused' });
    await expect(test.save(test.base, { key: 'all' })).rejects.toMatchObject({ code: 'refused' });
  });

  it('does not register what lies where a root was', async () => {
    await test.add(test.folder('drive'), true);
    rmSync(join(test.base, 'drive'), { recursive: true });
    await expect(test.save(test.put('drive/a.csv', 'x'))).rejects.toMatchObject({ code: 'offline' });
    expect(await test.rows()).toEqual([]);
  });
});

describe('what a person says of it', () => {
  it('is written with the record: labels, description, kind, version, run', async () => {
    await createLabel(test.context, { name: 'screen' });
    const run = await writeRegistry(test.context, await test.context.author(), 'track', (write) => {
      const times = { created_by_id: 1, created_at: write.now };
      const [transform = 0] = write.insert('transform', [
        {
          uid: 'transform0120000',
          stem_uid: 'transform012',
          key: 't',
          description: null,
          kind: 'script',
          source_code: null,
          hash: null,
          is_latest: 1,
          version: null,
          updated_at: write.now,
          ...times,
        },
      ]);
      write.insert('run', [
        { uid: 'run0000000000001', transform_id: transform, started_at: write.now, finished_at: null, ...times },
      ]);
      return 'run0000000000001';
    });
    const words = { description: ' d ', kind: 'model', version_tag: 'v1', labels: ['screen'], run } as const;
    for (const [path, options] of [
      [test.put('outside/a.csv', 'a'), { key: 'a.csv' }],
      [test.put('lab/b.csv', 'b'), {}],
      [join(test.put('lab/f/c.csv', 'c'), '..'), {}],
      [join(test.put('outside/f/d.csv', 'd'), '..'), { key: 'g' }],
    ] as const) {
      const changes = await test.context.registry.db
        .selectFrom('change')
        .select('tx')
        .orderBy('id', 'desc')
        .limit(1)
        .executeTakeFirst();
      const saved = await test.saveOne(path, { ...words, labels: [...words.labels], ...options });
      expect(saved).toMatchObject({ description: 'd', kind: 'model', version: 'v1', ulabels: ['screen'], run });
      const written = await test.context.registry.db
        .selectFrom('change')
        .select(['tx', 'operation'])
        .where('tx', '>', changes?.tx ?? 0)
        .execute();
      expect(new Set(written.map(({ tx }) => tx)).size).toBe(1);
      expect(new Set(written.map(({ operation }) => operation))).toEqual(new Set(['save']));
    }
    const known = await test.saveOne(test.put('outside/a.csv', 'a'), { description: 'other', labels: ['screen'] });
    expect(known).toMatchObject({ key: 'a.csv', description: 'other', kind: 'model', ulabels: ['screen'] });
  });

  it.each([
    ['a label that is not there', { key: 'a.csv', labels: ['scren'] }, 'not_found'],
    ['a run that is not there', { key: 'a.csv', run: 'nope' }, 'not_found'],
    ['an artifact that is not there', { revises: 'nopenopenope' }, 'not_found'],
    ['a key with ..', { key: '../a.csv' }, 'invalid_key'],
    ['a key of another ending', { key: 'a.txt' }, 'invalid_key'],
    ['an absolute key', { key: '/a.csv' }, 'invalid_key'],
    ['a key in .lamindb', { key: '.lamindb/a.csv' }, 'invalid_key'],
  ])('refuses %s before anything is written', async (_, options, code) => {
    const path = test.put('outside/a.csv', 'a');
    const changes = await test.changes();
    await expect(test.save(path, options)).rejects.toMatchObject({ code });
    expect(await test.changes()).toBe(changes);
    expect(kept()).toEqual([]);
  });

  it('refuses one key for several files, and paths that are not there', async () => {
    const paths = [test.put('outside/a.csv', 'a'), test.put('outside/b.csv', 'b')];
    await expect(test.save(paths, { key: 'a.csv' })).rejects.toMatchObject({ code: 'invalid_argument' });
    await expect(test.save([...paths, join(test.base, 'no.csv')], { description: 'd' })).rejects.toMatchObject({
      code: 'file_not_found',
    });
    await expect(test.save('a.csv', { key: 'a.csv' })).rejects.toMatchObject({ code: 'invalid_argument' });
    expect(await test.rows()).toEqual([]);
  });
});

it('stops at once and leaves nothing behind', async () => {
  const stop = new AbortController();
  stop.abort();
  const path = test.put('outside/a.csv', 'a');
  await expect(test.save(path, { key: 'a.csv' }, stop.signal)).rejects.toMatchObject({ code: 'cancelled' });
  expect(await test.rows()).toEqual([]);
  mkdirSync(join(test.lab, '.lamindb'), { recursive: true });
  expect(kept()).toEqual([]);
  expect(existsSync(path)).toBe(true);
});
