/** Uploads in parts to any object store (`object-store-cases`). */
import { expect, test } from 'vitest';
import { allOf, bytesOf, crcOf, expectContent, PART, partsOf, sendAll, wholeOf } from './content.ts';
import type { TestStore } from './object-store-cases.ts';

/** Two whole parts and the end of a third. */
const bytes = bytesOf(2 * PART + 1_234);

export function describeUploads(here: TestStore): void {
  test('parts in any order become the object, with a checksum of the whole', async () => {
    const { store, at } = here;
    const key = `${at}big ä+%.tif`;
    const token = await store.uploads.begin(key, bytes.length);
    expect(await store.uploads.received(key, token)).toEqual([]);
    const sent = await sendAll(store, key, token, bytes);
    expect(sent.map(({ number, size }) => ({ number, size }))).toEqual(
      partsOf(bytes).map((part) => ({ number: part.number, size: part.bytes.length })),
    );
    expect(await store.stat(key)).toBe(null);
    await store.uploads.complete(key, token, sent, wholeOf(bytes));
    expectContent(await store.stat(key), bytes);
    expect(await store.readRange(key, PART - 5, 10)).toEqual(bytes.subarray(PART - 5, PART + 5));
    expect(await store.uploads.received(key, token)).toBe(null);
  });

  test('what was received is told part by part, and goes on after a new start', async () => {
    const { store, at } = here;
    const token = await store.uploads.begin(`${at}a`, bytes.length);
    const [first, second, third] = partsOf(bytes);
    if (first === undefined || second === undefined || third === undefined) throw new Error('too few parts');
    const sent = await store.uploads.send(`${at}a`, token, first);
    expect(await store.uploads.received(`${at}a`, token)).toEqual([sent]);
    // The program died before it noted that the part had come.
    await store.uploads.send(`${at}a`, token, first);
    await store.uploads.send(`${at}a`, token, second);
    await store.uploads.send(`${at}a`, token, third);
    const received = (await store.uploads.received(`${at}a`, token)) ?? [];
    expect(received.map(({ number, size, crc32 }) => ({ number, size, crc32: crc32 ?? 'untold' }))).toEqual(
      partsOf(bytes).map((part, index) => ({
        number: part.number,
        size: part.bytes.length,
        crc32: received[index]?.crc32 === null ? 'untold' : part.crc32,
      })),
    );
    await store.uploads.complete(`${at}a`, token, received, wholeOf(bytes));
    expectContent(await store.stat(`${at}a`), bytes);
  });

  test('one part is enough for little', async () => {
    const { store, at } = here;
    const little = bytesOf(10);
    const token = await store.uploads.begin(`${at}a`, little.length);
    const sent = await sendAll(store, `${at}a`, token, little);
    await store.uploads.complete(`${at}a`, token, sent, wholeOf(little));
    expectContent(await store.stat(`${at}a`), little);
  });

  test('an upload that was given up is unknown, also the second time', async () => {
    const { store, at } = here;
    const token = await store.uploads.begin(`${at}a`, bytes.length);
    const [part] = partsOf(bytes);
    if (part === undefined) throw new Error('no part');
    const sent = await store.uploads.send(`${at}a`, token, part);
    await store.uploads.abort(`${at}a`, token);
    await store.uploads.abort(`${at}a`, token);
    expect(await store.uploads.received(`${at}a`, token)).toBe(null);
    await expect(store.uploads.send(`${at}a`, token, part)).rejects.toMatchObject({ code: 'upload_lost' });
    const completed = store.uploads.complete(`${at}a`, token, [sent], wholeOf(bytes));
    await expect(completed).rejects.toMatchObject({ code: 'upload_lost', retry: true });
    expect(await store.stat(`${at}a`)).toBe(null);
  });

  test('what came to be in the meantime is not replaced', async () => {
    const { store, at } = here;
    const token = await store.uploads.begin(`${at}a`, bytes.length);
    const sent = await sendAll(store, `${at}a`, token, bytes);
    await store.put(`${at}a`, Buffer.from('other'));
    const completed = store.uploads.complete(`${at}a`, token, sent, wholeOf(bytes));
    await expect(completed).rejects.toMatchObject({ code: 'already_exists' });
    expect(String(await store.readRange(`${at}a`, 0, 100))).toBe('other');
  });

  test('wrong bytes are refused, as a part and as a whole, and no object appears', async () => {
    const { store, at } = here;
    const token = await store.uploads.begin(`${at}a`, bytes.length);
    const [first, ...rest] = partsOf(bytes);
    if (first === undefined) throw new Error('no part');
    if (store.uploads.plan(bytes.length).parallel > 1) {
      const wrong = { ...first, crc32: crcOf(Buffer.from('other')) };
      await expect(store.uploads.send(`${at}a`, token, wrong)).rejects.toThrow();
      expect(await store.uploads.received(`${at}a`, token)).toEqual([]);
    }
    const sent = [await store.uploads.send(`${at}a`, token, first)];
    for (const part of rest) sent.push(await store.uploads.send(`${at}a`, token, part));
    const whole = { size: bytes.length, crc32: crcOf(Buffer.from('other')) };
    await expect(store.uploads.complete(`${at}a`, token, sent, whole)).rejects.toThrow();
    expect(await store.stat(`${at}a`)).toBe(null);
  });

  test('a part too few is refused, and no object appears', async () => {
    const { store, at } = here;
    const token = await store.uploads.begin(`${at}a`, bytes.length);
    const sent = await sendAll(store, `${at}a`, token, bytes);
    const completed = store.uploads.complete(`${at}a`, token, sent.slice(0, -1), wholeOf(bytes));
    // Where the store counts for itself, it makes the whole object.
    await completed.catch(() => undefined);
    const facts = await store.stat(`${at}a`);
    if (facts !== null) expectContent(facts, bytes);
  });

  test('completing a second time changes nothing', async () => {
    const { store, at } = here;
    const token = await store.uploads.begin(`${at}a`, bytes.length);
    const sent = await sendAll(store, `${at}a`, token, bytes);
    await store.uploads.complete(`${at}a`, token, sent, wholeOf(bytes));
    const first = await store.stat(`${at}a`);
    // Stores differ: done, unknown by now, or something is there. Whoever asks looks what is there.
    const again = await store.uploads.complete(`${at}a`, token, sent, wholeOf(bytes)).then(
      () => 'done',
      (error: unknown) => (error as { code: string }).code,
    );
    expect(['done', 'upload_lost', 'already_exists']).toContain(again);
    expect(await store.stat(`${at}a`)).toEqual(first);
    expectContent(first, bytes);
  });

  test('unfinished uploads are found again, only those below the prefix', async () => {
    const { store, at } = here;
    const keys = [`${at}run/a b`, `${at}run/c`, `${at}other`];
    const begun: { key: string; token: string }[] = [];
    for (const key of keys) begun.push({ key, token: await store.uploads.begin(key, bytes.length) });
    const found = await allOf(store.uploads.list(`${at}run/`));
    expect(found.map(({ key, token }) => ({ key, token }))).toEqual(begun.slice(0, 2));
    for (const { startedAt } of found) if (startedAt !== null) expect(Date.parse(startedAt)).toBeGreaterThan(0);
    for (const { key, token } of begun) await store.uploads.abort(key, token);
    expect(await allOf(store.uploads.list(at))).toEqual([]);
  });

  test('unfinished uploads of one key are found again', async () => {
    const { store, at } = here;
    const token = await store.uploads.begin(`${at}a b`, bytes.length);
    const find = async (): Promise<string[]> =>
      (await allOf(store.uploads.list(`${at}a b`))).map((found) => `${found.key} ${found.token}`);
    expect(await find()).toEqual([`${at}a b ${token}`]);
    await store.uploads.abort(`${at}a b`, token);
    expect(await find()).toEqual([]);
  });

  test('who stops an upload is told so, and what came is kept', async () => {
    const { store, at } = here;
    const token = await store.uploads.begin(`${at}a`, bytes.length);
    const [first, second] = partsOf(bytes);
    if (first === undefined || second === undefined) throw new Error('too few parts');
    const sent = await store.uploads.send(`${at}a`, token, first);
    const stop = new AbortController();
    const sending = store.uploads.send(`${at}a`, token, second, { signal: stop.signal });
    stop.abort();
    await expect(sending).rejects.toMatchObject({ code: 'cancelled', retry: true });
    expect(await store.uploads.received(`${at}a`, token)).toEqual([sent]);
  });

  test('the plan takes the largest object that stores keep', () => {
    const { store } = here;
    for (const size of [0, 1, PART, 48 * 1024 ** 3, 5 * 1024 ** 4]) {
      const { partSize, parallel } = store.uploads.plan(size);
      expect(Math.ceil(size / partSize)).toBeLessThanOrEqual(10_000);
      expect(partSize).toBeGreaterThanOrEqual(PART);
      expect(parallel).toBeGreaterThanOrEqual(1);
    }
  });
}
