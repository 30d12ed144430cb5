import { renameSync, rmSync, writeFileSync, lstatSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { rawFromText } from '../../src-main/ports/fs/raw-path.ts';
import { addStorage, checkRoot, findStorage } from '../../src-main/storage/index.ts';
import { hasKnownFiles } from '../../src-main/storage/known-files.ts';
import { writeWorkstation } from '../../src-main/workstation/open-workstation.ts';
import { makeBench, type Bench } from '../instance/open-bench.ts';

let bench: Bench;
let root: string;
let uid: string;
let open: Awaited<ReturnType<Bench['instance']>>['open'];
beforeEach(async () => {
  bench = makeBench();
  ({ open } = await bench.instance());
  root = bench.folder('runs');
  uid = (await addStorage(open, { root, managed: false, watch: false })).items[0]?.uid ?? '';
});
afterEach(() => bench.remove());

async function know(names: string[]): Promise<void> {
  await writeWorkstation(open.workstation, async (tx) => {
    for (const name of names) {
      writeFileSync(join(root, name), name);
      const { size, mtimeNs, ctimeNs, dev, ino } = lstatSync(join(root, name), { bigint: true });
      const facts = {
        size: Number(size),
        mtime_ns: String(mtimeNs),
        ctime_ns: String(ctimeNs),
        dev: String(dev),
        ino: String(ino),
      };
      const key = { storage_uid: uid, folder: Buffer.from(''), name: Buffer.from(name) };
      await tx
        .insertInto('inventory')
        .values({ ...key, ...facts, sha256: null, artifact_uid: name, gone_since: null, missing: 0, unit: 0 })
        .execute();
    }
  });
}
const known = (proven: boolean): Promise<boolean> => hasKnownFiles(open, uid, rawFromText(root), proven);

test('a folder of which nothing is known is taken as it is', async () => {
  expect(await known(false)).toBe(true);
});

test('F-WA08 an emptied folder is never the one, whatever the file system says', async () => {
  await know(['a', 'b', 'c']);
  for (const name of ['a', 'b', 'c']) rmSync(join(root, name));
  expect(await known(true)).toBe(false);
  expect(await known(false)).toBe(false);
  expect((await checkRoot(open, await findStorage(open.registry.db, uid))).attached).toBe(false);
});

test('three known files are enough, at their names or renamed; two of many are not', async () => {
  const names = Array.from({ length: 10 }, (_, n) => `run-${String(n)}.csv`);
  await know(names);
  for (const name of names.slice(3)) rmSync(join(root, name));
  expect(await known(false)).toBe(true);
  for (const name of names.slice(0, 3)) renameSync(join(root, name), join(root, `old-${name}`));
  expect(await known(false)).toBe(true);
  rmSync(join(root, `old-${names[0] ?? ''}`));
  expect(await known(false)).toBe(false);
  expect(await known(true)).toBe(true);
});

test('of a few known files half are enough: deleting one of two is no lost drive', async () => {
  await know(['a', 'b']);
  rmSync(join(root, 'a'));
  expect(await known(false)).toBe(true);
});
