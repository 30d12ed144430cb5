/** What is brought back: what happens meanwhile with the cache, with its drive, and with the program. */
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { bringBack } from '../../src-main/artifacts/index.ts';
import { writeRegistry } from '../../src-main/registry/change-log.ts';
import { addStorage } from '../../src-main/storage/index.ts';
import { evictCached } from '../../src-main/transfers/index.ts';
import { listInbox } from '../../src-main/watching/index.ts';
import { useS3 } from '../stores/use-s3.ts';
import { bytesAt, randomBytes, run, type CloudBench } from './open-cloud-bench.ts';
import { useCloudBench } from './use-cloud-bench.ts';
import { afterCommit, dyingAt, type Context } from './worst-moments.ts';

const server = useS3('versitygw');
const { signal } = new AbortController();

const here = useCloudBench(server, 'return');
const { opened, closeAll, free, pathOf, localCopies, pending } = here;
let bench: CloudBench;
beforeEach(() => {
  bench = here.bench();
});
const back = (context: Context, uid: string) => run(bringBack(context, { artifacts: [uid] }));

describe('what the cache has when content came back', () => {
  test('F-CA04 is put aside where it was edited in the last moment', async () => {
    const content = randomBytes(3000);
    const uid = await bench.saveOutside('a.fcs', content);
    const cached = pathOf(uid);
    const racing = afterCommit(bench.context, 'bring back', () => {
      appendFileSync(cached, 'work');
    });
    await back(racing, uid);
    expect(bytesAt(bench.path('local', '.lamindb', `${uid}.fcs`))).toEqual(content);
    expect(bench.cached()).toEqual([`edited-1-${uid}.fcs`]);
    expect(readFileSync(join(cached, '..', `edited-1-${uid}.fcs`), 'latin1')).toMatch(/work$/);
    const { items } = await listInbox(bench.context, { limit: 10 });
    expect(items[0]?.reason).toContain(`--revises ${uid}`);
  });

  test('F-CA05 stays while a program has it open', async () => {
    const content = randomBytes(3000);
    const uid = await bench.saveOutside('a.fcs', content);
    await opened(pathOf(uid));
    await back(bench.context, uid);
    expect(bytesAt(pathOf(uid))).toEqual(content);
    await closeAll();
    expect(await evictCached(bench.context, uid, signal)).toMatchObject({ kind: 'evicted' });
  });
});

/** As a folder that a drive is mounted on. */
const unmount = (): void => {
  renameSync(bench.path('local'), bench.path('away'));
  mkdirSync(bench.path('local'));
};
const mount = (): void => {
  rmSync(bench.path('local'), { recursive: true });
  renameSync(bench.path('away'), bench.path('local'));
};

describe('a drive that goes away', () => {
  test('F-WA05 while its content is fetched gets nothing in its place, and the cache keeps it', async () => {
    const content = randomBytes(3000);
    const uid = await bench.uploadInPlace('a.fcs', content);
    await free(bench.context, uid);
    const { context } = bench;
    const racing: Context = {
      ...context,
      stores: {
        ...context.stores,
        async open(...words) {
          if (!existsSync(bench.path('away'))) unmount();
          return context.stores.open(...words);
        },
      },
    };
    await expect(back(racing, uid)).rejects.toMatchObject({ code: 'offline' });
    expect(readdirSync(bench.path('local'))).toEqual([]);
    expect(await localCopies()).toBe(0);
    expect(bytesAt(pathOf(uid))).toEqual(content);
    mount();
    await back(bench.context, uid);
    expect(bytesAt(bench.path('local', 'a.fcs'))).toEqual(content);
  });

  test('F-WA05 right before its content has its name is told, and it comes back when it is asked for again', async () => {
    const content = randomBytes(3000);
    const uid = await bench.uploadInPlace('a.fcs', content);
    await free(bench.context, uid);
    await expect(back(afterCommit(bench.context, 'bring back', unmount), uid)).rejects.toMatchObject({
      code: 'offline',
    });
    expect(bytesAt(pathOf(uid))).toEqual(content);
    await expect(back(bench.context, uid)).rejects.toMatchObject({ code: 'offline' });
    mount();
    await back(bench.context, uid);
    expect(bytesAt(bench.path('local', 'a.fcs'))).toEqual(content);
    expect(await localCopies()).toBe(1);
    expect(await pending()).toEqual([]);
    expect(bench.cached()).toEqual([]);
    await bench.lookTwice();
    expect(await localCopies()).toBe(1);
  });

  test('F-WA05 and is away at the next start, too: what was to come back waits for it', async () => {
    const content = randomBytes(3000);
    const uid = await bench.uploadInPlace('a.fcs', content);
    await free(bench.context, uid);
    await expect(back(afterCommit(bench.context, 'bring back', unmount), uid)).rejects.toMatchObject({
      code: 'offline',
    });
    await bench.restart();
    expect(await pending()).toHaveLength(1);
    expect(readdirSync(bench.path('local'))).toEqual([]);
    mount();
    await bench.restart();
    expect(await pending()).toEqual([]);
    expect(bytesAt(bench.path('local', 'a.fcs'))).toEqual(content);
    await bench.lookTwice();
    expect(await localCopies()).toBe(1);
  });

  test('F-WA05 and is away at the next start, too: what was to go is named again when it is back', async () => {
    const content = randomBytes(3000);
    const uid = await bench.uploadInPlace('a.fcs', content);
    const { context: dying, dead } = dyingAt(bench.context, {
      verb: 'unlinkProven',
      path: bench.path('local', 'a.fcs'),
      when: 'before',
    });
    void free(dying, uid);
    await dead;
    unmount();
    await bench.restart();
    expect(await pending()).toHaveLength(1);
    expect(await localCopies()).toBe(0);
    mount();
    await bench.restart();
    expect(await pending()).toEqual([]);
    expect(bytesAt(bench.path('local', 'a.fcs'))).toEqual(content);
    expect(await localCopies()).toBe(1);
  });
});

