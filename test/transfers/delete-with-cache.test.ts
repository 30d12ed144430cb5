/** An instance is deleted from this computer: what its cache alone has stays, whatever the registry says of other copies. */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { saveArtifacts, uploadArtifacts } from '../../src-main/artifacts/index.ts';
import { verifyArtifacts } from '../../src-main/artifacts/verify-artifacts.ts';
import { deleteInstance } from '../../src-main/instance/index.ts';
import { rawToDisplay } from '../../src-main/ports/fs/raw-path.ts';
import { cachePath, noteCached } from '../../src-main/transfers/index.ts';
import { openBenchWorkbench } from '../instance/open-bench.ts';
import { openS3At, useS3 } from '../stores/use-s3.ts';
import { filesIn } from './folder-bench.ts';
import { randomBytes, run } from './open-cloud-bench.ts';
import { useCloudBench } from './use-cloud-bench.ts';

const server = useS3('versitygw');
const { bench, root, pathOf, opened } = useCloudBench(server, 'delete-with-cache');

const kept = (...parts: string[]): string => bench().path('home', 'kept', bench().context.instanceUid, ...parts);
const keptNames = (): string[] => (existsSync(kept()) ? readdirSync(kept()).sort() : []);
const object = () => openS3At(`${root()}?endpoint_url=${server().endpoint}`, server().env);

async function deleted(): Promise<string[]> {
  await bench().context.close();
  return (await deleteInstance(await openBenchWorkbench(bench().path('home')), { name: 'lab', force: true })).remains;
}

test('F-CA05 what the bucket has goes; edited work, and what was never sent, stay and are named', async () => {
  const uids = [];
  for (const name of ['proven.csv', 'edited.csv', 'alone.csv'])
    uids.push(await bench().saveOutside(name, randomBytes(300)));
  const [proven = '', edited = '', alone = ''] = uids.map((uid) => pathOf(uid));
  const content = readFileSync(alone);
  await (await object()).delete(`.lamindb/${basename(alone)}`);
  writeFileSync(edited, 'edited since');
  const cache = dirname(proven);
  mkdirSync(join(cache, 'edited-1-folder'));
  writeFileSync(join(cache, 'edited-1-folder', 'mine.csv'), 'mine');
  writeFileSync(join(cache, '.benchkeep-1-x.part'), 'half');
  expect(await deleted()).toEqual([root(), bench().path('local'), kept()]);
  expect(keptNames()).toEqual([basename(edited), basename(alone), 'edited-1-folder'].sort());
  expect(readFileSync(kept(basename(edited)), 'utf8')).toBe('edited since');
  expect(readFileSync(kept(basename(alone)))).toEqual(content);
  expect(readFileSync(kept('edited-1-folder', 'mine.csv'), 'utf8')).toBe('mine');
  expect(existsSync(kept(basename(proven)))).toBe(false);
});

test('where the object was replaced by other bytes, the cache has the last copy of what it was', async () => {
  const content = randomBytes(300);
  const name = basename(pathOf(await bench().saveOutside('a.csv', content)));
  await (await object()).put(`.lamindb/${name}`, randomBytes(300));
  await deleted();
  expect(readFileSync(kept(name))).toEqual(content);
});

test('an object that verify finds to be other bytes is no verified copy any more, until it is right again', async () => {
  const { context } = bench();
  const content = randomBytes(300);
  const uid = await bench().saveOutside('a.csv', content);
  const [key = ''] = await keysOf(uid);
  const dates = async (): Promise<boolean[]> => {
    const artifacts = await context.registry.db.selectFrom('artifact').selectAll().execute();
    await verifyArtifacts(context, artifacts, { signal: new AbortController().signal, onBytes: () => undefined });
    const rows = await context.registry.db.selectFrom('copy').select('verified_at').execute();
    return rows.map(({ verified_at: at }) => at !== null);
  };
  await (await object()).put(key, randomBytes(300));
  expect(await dates()).toEqual([false]);
  await (await object()).put(key, content);
  expect(await dates()).toEqual([true]);
});

