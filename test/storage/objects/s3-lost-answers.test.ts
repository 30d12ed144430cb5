/** F-UP04, F-UP05, F-UP09, F-UP18: the store did it, or something else, and the caller was not told. */
import { describe, expect, test } from 'vitest';
import { useS3 } from '../../stores/use-s3.ts';
import { allOf, bytesOf, expectContent, PART, partsOf, sendAll, wholeOf } from './content.ts';
import { failureOf, withFaults } from './s3-with-faults.ts';

const bytes = bytesOf(PART + 77);

for (const name of ['versitygw', 'minio'] as const) {
  describe(`S3 on ${name}`, { timeout: 120_000 }, () => {
    const server = useS3(name);
    const here = withFaults(server);
    const secret = (): { secret: string } => ({ secret: server().env.AWS_SECRET_ACCESS_KEY });
    /** What a call says that may have been done by an attempt whose answer was lost. */
    const codeOf = (call: Promise<unknown>): Promise<string> =>
      call.then(
        () => 'done',
        async (error: unknown) => (await failureOf(Promise.reject(error as Error), secret())).code,
      );

    test('F-UP04 the answer to a put is lost once: the object is there, and the caller may ask', async () => {
      here.proxy.spoil({ kind: 'put' }, 1, 'lose answer');
      // So small that all of it is on its way before the store can refuse it.
      const small = bytes.subarray(0, 1000);
      const put = here.store.put('a', small, { condition: { absent: true } });
      // The second attempt meets what the first one made.
      expect(await codeOf(put)).toBe('already_exists');
      expectContent(await here.store.stat('a'), small);
      here.proxy.spoil({ kind: 'put' }, 1, 'lose answer');
      expect(await codeOf(here.store.put('a', bytes))).toBe('done');
    });

    test('F-UP04 the answers to a put are lost: the object is there, and the caller knows nothing', async () => {
      // From the second attempt on the store refuses, which is lost too.
      here.proxy.spoil({ kind: 'put' }, 99, 'lose answer');
      const put = here.store.put('b', bytes, { condition: { absent: true } });
      expect(await failureOf(put, secret())).toMatchObject({ code: 'offline', retry: true });
      expectContent(await here.store.stat('b'), bytes);
    });

    test.each([1, 99])('F-UP04 the answer to complete is lost (%s): what is there decides', async (times) => {
      const key = `whole ${String(times)}`;
      const token = await here.store.uploads.begin(key, bytes.length);
      const sent = await sendAll(here.store, key, token, bytes);
      here.proxy.spoil({ kind: 'complete' }, times, 'lose answer');
      const code = await codeOf(here.store.uploads.complete(key, token, sent, wholeOf(bytes)));
      // Servers differ in what a second attempt gets; none may say that it went wrong for good.
      if (times === 1) expect(['done', 'already_exists', 'upload_lost']).toContain(code);
      else expect(code).toBe('offline');
      expectContent(await here.store.stat(key), bytes);
      expect((await allOf(here.store.list('whole'))).filter((facts) => facts.key === key)).toHaveLength(1);
    });

    test('F-UP04 the answer to a part is lost: it is sent again, and is there once', async () => {
      const token = await here.store.uploads.begin('parts', bytes.length);
      here.proxy.spoil({ kind: 'part', partNumber: 2 }, 1, 'lose answer');
      const sent = await sendAll(here.store, 'parts', token, bytes);
      expect([1, 2].map((partNumber) => here.proxy.seen({ partNumber }).length)).toEqual([1, 2]);
      expect(await here.store.uploads.received('parts', token)).toEqual(sent);
      await here.store.uploads.complete('parts', token, sent, wholeOf(bytes));
      expectContent(await here.store.stat('parts'), bytes);
    });

    test('F-UP04 the answer to begin is lost: the upload that nobody knows is found and given up', async () => {
      here.proxy.spoil({ kind: 'begin' }, 1, 'lose answer');
      const token = await here.store.uploads.begin('orphaned', bytes.length);
      const found = (await allOf(here.store.uploads.list('orphaned'))).map((upload) => upload.token);
      expect(found).toHaveLength(2);
      expect(found).toContain(token);
      for (const each of found) await here.store.uploads.abort('orphaned', each);
      expect(await allOf(here.store.uploads.list('orphaned'))).toEqual([]);
    });

    test('F-UP04 the answers to delete and abort are lost: done all the same', async () => {
      await here.truth.put('gone', bytes);
      here.proxy.spoil({ kind: 'delete' }, 1, 'lose answer');
      await here.store.delete('gone');
      expect(await here.truth.stat('gone')).toBe(null);
      const token = await here.truth.uploads.begin('gone', bytes.length);
      here.proxy.spoil({ kind: 'abort' }, 1, 'lose answer');
      await here.store.uploads.abort('gone', token);
      expect(await here.truth.uploads.received('gone', token)).toBe(null);
    });

    test('F-UP05 bytes that change on their way are refused, and may be sent again', async () => {
      here.proxy.spoil({ kind: 'put' }, 1, 'flip request');
      const refused = await failureOf(here.store.put('flipped', bytes), secret());
      expect(refused).toMatchObject({ code: 'io_error', retry: true });
      expect(await here.truth.stat('flipped')).toBe(null);
      const token = await here.store.uploads.begin('flipped', bytes.length);
      here.proxy.spoil({ kind: 'part', partNumber: 1 }, 1, 'flip request');
      const sending = sendAll(here.store, 'flipped', token, bytes);
      expect(await failureOf(sending, secret())).toMatchObject({ code: 'io_error', retry: true });
      const sent = await sendAll(here.store, 'flipped', token, bytes);
      await here.store.uploads.complete('flipped', token, sent, wholeOf(bytes));
      expectContent(await here.truth.stat('flipped'), bytes);
    });

    test('F-UP05 a store that keeps wrong bytes of an object shows it by its checksum', async () => {
      here.proxy.spoil({ kind: 'put' }, 1, 'keep wrong bytes');
      const put = await here.store.put('wrong', bytes);
      const facts = await here.store.stat('wrong');
      expect(facts?.size).toBe(bytes.length);
      expect(facts?.checksums.crc32).toMatch(/^[0-9a-f]{8}$/);
      expect(facts?.checksums.crc32).not.toBe(wholeOf(bytes).crc32);
      expect(put.checksums.crc32).toBe(facts?.checksums.crc32);
    });

    test('F-UP05 a store that keeps wrong bytes of a part makes no object of it', async () => {
      const token = await here.store.uploads.begin('wrong part', bytes.length);
      here.proxy.spoil({ kind: 'part', partNumber: 1 }, 1, 'keep wrong bytes');
      const sent = await sendAll(here.store, 'wrong part', token, bytes);
      const [kept] = (await here.store.uploads.received('wrong part', token)) ?? [];
      expect(kept?.crc32).not.toBe(partsOf(bytes)[0]?.crc32);
      const completed = here.store.uploads.complete('wrong part', token, sent, wholeOf(bytes));
      expect(await failureOf(completed, secret())).toMatchObject({ code: 'io_error', retry: false });
      // Also where whoever completes believes the list of parts.
      const received = (await here.store.uploads.received('wrong part', token)) ?? [];
      const believed = here.store.uploads.complete('wrong part', token, received, wholeOf(bytes));
      expect((await failureOf(believed, secret())).retry).toBe(false);
      expect(await here.truth.stat('wrong part')).toBe(null);
    });

    test('F-UP18 a server that dies in the middle has the parts when it is back', async () => {
      const token = await here.store.uploads.begin('survives', bytes.length);
      const [first, second] = partsOf(bytes);
      if (first === undefined || second === undefined) throw new Error('too few parts');
      const sent = await here.truth.uploads.send('survives', token, first);
      await server().kill();
      const sending = here.truth.uploads.send('survives', token, second);
      expect(await failureOf(sending, secret())).toMatchObject({ code: 'offline', retry: true });
      await server().startAgain();
      expect(await here.truth.uploads.received('survives', token)).toEqual([sent]);
      const last = await here.truth.uploads.send('survives', token, second);
      await here.truth.uploads.complete('survives', token, [sent, last], wholeOf(bytes));
      expectContent(await here.truth.stat('survives'), bytes);
    });
  });
}
