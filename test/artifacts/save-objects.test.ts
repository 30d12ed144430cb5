/** Objects and folders of a bucket, registered where they are. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readManifest, manifestPath } from '../../src-main/storage/folder-manifest.ts';
import { artifactPath, cacheArtifact, describeArtifact, readContext, verify } from '../../src-main/artifacts/index.ts';
import { addStorage } from '../../src-main/storage/index.ts';
import { encodeHash } from '../../shared/hash-encoding.ts';
import { bytesOf, PART, partsOf, wholeOf } from '../storage/objects/content.ts';
import { useS3 } from '../stores/use-s3.ts';
import { ended } from './open-artifacts.ts';
import { openPlace, type TestPlace } from './open-place.ts';

for (const name of ['versitygw', 'minio'] as const) {
  describe(`on ${name}`, () => {
    const server = useS3(name);
    let place: TestPlace;
    beforeEach(async () => {
      place = await openPlace(server());
    });
    afterEach(() => place.close());

    test('an object is registered where it is: nothing is copied, its bucket becomes a linked storage', async () => {
      const { lab, address, at } = place;
      await place.put('run 1/hello+ü%.fastq.gz', 'hello\n');
      const one = await lab.saveOne(address('run 1/hello+ü%.fastq.gz'));
      const folder = at.slice(at.lastIndexOf('/') + 1);
      expect(one).toMatchObject({
        key: `${folder}/run 1/hello+ü%.fastq.gz`,
        suffix: '.fastq.gz',
        size: 6,
        // As of a file on disk with this content (`lamindb-facts.md`).
        hash: 'sZRqySSS0jR8YjW00mERhA',
        hash_type: 'md5',
        sha256: null,
        n_files: null,
        key_is_virtual: false,
        state: 'unverified',
        storage: { root: `s3://${server().bucket}`, type: 's3', region: 'us-east-1' },
      });
      expect(one.copies).toEqual([
        { storage: one.storage.uid, path: `${at}/run 1/hello+ü%.fastq.gz`, verified_at: null },
      ]);
      const { managed } = await lab.storage(`s3://${server().bucket}`);
      expect(managed).toBe(0);
      expect((await artifactPath(readContext(lab.context), { artifact: one.uid })).path).toBe(
        `${at}/run 1/hello+ü%.fastq.gz`,
      );
      // Where its store is need not be said again.
      const changes = await lab.changes();
      expect((await lab.saveOne(`${at}/run 1/hello+ü%.fastq.gz`)).uid).toBe(one.uid);
      expect(await lab.changes()).toBe(changes);
    });

    test('the deepest storage that has it owns it', async () => {
      const { lab, at, address } = place;
      for (const root of [at, `${at}/deep`])
        await addStorage(lab.context, {
          root: `${root}?endpoint_url=${server().endpoint}`,
          managed: false,
          watch: false,
        });
      await place.put('deep/er/a.csv', 'a');
      await place.put('deeper.csv', 'b');
      expect(await lab.saveOne(address('deep/er/a.csv'))).toMatchObject({
        key: 'er/a.csv',
        storage: { root: `${at}/deep` },
      });
      expect(await lab.saveOne(address('deeper.csv'))).toMatchObject({ key: 'deeper.csv', storage: { root: at } });
      await expect(lab.save(`${at}/deep/`)).rejects.toMatchObject({ code: 'refused' });
      await expect(lab.save(`${at}/deep`)).rejects.toMatchObject({ code: 'refused' });
    });

    test('other content under its address is its next version, and the one before is overwritten', async () => {
      const { lab, address } = place;
      await place.put('a.csv', 'one');
      const first = await lab.saveOne(address('a.csv'), { description: 'mine' });
      await place.put('a.csv', 'another');
      const second = await lab.saveOne(address('a.csv'));
      expect(second).toMatchObject({ is_latest: true, size: 7, description: 'mine' });
      expect(second.uid.slice(0, 16)).toBe(first.uid.slice(0, 16));
      expect(await lab.row(first.uid)).toMatchObject({ is_latest: 0, state: 'missing', state_reason: 'overwritten' });
    });

    test('what others replaced by as many bytes after it was read is the next version; the cache keeps the one before', async () => {
      const { lab, address, store } = place;
      await place.put('a.csv', 'one');
      const first = await lab.saveOne(address('a.csv'));
      await ended(verify(lab.context, { artifacts: [first.uid], all: false, registry: false }));
      const cached = await ended(cacheArtifact(lab.context, { artifact: first.uid, to: null }));
      await place.put('a.csv', 'two');
      const second = await lab.saveOne(address('a.csv'));
      expect(second).toMatchObject({ is_latest: true, state: 'unverified', sha256: null });
      expect(await lab.row(first.uid)).toMatchObject({ is_latest: 0, state: 'missing', state_reason: 'overwritten' });
      expect(readFileSync(cached.path, 'utf8')).toBe('one');
      expect((await ended(cacheArtifact(lab.context, { artifact: first.uid, to: null }))).path).toBe(cached.path);
      const now = await ended(cacheArtifact(lab.context, { artifact: second.uid, to: null }));
      expect(readFileSync(now.path, 'utf8')).toBe('two');
      // What is gone is not saved, and nothing is said of it that nobody asked for.
      await store.delete('a.csv');
      await expect(lab.save(address('a.csv'))).rejects.toMatchObject({ code: 'file_not_found' });
      expect(await lab.row(second.uid)).toMatchObject({ is_latest: 1 });
    });

    test('a folder is one artifact; names that only mark folders are none of its files', async () => {
      const { lab, address } = place;
      for (const [key, text] of [
        ['d/a.txt', 'a'],
        ['d/sub/b.txt', 'b'],
        ['d/sub/c.txt', ''],
        ['d-', 'x'],
      ] as const)
        await place.put(key, text);
      if (name === 'minio') await place.put('d/empty/', '');
      const one = await lab.saveOne(address('d'));
      // The third row of the folders of `lamindb-facts.md`.
      expect(one).toMatchObject({
        hash: 'Gw7D5VgZ2vGCi5x7q-Bo3Q',
        hash_type: 'md5-d',
        n_files: 3,
        size: 2,
        sha256: null,
      });
      expect((await lab.saveOne(address('d/'))).uid).toBe(one.uid);
      const lines = [];
      for await (const entry of readManifest(manifestPath(lab.context, one.uid))) lines.push(entry);
      expect(lines.map(({ path, size }) => [path, size])).toEqual([
        ['a.txt', 1],
        ['sub/b.txt', 1],
        ['sub/c.txt', 0],
      ]);
      expect(lines[0]?.sha256).toBe(`md5:${createHash('md5').update('a').digest('hex')}`);
      // The hash knows no names; the manifest does.
      await place.put('d/z.txt', 'a');
      await place.store.delete('d/a.txt');
      const renamed = await lab.saveOne(address('d'));
      expect(renamed).toMatchObject({ hash: one.hash, size: 2, n_files: 3 });
      expect(renamed.uid).not.toBe(one.uid);
      expect(renamed.uid.slice(0, 16)).toBe(one.uid.slice(0, 16));
    });

    test('the ETag of an upload in parts is the hash, and no checksum of its bytes', async () => {
      const { lab, address, store } = place;
      const parts = partsOf(bytesOf(PART + 5));
      const token = await store.uploads.begin('parts.bin', PART + 5);
      const sent = [];
      for (const part of parts) sent.push(await store.uploads.send('parts.bin', token, part));
      await store.uploads.complete('parts.bin', token, sent, wholeOf(bytesOf(PART + 5)));
      const { etag = '' } = (await store.stat('parts.bin')) ?? {};
      const one = await lab.saveOne(address('parts.bin'));
      expect(one).toMatchObject({ hash_type: 'md5-2', hash: encodeHash(Buffer.from(etag.slice(0, 32), 'hex')) });
      const { ok, notes } = await lab.verify({ artifacts: [one.uid] });
      expect(ok).toBe(1);
      expect(notes?.[0]?.note).toContain('what its store calls its content (md5-2)');
    });

    test('what is not there, and what is no address', async () => {
      const { lab, address, at } = place;
      await expect(lab.save(address('nothing.csv'))).rejects.toMatchObject({ code: 'file_not_found' });
      await expect(lab.save(`${at}/nothing/`)).rejects.toMatchObject({ code: expect.any(String) as string });
      await expect(lab.save('ftp://host/file')).rejects.toMatchObject({ code: 'invalid_argument' });
      await expect(lab.save('http://host/file')).rejects.toMatchObject({ code: 'invalid_argument' });
    });

    test('verify reads it, compares, and keeps its SHA-256', async () => {
      const { lab, address } = place;
      await place.put('v.csv', 'hello\n');
      await place.put('f/a', 'a');
      await place.put('f/b', 'b');
      const [file, folder] = (await lab.save([address('v.csv'), address('f')])).items;
      expect(await lab.verify({ artifacts: [file?.uid ?? '', folder?.uid ?? ''] })).toMatchObject({
        checked: 2,
        ok: 2,
        failed: [],
      });
      expect(await lab.row(file?.uid ?? '')).toMatchObject({
        sha256: createHash('sha256').update('hello\n').digest('hex'),
        state: 'ok',
        state_reason: null,
      });
      const lines = `${createHash('sha256').update('a').digest('hex')}\t1\ta\n${createHash('sha256').update('b').digest('hex')}\t1\tb\n`;
      expect(await lab.row(folder?.uid ?? '')).toMatchObject({
        hash: 'YNCwyFw7rBegqZLBVEckCg',
        sha256: createHash('sha256').update(lines).digest('hex'),
        state: 'ok',
      });
      expect(
        (await describeArtifact(readContext(lab.context), { artifact: file?.uid ?? '' })).copies[0]?.verified_at,
      ).not.toBe(null);
      await place.put('v.csv', 'jello\n');
      await place.put('f/b', 'c');
      const { failed } = await lab.verify({ artifacts: [file?.uid ?? '', folder?.uid ?? ''] });
      expect(failed.map(({ reason }) => reason).join()).toMatch(/not those that were recorded.*f\/b|b.*not those/s);
      expect(await lab.row(file?.uid ?? '')).toMatchObject({ state: 'changed' });
      // Saved again, what is there now is the next version.
      expect((await lab.saveOne(address('v.csv'))).uid).not.toBe(file?.uid);
    });
  });
}