describe('bringing back', () => {
  test('a file that is edited after a crash gave it its name is new to the next look', async () => {
    const content = randomBytes(3000);
    const uid = await bench.uploadInPlace('a.fcs', content);
    await free(bench.context, uid);
    const { context: dying, dead } = dyingAt(bench.context, {
      verb: 'moveProven',
      path: bench.path('local', 'a.fcs'),
      when: 'after',
    });
    void back(dying, uid);
    await dead;
    appendFileSync(bench.path('local', 'a.fcs'), 'work');
    await bench.restart();
    expect(await pending()).toEqual([]);
    await bench.look();
    const stems = await bench.context.registry.db.selectFrom('artifact').select('stem_uid').execute();
    expect(stems).toEqual([{ stem_uid: uid.slice(0, 16) }, { stem_uid: uid.slice(0, 16) }]);
  });

  test('what was missing everywhere else is not missing any more', async () => {
    const uid = await bench.saveOutside('a.fcs', randomBytes(3000));
    await bench.context.registry.db
      .updateTable('artifact')
      .set({ state: 'missing', state_reason: 'cloud-gone' })
      .execute();
    expect((await back(bench.context, uid)).items).toMatchObject([{ uid, state: 'ok' }]);
    const { state_reason: reason } = await bench.context.registry.db
      .selectFrom('artifact')
      .select('state_reason')
      .executeTakeFirstOrThrow();
    expect(reason).toBe(null);
  });

  test('what was missing is still missing where something else took its place', async () => {
    const uid = await bench.saveOutside('a.fcs', randomBytes(3000));
    await bench.context.registry.db
      .updateTable('artifact')
      .set({ state: 'missing', state_reason: 'cloud-gone' })
      .execute();
    const target = bench.path('local', '.lamindb', `${uid}.fcs`);
    const racing = afterCommit(bench.context, 'bring back', () => {
      writeFileSync(target, 'mine');
    });
    await expect(back(racing, uid)).rejects.toMatchObject({ code: 'already_exists' });
    expect(readFileSync(target, 'latin1')).toBe('mine');
    const states = await bench.context.registry.db.selectFrom('artifact').select(['state', 'state_reason']).execute();
    expect(states).toEqual([{ state: 'missing', state_reason: 'cloud-gone' }]);
    expect(bench.cached()).toEqual([`${uid}.fcs`]);
  });

  test('to where it was on this computer, whatever other computers freed since', async () => {
    const content = randomBytes(3000);
    const uid = await bench.uploadInPlace('a.fcs', content);
    await free(bench.context, uid);
    const { context } = bench;
    mkdirSync(bench.path('theirs'));
    await addStorage(context, { root: bench.path('theirs'), managed: true, watch: false });
    const { id } = await context.registry.db
      .selectFrom('storage')
      .select('id')
      .where('root', '=', bench.path('theirs'))
      .executeTakeFirstOrThrow();
    const artifact = await context.registry.db.selectFrom('artifact').select('id').executeTakeFirstOrThrow();
    const path = Buffer.from('a.fcs');
    await writeRegistry(context, await context.author(), 'save', (write) => {
      const copy = { artifact_id: artifact.id, storage_id: id, path, verified_at: write.now, created_at: write.now };
      write.insert('copy', [copy], [uid]);
      return Promise.resolve();
    });
    await writeRegistry(context, await context.author(), 'free', async (write) => {
      const copy = await write.tx.selectFrom('copy').selectAll().where('storage_id', '=', id).executeTakeFirstOrThrow();
      write.removeRow('copy', copy, uid);
    });
    await context.registry.db
      .updateTable('storage')
      .set({ workstation_uid: 'elsewhere000' })
      .where('id', '=', id)
      .execute();
    await back(context, uid);
    expect(bytesAt(bench.path('local', 'a.fcs'))).toEqual(content);
  });
});
