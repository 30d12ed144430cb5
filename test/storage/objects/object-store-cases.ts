/** What every object store must do, whatever its kind: run against real servers, by one file a kind. */
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test, type TestContext } from 'vitest';
import type { ObjectStore } from '../../../src-main/storage/objects/object-store.ts';
import { bytesOf, expectContent } from './content.ts';
import { describeKeys, keysOf } from './key-cases.ts';
import { describeUploads } from './upload-cases.ts';

export interface OpenStore {
  store: ObjectStore;
  close(): void | Promise<void>;
}
export type How = 'as usual' | 'missing bucket' | 'wrong credentials';
/** A text: why it can't be opened in this way here. */
export type OpenHow = (how: How) => Promise<OpenStore | string>;

/** What a server can't do, and its tests leave out. */
export interface StoreLimits {
  /** Its lists damage keys with characters that XML has not. */
  keysOfXml?: boolean;
}

/** One store for each test, in a folder of its own: `at`. */
export interface TestStore {
  readonly store: ObjectStore;
  readonly at: string;
  limits: Required<StoreLimits>;
  other(how: How, context: TestContext): Promise<ObjectStore>;
}

let folders = 0;

export function describeObjectStore(name: string, open: OpenHow, limits: StoreLimits = {}): void {
  describe(name, { timeout: 120_000 }, () => {
    const opened: OpenStore[] = [];
    let at = '';
    const other: TestStore['other'] = async (how, context) => {
      const result = await open(how);
      if (typeof result === 'string') return context.skip(result);
      opened.push(result);
      return result.store;
    };
    const here: TestStore = {
      get store() {
        if (opened[0] === undefined) throw new Error('no store');
        return opened[0].store;
      },
      get at() {
        return at;
      },
      limits: { keysOfXml: false, ...limits },
      other,
    };
    beforeEach(async (context) => {
      at = `case-${String(++folders)}/`;
      await other('as usual', context);
    });
    afterEach(async () => {
      for (const { close } of opened.splice(0)) await close();
    });
    describeObjects(here);
    describeKeys(here);
    describeUploads(here);
  });
}

