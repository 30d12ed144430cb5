import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { addStorage } from '../../src-main/storage/index.ts';
import { openArtifacts, type TestArtifacts } from './open-artifacts.ts';

let test: TestArtifacts;
beforeEach(async () => {
  test = await openArtifacts();
});
afterEach(() => test.close());

const sha256 = (content: string): string => createHash('sha256').update(content).digest('hex');
const kept = (): string[] => readdirSync(join(test.lab, '.lamindb')).filter((name) => name !== 'storage_uid.txt');
const manifests = (): string => join(Buffer.from(test.context.folder, 'latin1').toString(), 'manifests');
const manifest = (uid: string): string =>
  gunzipSync(readFileSync(join(manifests(), `${uid}.tsv.gz`))).toString('latin1');

/** The folder of the facts' table. */
function sample(at: string): string {
  test.put(`${at}/a.txt`, 'a');
  test.put(`${at}/sub/b.txt`, 'b');
  test.put(`${at}/sub/c.txt`, '');
  return join(test.base, at);
}

describe('a folder from outside', () => {
  it('is copied whole, with LaminDB’s hash and a manifest', async () => {
    const saved = await test.saveOne(sample('outside/run'), { key: 'runs/run' });
    const expected = `${sha256('a')}\t1\ta.txt\n${sha256('b')}\t1\tsub/b.txt\n${sha256('')}\t0\tsub/c.txt\n`;
    expect(saved).toMatchObject({
      key: 'runs/run',
      suffix: '',
      size: 2,
      n_files: 3,
      hash: 'Gw7D5VgZ2vGCi5x7q-Bo3Q',
      hash_type: 'md5-d',
      sha256: sha256(expected),
      key_is_virtual: true,
    });
    expect(manifest(saved.uid)).toBe(expected);
    const copy = join(test.lab, '.lamindb', saved.uid);
    expect(saved.copies).toMatchObject([{ path: copy }]);
    expect(readFileSync(join(copy, 'sub/b.txt'), 'utf8')).toBe('b');
    expect(kept()).toEqual([saved.uid]);
    expect(readdirSync(manifests())).toEqual([`${saved.uid}.tsv.gz`]);
  });

  it('is known again by its manifest: another name inside makes it another', async () => {
    const path = sample('outside/run');
    const first = await test.saveOne(path, { key: 'run' });
    expect((await test.saveOne(sample('elsewhere/run'))).uid).toBe(first.uid);
    rmSync(join(path, 'a.txt'));
    test.put('outside/run/z.txt', 'a');
    const second = await test.saveOne(path, { key: 'run' });
    expect(second).toMatchObject({ uid: `${first.uid.slice(0, 16)}0001`, hash: first.hash });
    expect(readdirSync(manifests()).sort()).toEqual([`${first.uid}.tsv.gz`, `${second.uid}.tsv.gz`]);
    expect((await test.verify({ all: true, registry: true })).failed).toEqual([]);
  });

  it('keeps the suffix of a format that is a folder, and orders its manifest by the bytes of the paths', async () => {
    for (const name of ['a/b', 'a-b', 'a.c', 'tab\there', 'ä', '100%', '.hidden'])
      test.put(`image.ome.zarr/${name}`, name);
    const saved = await test.saveOne(join(test.base, 'image.ome.zarr'), { key: 'image.ome.zarr' });
    expect(saved.suffix).toBe('.ome.zarr');
    expect(saved.copies[0]?.path).toBe(join(test.lab, '.lamindb', `${saved.uid}.ome.zarr`));
    const names = manifest(saved.uid)
      .trim()
      .split('\n')
      .map((line) => line.split('\t')[2]);
    expect(names).toEqual(['.hidden', '100%25', 'a-b', 'a.c', 'a/b', 'tab%09here', '%C3%A4']);
    await expect(test.save(join(test.base, 'image.ome.zarr'), { key: 'image.csv' })).rejects.toMatchObject({
      code: 'invalid_key',
    });
  });

  it('leaves out links and tells so, and follows none', async () => {
    const path = sample('outside/run');
    symlinkSync('/etc', join(path, 'link'));
    const { items, warnings } = await test.save(path, { key: 'run' });
    expect(items[0]?.n_files).toBe(3);
    expect(warnings).toEqual([expect.stringContaining('link was left out')]);
  });

  it('is refused where it is empty, or has a storage in it', async () => {
    await expect(test.save(test.folder('empty'), { key: 'e' })).rejects.toMatchObject({ code: 'empty_folder' });
    mkdirSync(join(test.base, 'empty/only/folders'), { recursive: true });
    await expect(test.save(join(test.base, 'empty'), { key: 'e' })).rejects.toMatchObject({ code: 'empty_folder' });
    test.put('around/inner/a.txt');
    await addStorage(test.context, { root: join(test.base, 'around/inner'), managed: false, watch: false });
    await expect(test.save(join(test.base, 'around'), { key: 'a' })).rejects.toMatchObject({ code: 'refused' });
    expect(kept()).toEqual([]);
    expect(readdirSync(manifests())).toEqual([]);
  });

  it('needs a name, and leaves nothing behind where it has none', async () => {
    await expect(test.save(sample('outside/run'))).rejects.toMatchObject({ code: 'invalid_argument' });
    expect(kept()).toEqual([]);
    expect(readdirSync(manifests())).toEqual([]);
  });
});

describe('a folder in a storage', () => {
  it('stays where it is, and is known again', async () => {
    const path = sample('lab/run');
    const saved = await test.saveOne(path);
    expect(saved).toMatchObject({ key: 'run', n_files: 3, key_is_virtual: false, hash_type: 'md5-d' });
    expect(saved.copies).toMatchObject([{ path }]);
    expect(kept()).toEqual([]);
    expect(existsSync(join(manifests(), `${saved.uid}.tsv.gz`))).toBe(true);
    expect((await test.saveOne(path)).uid).toBe(saved.uid);
    // Two equal folders there are two artifacts.
    expect((await test.saveOne(sample('lab/run2'))).uid).not.toBe(saved.uid);
  });

  it('has a next version when something in it changed', async () => {
    const path = sample('lab/run');
    const first = await test.saveOne(path, { key: 'a/run' });
    writeFileSync(join(path, 'a.txt'), 'A');
    const second = await test.saveOne(path);
    expect(second).toMatchObject({ uid: `${first.uid.slice(0, 16)}0001`, key: 'a/run' });
    expect(await test.row(first.uid)).toMatchObject({ state: 'missing', state_reason: 'overwritten', is_latest: 0 });
    expect((await test.verify({ all: true, registry: true })).failed).toEqual([]);
  });
});
