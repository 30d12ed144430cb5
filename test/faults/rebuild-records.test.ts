/** F-AP09: nothing is left of the registry and its backups; the managed storage tells what its records were. */
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { saveArtifacts, verify } from '../../src-main/artifacts/index.ts';
import { hashPool } from '../../src-main/engine/hash-pool.ts';
import { connectInstance, initInstance, openInstance, type OpenInstance } from '../../src-main/instance/index.ts';
import { repairRegistry } from '../../src-main/instance/repair-registry.ts';
import { rawToDisplay } from '../../src-main/ports/fs/raw-path.ts';
import { openS3Store } from '../../src-main/storage/objects/s3-store.ts';
import { parseCloudRoot } from '../../src-main/storage/objects/store-options.ts';
import { wordsForObject, wordsOfObject } from '../../src-main/storage/index.ts';
import { ended } from '../artifacts/open-artifacts.ts';
import { makeBench, openBenchWorkbench, type Bench } from '../instance/open-bench.ts';
import { describeGcs } from '../stores/describe-gcs.ts';
import { useS3 } from '../stores/use-s3.ts';

const server = useS3('versitygw');
let bench: Bench;
beforeEach(() => {
  bench = makeBench();
});
afterEach(async () => {
  await bench.remove();
  vi.unstubAllEnvs();
});

async function open(): Promise<OpenInstance> {
  return openInstance(await openBenchWorkbench(bench.home), { name: 'lab', hasher: hashPool(1) });
}

async function close(instance: OpenInstance): Promise<void> {
  await instance.hasher.close();
  await instance.close();
}

/** Files of several sizes, two of them with a second version; then the registry and all its backups are gone. */
async function saveAndLose(
  storage: string,
): Promise<{ uid: string; key: string | null; sha256: string | null; is_latest: number }[]> {
  await initInstance(await openBenchWorkbench(bench.home), { storage, name: 'lab' });
  const instance = await open();
  const folder = bench.folder('files');
  const save = async (name: string, content: string | Buffer): Promise<void> => {
    const path = join(folder, 'content.fastq.gz');
    writeFileSync(path, content);
    await ended(saveArtifacts(instance, { paths: [path], key: `plate ü/${name}.fastq.gz`, labels: [], new: false }));
  };
  for (let n = 0; n < 12; n++) await save(`run ${String(n)}%`, `content ${String(n)}`);
  await save('run 3%', 'another');
  await save('large', Buffer.alloc(17 * 1024 ** 2, 'x'));
  // A folder is one of them, with names that need care.
  const run = bench.folder('run.zarr');
  mkdirSync(join(run, 'deep'));
  for (const name of ['a.csv', 'deep/b 50%.csv', 'deep/ü.csv']) writeFileSync(join(run, name), `of ${name}`);
  await ended(saveArtifacts(instance, { paths: [run], key: 'plate ü/run.zarr', labels: [], new: false }));
  const rows = await instance.registry.db
    .selectFrom('artifact')
    .select([
      'uid',
      'key',
      'sha256',
      'is_latest',
      'hash',
      'hash_type',
      'suffix',
      'size',
      'stem_uid',
      'key_is_virtual',
      'n_files',
    ])
    .orderBy('uid')
    .execute();
  const at = rawToDisplay(instance.folder);
  await close(instance);
  for (const name of readdirSync(at))
    if (/^(?:registry|workstation)\.db|^backups$|^head/.test(name)) rmSync(join(at, name), { recursive: true });
  writeFileSync(join(at, 'registry.db'), 'nothing of use');
  return rows;
}

async function rebuilt(): Promise<{ rows: unknown[]; message: string }> {
  const { message } = await repairRegistry(await openBenchWorkbench(bench.home), { name: 'lab' });
  const instance = await open();
  const rows = await instance.registry.db
    .selectFrom('artifact')
    .select([
      'uid',
      'key',
      'sha256',
      'is_latest',
      'hash',
      'hash_type',
      'suffix',
      'size',
      'stem_uid',
      'key_is_virtual',
      'n_files',
    ])
    .orderBy('uid')
    .execute();
  const verified = await ended(verify(instance, { artifacts: [], all: true, registry: true }));
  expect(verified.failed).toEqual([]);
  expect(verified.ok).toBe(rows.length + 1);
  const states = await instance.registry.db.selectFrom('artifact').select('state').distinct().execute();
  expect(states).toEqual([{ state: 'ok' }]);
  await close(instance);
  return { rows, message };
}

test(
  'F-AP09 in a bucket every record comes back, with its key, version and checksums',
  { timeout: 120_000 },
  async () => {
    for (const [name, value] of Object.entries(server().env)) vi.stubEnv(name, String(value));
    const root = `s3://${server().bucket}/lab?endpoint_url=${server().endpoint}`;
    const before = await saveAndLose(root);
    // S-21: what somebody else put there is none of ours, whatever it says.
    const parsed = parseCloudRoot(root);
    if (parsed === null) throw new Error('no root');
    const store = await openS3Store(parsed, {});
    const words = { uid: 'x'.repeat(20), sha256: 'a'.repeat(64), key: '../../etc/passwd', hash: null, hashType: null };
    await store.put('.lamindb/notes.txt', Buffer.from('x'), { metadata: wordsForObject(words) });
    store.close();
    // What was chosen on this computer is lost, too: it is said again where the bucket is.
    await connectInstance(await openBenchWorkbench(bench.home), { instance: root });
    const { rows, message } = await rebuilt();
    expect(rows).toEqual(before);
    expect(message).toContain(`The records of ${String(before.length)} files`);
  },
);

test(
  'F-AP09 in a folder every file comes back, without the names that only the registry knew',
  { timeout: 120_000 },
  async () => {
    const before = await saveAndLose(bench.folder('lab'));
    const { rows } = await rebuilt();
    expect(rows).toEqual(before.map((row) => ({ ...row, key: null })));
  },
);

describeGcs('on fake-gcs-server', (gcs) => {
  test('words that are kept with an object come back, of one request and of a session', async () => {
    const words = {
      uid: 'Ab1'.repeat(6).padEnd(20, '0'),
      sha256: 'a'.repeat(64),
      key: 'größe/a b%.csv',
      hash: null,
      hashType: null,
    };
    await gcs.store.put('a', Buffer.from('x'), { metadata: wordsForObject(words) });
    expect(wordsOfObject((await gcs.store.stat('a'))?.metadata)).toEqual(words);
    const token = await gcs.store.uploads.begin('b', 1, { metadata: wordsForObject(words) });
    const part = { number: 1, offset: 0, bytes: Buffer.from('x'), crc32: '' };
    const sent = await gcs.store.uploads.send('b', token, part);
    await gcs.store.uploads.complete('b', token, [sent], { size: 1, crc32: '' });
    expect(wordsOfObject((await gcs.store.stat('b'))?.metadata)).toEqual(words);
  });
});
