/** Deleting that ends in the middle: what is gone from a store counts for nothing any more (`faults.md`, I5). */
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { BenchkeepError } from '../../shared/errors.ts';
import type { Deleted } from '../../src-main/artifacts/delete-artifacts.ts';
import { deleteArtifacts, finishRemovals } from '../../src-main/artifacts/index.ts';
import { planRemovals } from '../../src-main/artifacts/pending-removals.ts';
import { rawFromText } from '../../src-main/ports/fs/raw-path.ts';
import { startFaultProxy, type FaultProxy } from '../stores/fault-proxy.ts';
import { useS3 } from '../stores/use-s3.ts';
import { openCloudLab, type CloudLab } from '../transfers/open-cloud-lab.ts';

const server = useS3('versitygw', { versioned: true });
let lab: CloudLab;
let proxy: FaultProxy;
let folders = 0;

beforeEach(async () => {
  for (const [name, value] of Object.entries(server().env)) vi.stubEnv(name, String(value));
  proxy = await startFaultProxy(server().endpoint, { secret: server().env.AWS_SECRET_ACCESS_KEY });
  lab = await openCloudLab(`s3://${server().bucket}/halfway-${String(folders++)}?endpoint_url=${proxy.endpoint}`);
});
afterEach(async () => {
  await lab.close();
  await proxy.stop();
  vi.unstubAllEnvs();
});

const remove = (uid: string, storage: boolean | null = null): Promise<Deleted> =>
  deleteArtifacts(lab.context, { artifacts: [uid], storage });

/** Below `folder`: so many files. */
function fill(folder: string, n: number): void {
  for (let i = 0; i < n; i++) {
    const path = join(folder, `d${String(i % 3)}`, `f${String(i).padStart(3, '0')}`);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, `content ${String(i)}`);
  }
}

async function below(uid: string): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of (await lab.store()).list(`.lamindb/${uid}/`)) keys.push(key);
  return keys;
}

const silent = (): never => {
  throw new BenchkeepError('offline', 'Nobody answers', 'Try again.', { retry: true });
};

const cloudCopy = async (uid: string) => (await lab.copies(uid)).find(({ root }) => root.startsWith('s3:'));

describe('I5 the store refuses in the middle of a folder', () => {
  test('the record says that it is not all there any more, and deleting it again comes to its end', async () => {
    fill(join(lab.base, 'run'), 40);
    const { uid } = await lab.save(join(lab.base, 'run'), { key: 'run' });
    await lab.upload(uid);
    expect(await below(uid)).toHaveLength(40);
    proxy.spoil({ method: 'DELETE', url: /d1\/f019/ }, 99, { status: 403, code: 'AccessDenied' });
    await expect(remove(uid)).rejects.toMatchObject({
      code: 'not_allowed',
      remedy: expect.stringContaining('Some of its content is gone already, and its record says so.') as string,
    });
    const left = await below(uid);
    expect(left.length).toBeGreaterThan(0);
    expect(left.length).toBeLessThan(40);
    expect((await cloudCopy(uid))?.verified_at).toBe(null);
    expect(await lab.artifact(uid)).toMatchObject({
      state: 'changed',
      state_reason: expect.stringContaining('half-way') as string,
    });
    proxy.reset();
    expect((await remove(uid)).items).toHaveLength(1);
    expect(await below(uid)).toEqual([]);
    expect(await lab.copies(uid)).toEqual([]);
  });

  test('where it is here, too, it stays what it was, and an upload sends what is gone', async () => {
    fill(join(lab.local, 'run'), 40);
    const { uid } = await lab.save(join(lab.local, 'run'));
    await lab.upload(uid);
    proxy.spoil({ method: 'DELETE', url: /d1\/f019/ }, 99, { status: 403, code: 'AccessDenied' });
    await expect(remove(uid)).rejects.toMatchObject({ code: 'not_allowed' });
    expect((await cloudCopy(uid))?.verified_at).toBe(null);
    expect(await lab.artifact(uid)).toMatchObject({ state: 'ok', state_reason: null });
    proxy.reset();
    await lab.upload(uid);
    expect(await below(uid)).toHaveLength(40);
    expect((await cloudCopy(uid))?.verified_at).not.toBe(null);
  });

  test('each member takes two requests, and none is held while others are deleted', async () => {
    fill(join(lab.base, 'run'), 40);
    const { uid } = await lab.save(join(lab.base, 'run'), { key: 'run' });
    await lab.upload(uid);
    await (await lab.store()).put(`.lamindb/${uid}/d1/theirs`, Buffer.from('x'));
    proxy.reset();
    const { remains } = await remove(uid);
    expect(remains).toEqual([expect.stringContaining("not Benchkeep's own, it remains here:")]);
    expect(remains[0]).toMatch(/d1\/theirs$/);
    expect(await below(uid)).toEqual([`.lamindb/${uid}/d1/theirs`]);
    expect(proxy.seen({ url: /\/d\d\/f\d+/ })).toHaveLength(80);
  });
});