test('a copy of a drive, which the registry calls verified, proves nothing', async () => {
  const { context } = bench();
  const content = randomBytes(300);
  const uid = await bench().uploadInPlace('a.csv', content);
  const artifact = await context.registry.db.selectFrom('artifact').selectAll().executeTakeFirstOrThrow();
  const path = cachePath(context, artifact);
  mkdirSync(join(dirname(rawToDisplay(path))), { recursive: true });
  writeFileSync(rawToDisplay(path), content);
  const facts = await context.fs.look(path);
  if (facts === null || artifact.sha256 === null) throw new Error('nothing is there');
  await noteCached(context, { ...artifact, sha256: artifact.sha256 }, { facts });
  await (await object()).delete((await keysOf(uid))[0] ?? '');
  renameSync(bench().path('local'), bench().path('away'));
  await deleted();
  expect(keptNames()).toEqual([`${uid}.csv`]);
  expect(readFileSync(kept(`${uid}.csv`))).toEqual(content);
});

test('where the bucket is away, all of it stays', async () => {
  const name = basename(pathOf(await bench().saveOutside('a.csv', randomBytes(300))));
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'another');
  await deleted();
  expect(keptNames()).toEqual([name]);
});

test('what a program has open stays', async () => {
  const path = pathOf(await bench().saveOutside('a.csv', randomBytes(300)));
  await opened(path);
  await deleted();
  expect(keptNames()).toEqual([basename(path)]);
});

/** A folder that was saved by choice, in the cache; its path. */
async function savedFolder(): Promise<string> {
  const folder = bench().path('outside', 'run.d');
  for (const name of ['a.bin', 'b.bin']) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, name), randomBytes(300));
  }
  const { items } = await run(
    saveArtifacts(bench().context, { paths: [folder], key: 'run.d', labels: [], new: false }),
  );
  const uid = items[0]?.uid ?? '';
  await run(uploadArtifacts(bench().context, { artifacts: [uid], free_up: false }));
  return pathOf(uid);
}

test('a folder that the bucket has goes; one of which it lacks a file stays whole', async () => {
  const [whole, lacking] = [await savedFolder(), await savedFolder()];
  expect(whole).not.toBe(lacking);
  const files = filesIn(lacking);
  await (await object()).delete(`.lamindb/${basename(lacking)}/a.bin`);
  await deleted();
  expect(keptNames()).toEqual([basename(lacking)]);
  expect(filesIn(kept(basename(lacking)))).toEqual(files);
});

test('a folder that a program which died was about to evict has its name again first, and stays where somebody wrote into it', async () => {
  const path = await savedFolder();
  const leaving = join(dirname(path), `.benchkeep-leaving-${basename(path)}.whole`);
  writeFileSync(join(path, 'mine.txt'), 'mine');
  renameSync(path, leaving);
  await deleted();
  expect(keptNames()).toEqual([basename(path)]);
  expect(readFileSync(kept(basename(path), 'mine.txt'), 'utf8')).toBe('mine');
});

test('what an earlier deletion kept is never replaced, and stands in nobody’s way', async () => {
  const path = pathOf(await bench().saveOutside('a.csv', randomBytes(300)));
  writeFileSync(path, 'edited since');
  mkdirSync(kept(), { recursive: true });
  writeFileSync(kept(basename(path)), 'earlier');
  await deleted();
  expect(readFileSync(kept(basename(path)), 'utf8')).toBe('earlier');
  expect(readFileSync(kept(`edited-1-${basename(path)}`), 'utf8')).toBe('edited since');
});

test('where it can’t be kept, nothing of the instance is gone yet', async () => {
  const path = pathOf(await bench().saveOutside('a.csv', randomBytes(300)));
  writeFileSync(path, 'edited since');
  writeFileSync(bench().path('home', 'kept'), 'no folder');
  await expect(deleted()).rejects.toThrow();
  expect(await (await object()).stat('.lamindb/storage_uid.txt')).not.toBeNull();
  expect(readFileSync(path, 'utf8')).toBe('edited since');
});

async function keysOf(uid: string): Promise<string[]> {
  const rows = await bench()
    .context.registry.db.selectFrom('copy')
    .innerJoin('artifact', 'artifact.id', 'copy.artifact_id')
    .innerJoin('storage', 'storage.id', 'copy.storage_id')
    .select('copy.path')
    .where('artifact.uid', '=', uid)
    .where('storage.type', '!=', 'local')
    .execute();
  return rows.map(({ path }) => path.toString('utf8'));
}
