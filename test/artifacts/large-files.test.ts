/** Large files beside others: they hold nobody up, and they stay away when they were removed on purpose. */
import { truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { registerFiles, type RegisterOutcome } from '../../src-main/artifacts/index.ts';
import { joinRaw, rawFromText } from '../../src-main/ports/fs/raw-path.ts';
import { writeRegistry, type Committed } from '../../src-main/registry/change-log.ts';
import { localRoot } from '../../src-main/storage/index.ts';
import { openArtifacts, type TestArtifacts } from './open-artifacts.ts';

/** Over what is registered together with others. */
const LARGE = 256 * 1024 ** 2 + 1;
const HUGE = 100 * 1024 ** 3;

let test: TestArtifacts;
beforeEach(async () => {
  test = await openArtifacts();
});
afterEach(() => test.close());

function putSparse(name: string, size: number): string {
  const path = test.put(`lab/${name}`, '');
  truncateSync(path, size);
  return path;
}

/** As the watcher does it; `onCommitted` is told of each transaction. */
async function register(
  names: string[],
  options: { signal?: AbortSignal; onCommitted?: (committed: Committed) => void } = {},
): Promise<RegisterOutcome[]> {
  const { signal, onCommitted = test.context.onCommitted } = options;
  const storage = await test.storage();
  const files = [];
  for (const path of names.map(rawFromText)) {
    const facts = await test.context.fs.look(joinRaw(localRoot(storage), path));
    if (facts !== null) files.push({ path, facts });
  }
  const request = { storage, files, author: await test.context.author(), operation: 'watch' };
  return registerFiles({ ...test.context, onCommitted }, { ...request, ...(signal === undefined ? {} : { signal }) });
}

const keys = async (): Promise<(string | null)[]> => (await test.rows()).map(({ key }) => key);

describe('registered together with others', () => {
  it('F-IN23 a huge one holds up no small one, is seen before it is read, and ends when it is stopped', async () => {
    putSparse('huge.bin', HUGE);
    const small = Array.from({ length: 600 }, (_, i) => `${String(i)}.csv`);
    for (const name of small) test.put(`lab/${name}`, name);
    const stop = new AbortController();
    const registering = register(['huge.bin', ...small], { signal: stop.signal });
    registering.catch(() => undefined);
    await expect.poll(async () => (await keys()).length, { timeout: 15_000 }).toBe(601);
    expect((await test.rows()).filter(({ state }) => state === 'unverified')).toMatchObject([{ key: 'huge.bin' }]);
    // What comes while it is read is registered meanwhile, however many threads there are.
    test.put('lab/late.csv');
    expect(await register(['late.csv'])).toMatchObject([{ kind: 'registered' }]);
    stop.abort();
    await expect(registering).rejects.toMatchObject({ code: 'cancelled' });
  });

  it('answers in the order that it was given, and has read all of each', async () => {
    const names = Array.from({ length: 12 }, (_, i) => `${String(i)}.${i % 4 === 0 ? 'bin' : 'csv'}`);
    for (const [i, name] of names.entries()) {
      if (i % 4 === 0) putSparse(name, LARGE + i);
      else test.put(`lab/${name}`, name);
    }
    const outcomes = await register(names);
    const rows = await test.rows();
    const uids = names.map((name) => rows.find(({ key }) => key === name)?.uid);
    expect(outcomes).toEqual(uids.map((uid) => ({ kind: 'registered', uid, version: false })));
    expect(rows.every(({ state, sha256 }) => state === 'ok' && sha256 !== null)).toBe(true);
    expect((await test.verify({ registry: true })).failed).toEqual([]);
  }, 60_000);

  it('the first error ends the reading of the others', async () => {
    putSparse('huge.bin', HUGE);
    putSparse('large.bin', LARGE);
    const registering = register(['huge.bin', 'large.bin'], {
      onCommitted({ uids, registries }) {
        if (uids.size === 1 && registries.has('artifact')) throw new Error('the disk is broken');
      },
    });
    await expect(registering).rejects.toThrow('the disk is broken');
  });
});

describe('whose record was removed on purpose', () => {
  async function removeOnPurpose(uid: string): Promise<void> {
    const { id, sha256 } = await test.row(uid);
    const { db } = test.context.registry;
    const copy = await db.selectFrom('copy').selectAll().where('artifact_id', '=', id).executeTakeFirstOrThrow();
    const { storage_id, path } = copy;
    await writeRegistry(test.context, await test.context.author(), 'delete', async (write) => {
      await write.remove('copy', copy.id, uid);
      await write.remove('artifact', id, uid);
      const { now: created_at, author } = write;
      const stone = { storage_id, path, sha256, artifact_uid: uid, created_at, created_by_id: author.userId };
      write.insert('tombstone', [stone], [uid]);
    });
  }

  it.each([
    ['small', 10],
    ['large', LARGE],
  ])('%s: it stays away while its content is the same, and comes back with other content', async (_, size) => {
    const path = putSparse('a.bin', size);
    const [before] = await register(['a.bin']);
    if (before?.kind !== 'registered') throw new Error('it was not registered');
    await removeOnPurpose(before.uid);
    utimesSync(path, 1, 1);
    expect(await register(['a.bin'])).toEqual([{ kind: 'tombstone', uid: before.uid }]);
    expect(await keys()).toEqual([]);
    writeFileSync(path, 'b', { flag: 'r+' });
    expect(await register(['a.bin'])).toMatchObject([{ kind: 'registered', version: false }]);
    expect(await keys()).toEqual(['a.bin']);
    expect((await test.verify({ all: true, registry: true })).failed).toEqual([]);
  });

  it('comes back when a person saves it', async () => {
    const path = putSparse('a.bin', LARGE);
    const [before] = await register(['a.bin']);
    if (before?.kind !== 'registered') throw new Error('it was not registered');
    await removeOnPurpose(before.uid);
    await test.save(join(path));
    expect(await keys()).toEqual(['a.bin']);
  });
});