test('I5 an answer that does not come: the copy counts for nothing until it was looked at', async () => {
  const { uid } = await lab.save(lab.put('a.fcs'), { key: 'a.fcs' });
  await lab.upload(uid);
  lab.after('delete', silent);
  await expect(remove(uid)).rejects.toMatchObject({ code: 'not_allowed' });
  expect((await cloudCopy(uid))?.verified_at).toBe(null);
  expect(await lab.artifact(uid)).toMatchObject({ state: 'ok' });
  lab.after('delete', null);
  await finishRemovals(lab.context);
  expect(await lab.artifact(uid)).toMatchObject({ state: 'missing' });
  expect(await finishRemovals(lab.context)).toEqual([]);
});

test('F-TR03 the program ended in the middle of a folder that is here, too: that copy counts no more', async () => {
  fill(join(lab.local, 'run'), 10);
  const { uid } = await lab.save(join(lab.local, 'run'));
  await lab.upload(uid);
  const bucket = await lab.bucket();
  await planRemovals(lab.context, [
    { uid, storageUid: bucket.uid, path: rawFromText(`.lamindb/${uid}`), kind: 'object' },
  ]);
  await (await lab.store()).delete(`.lamindb/${uid}/d1/f001`);
  await finishRemovals(lab.context);
  expect((await cloudCopy(uid))?.verified_at).toBe(null);
  expect(await lab.artifact(uid)).toMatchObject({ state: 'ok' });
});

test('a store that does not answer is asked once, and by nobody who only looks at disks', async () => {
  const uids: string[] = [];
  for (const name of ['a.fcs', 'b.fcs', 'c.fcs']) {
    const { uid } = await lab.save(lab.put(name), { key: name });
    await lab.upload(uid);
    uids.push(uid);
  }
  const bucket = await lab.bucket();
  await planRemovals(
    lab.context,
    uids.map((uid) => ({
      uid,
      storageUid: bucket.uid,
      path: rawFromText(`.lamindb/${uid}.fcs`),
      kind: 'object',
    })),
  );
  const asked: string[] = [];
  lab.before('stat', (key) => {
    asked.push(key);
    silent();
  });
  expect(await finishRemovals(lab.context, { of: 'disks' })).toEqual([]);
  expect(asked).toEqual([]);
  const waits = await finishRemovals(lab.context, { of: 'stores' });
  expect(waits.map(({ kind }) => kind)).toEqual(['waits', 'waits', 'waits']);
  expect(asked).toHaveLength(1);
  lab.before('stat', null);
  const stopped = await finishRemovals(lab.context, { of: 'stores', signal: AbortSignal.abort() });
  expect(stopped).toEqual([]);
  const done = await finishRemovals(lab.context, { of: 'stores' });
  expect(done.map(({ kind }) => kind)).toEqual(['gone', 'gone', 'gone']);
  expect((await lab.artifact(uids[0] ?? '')).state).toBe('ok');
});

describe('F-CA04 what was fetched of a deleted artifact', () => {
  async function fetched(): Promise<{ uid: string; path: string }> {
    const { uid } = await lab.save(lab.put('a.fcs', 'content'), { key: 'a.fcs' });
    await lab.upload(uid);
    const [name = ''] = lab.cached();
    return { uid, path: join(lab.context.folder, 'cache', name) };
  }

  test('goes with it', async () => {
    const { uid, path } = await fetched();
    expect(existsSync(path)).toBe(true);
    expect((await remove(uid)).remains).toEqual([]);
    expect(lab.cached()).toEqual([]);
  });

  test('stays where somebody edited it, and it is said where', async () => {
    const { uid, path } = await fetched();
    appendFileSync(path, ' and my own work');
    const { remains } = await remove(uid);
    const [name = ''] = lab.cached();
    expect(lab.cached()).toHaveLength(1);
    expect(remains).toEqual([expect.stringContaining(join(lab.context.folder, 'cache', name))]);
    expect(readFileSync(join(lab.context.folder, 'cache', name), 'utf8')).toBe('content and my own work');
  });

  test('of a folder, too', async () => {
    fill(join(lab.base, 'run'), 3);
    const { uid } = await lab.save(join(lab.base, 'run'), { key: 'run' });
    await lab.upload(uid);
    const cached = join(lab.context.folder, 'cache', uid);
    appendFileSync(join(cached, 'd1', 'f001'), ' and my own work');
    const { remains } = await remove(uid);
    const [name = ''] = lab.cached();
    expect(remains).toEqual([expect.stringContaining(name)]);
    expect(readFileSync(join(lab.context.folder, 'cache', name, 'd1', 'f001'), 'utf8')).toContain('my own work');
    expect(readdirSync(join(lab.context.folder, 'manifests'))).toEqual([]);
  });
});
