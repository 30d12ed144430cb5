/** For each test a bench whose default storage is a folder of its own in the bucket, and programs that have files open till its end. */
import type { ChildProcess } from 'node:child_process';
import { afterEach, beforeEach, vi } from 'vitest';
import { freeArtifacts } from '../../src-main/artifacts/index.ts';
import type { S3Server } from '../stores/start-s3.ts';
import { openCloudBench, run, type CloudBench } from './open-cloud-bench.ts';
import { endOf, openIn, type Context } from './worst-moments.ts';

/** `name` begins that of the folders. */
export function useCloudBench(server: () => S3Server, name: string) {
  let opened: CloudBench | null = null;
  let root = '';
  let folders = 0;
  let others: ChildProcess[] = [];
  const bench = (): CloudBench => {
    if (opened === null) throw new Error('no test is running');
    return opened;
  };
  const closeAll = (): Promise<unknown> => Promise.all(others.map(endOf));
  beforeEach(async () => {
    root = `s3://${server().bucket}/${name}-${String(folders++)}`;
    opened = await openCloudBench(`${root}?endpoint_url=${server().endpoint}`, { ...server().env });
  });
  afterEach(async () => {
    await closeAll();
    others = [];
    await bench().close();
    vi.unstubAllEnvs();
  });
  return {
    bench,
    /** Of the default storage. */
    root: (): string => root,
    /** Another program opens the file, until `closeAll` or the end of the test. */
    opened: async (path: string): Promise<void> => void others.push(await openIn(path)),
    closeAll,
    free: (context: Context, uid: string) => run(freeArtifacts(context, { artifacts: [uid] })),
    /** In the cache. */
    pathOf: (uid: string): string => bench().cacheOf(uid) ?? '',
    /** Copies that the registry names on this computer. */
    localCopies: async (): Promise<number> =>
      (
        await bench()
          .context.registry.db.selectFrom('copy')
          .innerJoin('storage', 'storage.id', 'copy.storage_id')
          .select('copy.id')
          .where('storage.type', '=', 'local')
          .execute()
      ).length,
    /** What freeing and bringing back left to be finished. */
    pending: async (): Promise<string[]> =>
      (await bench().context.workstation.db.selectFrom('setting').select('name').execute())
        .map(({ name: of }) => of)
        .filter((of) => /^(?:free|return) /.test(of)),
  };
}