function describeObjects(here: TestStore): void {
  const text = (words: string): Buffer => Buffer.from(words);
  const read = async (key: string): Promise<string> => String(await here.store.readRange(key, 0, 1_000));

  test('what is not there is null, gone or nothing', async () => {
    const { store, at } = here;
    expect(await store.stat(`${at}a`)).toBe(null);
    await expect(store.readRange(`${at}a`, 0, 1)).rejects.toMatchObject({ code: 'file_not_found' });
    await store.delete(`${at}a`);
    expect(await keysOf(store, at)).toEqual([]);
  });

  test('a missing bucket is an error of its own, never an object that is gone', async (context) => {
    const store = await here.other('missing bucket', context);
    const missing = { code: 'bucket_not_found' };
    await expect(store.stat('a')).rejects.toMatchObject(missing);
    await expect(keysOf(store, '')).rejects.toMatchObject(missing);
    await expect(store.readRange('a', 0, 1)).rejects.toMatchObject(missing);
    await expect(store.put('a', text('1'))).rejects.toMatchObject(missing);
    await expect(store.delete('a')).rejects.toMatchObject(missing);
    await expect(store.uploads.begin('a', 1)).rejects.toMatchObject(missing);
    await expect(store.region()).rejects.toMatchObject(missing);
  });

  test('wrong credentials are told as such by whatever is asked first', async (context) => {
    const wrong = { code: 'not_signed_in', retry: true };
    const store = await here.other('wrong credentials', context);
    await expect(store.stat('a')).rejects.toMatchObject(wrong);
    await expect(keysOf(store, '')).rejects.toMatchObject(wrong);
    await expect(store.readRange('a', 0, 1)).rejects.toMatchObject(wrong);
    await expect(store.put('a', text('1'))).rejects.toMatchObject(wrong);
    await expect(store.region()).rejects.toMatchObject(wrong);
  });

  test('an object comes back as it was put, until it is deleted, twice', async () => {
    const { store, at } = here;
    const put = await store.put(`${at}a`, text('plate 1'));
    const facts = await store.stat(`${at}a`);
    expectContent(facts, text('plate 1'));
    expectContent({ ...put, key: facts.key }, text('plate 1'));
    expect(facts).toMatchObject({ key: `${at}a`, etag: put.etag, version: put.version });
    expect(Date.parse(facts.modifiedAt ?? '')).toBeGreaterThan(0);
    expect(await read(`${at}a`)).toBe('plate 1');
    await store.delete(`${at}a`);
    await store.delete(`${at}a`);
    expect(await store.stat(`${at}a`)).toBe(null);
  });

  test('an empty object is one', async () => {
    const { store, at } = here;
    await store.put(`${at}empty`, Buffer.alloc(0));
    expectContent(await store.stat(`${at}empty`), Buffer.alloc(0));
    expect(await store.readRange(`${at}empty`, 0, 10)).toEqual(Buffer.alloc(0));
    expect(await keysOf(store, at)).toEqual([`${at}empty`]);
  });

  test('what must be absent does not replace what is there', async () => {
    const { store, at } = here;
    await store.put(`${at}a`, text('first'), { condition: { absent: true } });
    const again = store.put(`${at}a`, text('other'), { condition: { absent: true } });
    await expect(again).rejects.toMatchObject({ code: 'already_exists' });
    expect(await read(`${at}a`)).toBe('first');
  });

  test('only the very object that was meant is replaced', async () => {
    const { store, at } = here;
    const first = await store.put(`${at}a`, text('first'));
    const second = await store.put(`${at}a`, text('second'), { condition: { etag: first.etag } });
    const outdated = store.put(`${at}a`, text('third'), { condition: { etag: first.etag } });
    await expect(outdated).rejects.toMatchObject({ code: 'already_exists' });
    expect(await read(`${at}a`)).toBe('second');
    const nowhere = store.put(`${at}b`, text('third'), { condition: { etag: second.etag } });
    await expect(nowhere).rejects.toMatchObject({ code: 'already_exists' });
    expect(await store.stat(`${at}b`)).toBe(null);
  });

  test('of several that put at the same time where nothing may be, one wins', async () => {
    const { store, at } = here;
    const puts = ['1', '2', '3', '4', '5', '6'].map((words) =>
      store.put(`${at}a`, text(words), { condition: { absent: true } }).then(() => words),
    );
    const results = await Promise.allSettled(puts);
    const won = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
    expect(won).toEqual([await read(`${at}a`)]);
    for (const result of results)
      if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'already_exists' });
  });

  test('a range ends where the object ends', async () => {
    const { store, at } = here;
    const bytes = bytesOf(1_000);
    await store.put(`${at}a`, bytes);
    expect(await store.readRange(`${at}a`, 990, 100)).toEqual(bytes.subarray(990));
    for (const offset of [1_000, 1_001, 5_000])
      expect(await store.readRange(`${at}a`, offset, 10)).toEqual(Buffer.alloc(0));
    expect(await store.readRange(`${at}a`, 10, 0)).toEqual(Buffer.alloc(0));
  });

  test('ranges put together are the object', async () => {
    const { store, at } = here;
    const bytes = bytesOf(2_000);
    const facts = await store.put(`${at}a`, bytes);
    const range = fc.tuple(fc.nat(2_100), fc.nat(2_100));
    await fc.assert(
      fc.asyncProperty(range, async ([offset, length]) => {
        const read = await store.readRange(`${at}a`, offset, length, { of: facts });
        expect(read).toEqual(bytes.subarray(offset, offset + length));
      }),
      { numRuns: 25 },
    );
  });

  test('what was replaced while it was read is noticed', async () => {
    const { store, at } = here;
    const first = await store.put(`${at}a`, text('first'));
    await store.put(`${at}a`, text('other'));
    const read_ = store.readRange(`${at}a`, 0, 5, { of: first });
    // Where the store keeps versions, the very one that was meant is read.
    if (first.version === null) await expect(read_).rejects.toMatchObject({ code: 'file_changed', retry: true });
    else expect(String(await read_)).toBe('first');
  });

  test('nothing is done to a key that is none: it might be the bucket', async () => {
    const { store } = here;
    const refused = { code: 'invalid_key' };
    await expect(store.stat('')).rejects.toMatchObject(refused);
    await expect(store.put('', text('1'))).rejects.toMatchObject(refused);
    await expect(store.readRange('', 0, 1)).rejects.toMatchObject(refused);
    await expect(store.delete('')).rejects.toMatchObject(refused);
    await expect(store.uploads.begin('', 1)).rejects.toMatchObject(refused);
  });

  test('who stops it is told so', async () => {
    const { store, at } = here;
    const stopped = { code: 'cancelled' };
    const signal = AbortSignal.abort();
    await expect(store.stat(`${at}a`, { signal })).rejects.toMatchObject(stopped);
    await expect(store.put(`${at}a`, text('1'), { signal })).rejects.toMatchObject(stopped);
    await expect(store.readRange(`${at}a`, 0, 1, { signal })).rejects.toMatchObject(stopped);
    await expect(store.delete(`${at}a`, { signal })).rejects.toMatchObject(stopped);
    await expect(store.list(at, { signal }).next()).rejects.toMatchObject(stopped);
    expect(await store.stat(`${at}a`)).toBe(null);
  });
}
