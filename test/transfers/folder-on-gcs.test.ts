/** A folder artifact in Google Cloud Storage. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { cacheArtifact, deleteArtifacts } from '../../src-main/artifacts/index.ts';
import { evictCached } from '../../src-main/transfers/index.ts';
import { ended } from '../artifacts/open-artifacts.ts';
import { describeGcs } from '../stores/describe-gcs.ts';
import { filesIn } from './folder-bench.ts';
import { die, openCloudLab } from './open-cloud-lab.ts';

describeGcs('on fake-gcs-server', (gcs) => {
  test('F-UP17 a folder goes there, on after the program died, comes back whole, and is deleted', async () => {
    const root = `${gcs.root.root}?api_endpoint=${gcs.root.options.api_endpoint ?? ''}`;
    const lab = await openCloudLab(root);
    try {
      const folder = join(lab.base, 'run.d');
      mkdirSync(join(folder, 'ä %+'), { recursive: true });
      for (let i = 0; i < 30; i++) writeFileSync(join(folder, 'ä %+', `${String(i)}.bin`), randomBytes(100 + i));
      writeFileSync(join(folder, 'large.raw'), randomBytes(20 * 1024 ** 2));
      const files = filesIn(folder);
      const { uid } = await lab.save(folder, { key: 'run.d' });
      const own = join(lab.local, '.lamindb', `${uid}.d`);
      let puts = 0;
      lab.after('put', (key) => {
        if (key.endsWith('.bin') && ++puts === 20) die();
      });
      await expect(lab.upload(uid)).rejects.toThrow();
      expect(filesIn(own)).toEqual(files);
      expect((await lab.copies(uid)).map(({ root: of }) => of)).toEqual([lab.local]);
      lab.after('put', null);
      await lab.restart();
      await lab.upload(uid);
      expect(existsSync(own)).toBe(false);
      expect(await evictCached(lab.context, uid, new AbortController().signal)).toMatchObject({ kind: 'evicted' });
      await ended(cacheArtifact(lab.context, { artifact: uid }));
      expect(filesIn(join(lab.context.folder, 'cache', `${uid}.d`))).toEqual(files);
      await deleteArtifacts(lab.context, { artifacts: [uid], storage: null });
      const left: string[] = [];
      for await (const { key } of gcs.store.list('.lamindb/')) if (key.includes(uid)) left.push(key);
      expect(left).toEqual([]);
    } finally {
      await lab.close();
    }
  });
});
