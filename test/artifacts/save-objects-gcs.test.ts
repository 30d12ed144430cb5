/** Objects of Google Cloud Storage registered where they are; names that lead out, which this store takes as they are. */
import { join, relative } from 'node:path';
import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { checkKey } from '../../shared/keys.ts';
import { BenchkeepError } from '../../shared/errors.ts';
import { manifestPath, readManifest } from '../../src-main/storage/folder-manifest.ts';
import { cachePath } from '../../src-main/transfers/index.ts';
import { joinRaw, rawToDisplay } from '../../src-main/ports/fs/raw-path.ts';
import { addStorage } from '../../src-main/storage/index.ts';
import { describeGcs } from '../stores/describe-gcs.ts';
import { openArtifacts, type TestArtifacts } from './open-artifacts.ts';

describeGcs('on fake-gcs-server', (gcs) => {
  let lab: TestArtifacts;
  const at = (key: string): string => `${gcs.root.root}/${key}`;
  beforeEach(async () => {
    lab = await openArtifacts();
    const root = `${gcs.root.root}?api_endpoint=${gcs.root.options.api_endpoint ?? ''}`;
    await addStorage(lab.context, { root, managed: false, watch: false });
  });
  afterEach(() => lab.close());

  test('an object, a folder, and what is both', async () => {
    await gcs.store.put('d/a', Buffer.from('a'));
    await gcs.store.put('d/b', Buffer.from('b'));
    await gcs.store.put('d/', Buffer.alloc(0));
    await gcs.store.put('d/sub/', Buffer.alloc(0));
    // The last row of the folders of `lamindb-facts.md`.
    const folder = { hash: 'YNCwyFw7rBegqZLBVEckCg', hash_type: 'md5-d', n_files: 2, size: 2 };
    expect(await lab.saveOne(at('d'))).toMatchObject(folder);
    const file = await lab.saveOne(at('d/a'));
    expect(file).toMatchObject({ hash_type: 'md5', storage: { type: 'gs' }, key: 'd/a' });
    await gcs.store.put('both', Buffer.from('x'));
    await gcs.store.put('both/a', Buffer.from('a'));
    const { items, warnings } = await lab.save(at('both'));
    expect(items[0]).toMatchObject({ n_files: null, size: 1 });
    expect(warnings.join()).toContain('slash at its end');
    expect((await lab.saveOne(at('both/'))).n_files).toBe(1);
    // Written once more with the same content it is another generation, and no other content.
    await gcs.store.put('d/a', Buffer.from('a'));
    expect((await lab.saveOne(at('d/a'))).uid).toBe(file.uid);
    await gcs.store.put('empty/', Buffer.alloc(0));
    await expect(lab.save(at('empty/'))).rejects.toMatchObject({ code: 'empty_folder' });
  });

  test('S-07 S-21 no name of an object leads out of a folder: refused, or with a name that a person gives', async () => {
    const part = fc.oneof(
      fc.constantFrom('..', '.', '', '...', '%2e%2e', '..%2f', 'C:', '\\', 'a', 'ü', '~', '.lamindb', 'x'.repeat(200)),
      fc.string({ unit: 'binary', maxLength: 6 }).map((text) => text.replaceAll('/', '_')),
    );
    const key = fc
      .array(part, { minLength: 1, maxLength: 4 })
      .map((parts) => parts.join('/'))
      .filter(
        (text) =>
          Buffer.byteLength(text) <= 900 && !/^\/|\/$|^\.\.?$|[\0\r\n\ud800-\udfff]/.test(text) && text.trim() !== '',
      );
    let n = 0;
    await fc.assert(
      fc.asyncProperty(key, async (name) => {
        const folder = `run-${String(++n)}`;
        await gcs.store.put(`${folder}/${name}`, Buffer.from(name));
        const outcome = await lab.saveOne(at(`${folder}/${name}`)).catch((error: unknown) => error);
        if (outcome instanceof BenchkeepError) {
          expect(['invalid_key', 'not_supported']).toContain(outcome.code);
          if (outcome.code === 'not_supported') return;
          const named = await lab
            .saveOne(at(`${folder}/${name}`), { key: `named-${String(n)}` })
            .catch((error: unknown) => error);
          // Its ending can be one that a name has to keep.
          if (named instanceof BenchkeepError) expect(named.code).toBe('invalid_key');
        } else expect(() => checkKey((outcome as { key: string }).key)).not.toThrow();
        for (const row of await lab.rows()) {
          const cached = rawToDisplay(cachePath(lab.context, row));
          expect(relative(rawToDisplay(lab.context.folder), cached)).toMatch(/^cache\/[0-9A-Za-z]{20}[.\w-]*$/);
        }
        const all = await lab.saveOne(at(`${folder}/`)).catch((error: unknown) => error);
        if (all instanceof BenchkeepError) {
          expect(['invalid_key', 'refused']).toContain(all.code);
          return;
        }
        const { uid } = all as { uid: string };
        for await (const { path } of readManifest(manifestPath(lab.context, uid))) {
          const inside = join('/inside', rawToDisplay(joinRaw('x' as never, path)));
          expect(inside.startsWith('/inside/x/')).toBe(true);
          expect(path).toBe(Buffer.from(name).toString('latin1'));
        }
      }),
      { numRuns: 150 },
    );
    expect(readdirSync(lab.base).sort()).toEqual(['home', 'lab']);
  }, 120_000);

  test('what was compared is said when it is read for the first time', async () => {
    await gcs.store.put('a.csv', Buffer.from('hello\n'));
    const one = await lab.saveOne(at('a.csv'));
    expect(one).toMatchObject({ hash: 'sZRqySSS0jR8YjW00mERhA', sha256: null });
    const { notes } = await lab.verify({ artifacts: [one.uid] });
    expect(notes?.[0]?.note).toContain('its size and MD5 with its bytes');
    expect((await lab.row(one.uid)).sha256).toBe(createHash('sha256').update('hello\n').digest('hex'));
  });
});
