/** F-UP06 to F-UP08, S-19: a store that says no, and what is told of it. */
import { createHash } from 'node:crypto';
import { PutBucketPolicyCommand } from '@aws-sdk/client-s3';
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { ObjectStore } from '../../../src-main/storage/objects/object-store.ts';
import type { Fault } from '../../stores/fault-proxy.ts';
import { openS3At, useS3 } from '../../stores/use-s3.ts';
import { allOf, bytesOf, expectContent, partsOf, PART, sendAll, wholeOf } from './content.ts';
import { failureOf, withFaults } from './s3-with-faults.ts';

const bytes = bytesOf(PART + 5);

/** One call of each kind, on something that is there or could be made. */
function everyCall(store: ObjectStore): [string, () => Promise<unknown>][] {
  const [part] = partsOf(bytesOf(10));
  if (part === undefined) throw new Error('no part');
  const received = { number: 1, size: 10, etag: 'e', crc32: part.crc32 };
  const sha256 = createHash('sha256').update(bytesOf(10)).digest('hex');
  return [
    ['stat', () => store.stat('a')],
    ['get', () => store.readRange('a', 0, 1)],
    ['list', () => allOf(store.list(''))],
    ['put', () => store.put('a', bytesOf(10))],
    ['put where nothing is', () => store.put('a', bytesOf(10), { sha256, condition: { absent: true } })],
    ['delete', () => store.delete('a')],
    ['region', () => store.region()],
    ['begin', () => store.uploads.begin('a', 10)],
    ['parts', () => store.uploads.received('a', 'token')],
    ['part', () => store.uploads.send('a', 'token', part)],
    ['part that is hashed', () => store.uploads.send('a', 'token', { ...part, sha256 })],
    ['complete', () => store.uploads.complete('a', 'token', [received], wholeOf(bytesOf(10)))],
    ['abort', () => store.uploads.abort('a', 'token')],
    ['uploads', () => allOf(store.uploads.list(''))],
  ];
}

describe('S3 on versitygw', { timeout: 60_000 }, () => {
  const server = useS3('versitygw');
  const here = withFaults(server);
  const secret = (): { secret: string } => ({ secret: server().env.AWS_SECRET_ACCESS_KEY });

  const refusals: [string, Exclude<Fault, string>, object][] = [
    ['F-UP06 expired', { status: 403, code: 'ExpiredToken' }, { code: 'not_signed_in', retry: true }],
    ['F-UP07 unknown key', { status: 403, code: 'InvalidAccessKeyId' }, { code: 'not_signed_in', retry: true }],
    ['F-UP07 wrong secret', { status: 403, code: 'SignatureDoesNotMatch' }, { code: 'not_signed_in', retry: true }],
    ['F-UP07 no right', { status: 403, code: 'AccessDenied' }, { code: 'not_allowed' }],
    ['F-UP08 no bucket', { status: 404, code: 'NoSuchBucket' }, { code: 'bucket_not_found', retry: true }],
    ['F-UP08 elsewhere', { status: 301, code: 'PermanentRedirect' }, { code: 'bucket_not_found' }],
    ['F-UP08 no store at all', { status: 404, code: 'page not found' }, { code: 'bucket_not_found' }],
    ['F-UP15 clock', { status: 403, code: 'RequestTimeTooSkewed' }, { code: 'not_allowed', retry: true }],
  ];
  test.each(refusals)('%s is told as such, whatever was asked', async (_name, fault, expected) => {
    // From now on small requests go by the short way.
    await here.truth.put('known', bytesOf(10));
    await here.store.stat('known');
    here.proxy.spoil({}, 9_999, fault);
    for (const [call, run] of everyCall(here.store)) {
      const failure = await failureOf(run(), secret());
      expect(failure, call).toMatchObject(expected);
      expect(failure.message).toContain('s3://benchkeep-test/lab');
      expect(failure.remedy).not.toBe('');
    }
  });

  test('F-UP06 credentials that expire in the middle keep what came', async () => {
    const token = await here.store.uploads.begin('expires', bytes.length);
    const [first, second] = partsOf(bytes);
    if (first === undefined || second === undefined) throw new Error('too few parts');
    const sent = await here.store.uploads.send('expires', token, first);
    here.proxy.spoil({}, 1, { status: 403, code: 'ExpiredToken' });
    const expired = await failureOf(here.store.uploads.send('expires', token, second), secret());
    expect(expired).toMatchObject({ code: 'not_signed_in', retry: true });
    // Signed in again.
    const again = await here.open(here.proxy.endpoint);
    expect(await again.uploads.received('expires', token)).toEqual([sent]);
    const last = await again.uploads.send('expires', token, second);
    await again.uploads.complete('expires', token, [sent, last], wholeOf(bytes));
    expectContent(await here.truth.stat('expires'), bytes);
    expect(here.proxy.seen({ partNumber: 1 })).toHaveLength(1);
  });

  test('F-UP08 a wrong region is told as such', async () => {
    // Small: of a large one the server closes the connection before all of it came, and that is all there is to tell.
    const store = await here.open(server().endpoint, { region: 'eu-west-9' });
    for (const run of [() => store.stat('a'), () => store.put('a', bytesOf(10)), () => allOf(store.list(''))]) {
      const failure = await failureOf(run(), secret());
      expect(failure.code).toBe('bucket_not_found');
      expect(failure.message).toContain('region');
    }
  });

  test('the sign-in page of a network is no store: nothing was stored there, and nothing is gone', async () => {
    await here.truth.put('a', bytes);
    here.proxy.spoil({}, 9_999, 'portal');
    for (const [call, run] of everyCall(here.store)) {
      // To these any success is a good answer, and whoever asks looks again.
      if (['delete', 'abort', 'region'].includes(call)) continue;
      expect((await failureOf(run(), secret())).retry, call).toBe(true);
    }
    expectContent(await here.truth.stat('a'), bytes);
  });

  test('a secret that signs wrongly, and a session token, stay out of every error', async () => {
    vi.stubEnv('AWS_SESSION_TOKEN', 'canary-session-token');
    const wrong = 'canary/wrong+secret/0123456789';
    const store = await here.open(server().endpoint, { secret: wrong });
    for (const [call, run] of everyCall(store))
      expect(await failureOf(run(), { secret: wrong }), call).toMatchObject({ code: 'not_signed_in' });
  });

  test('without credentials, or with a profile that is not there, nothing else is used instead', async () => {
    const none = { AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '' };
    const store = await openS3At(server().root, { ...server().env, ...none });
    expect(await failureOf(store.stat('a'), secret())).toMatchObject({ code: 'not_signed_in', retry: true });
    const lab = await openS3At(server().root, server().env, { profile: 'lab' });
    expect(await failureOf(lab.stat('a'), secret())).toMatchObject({ code: 'not_signed_in', retry: true });
    store.close();
    lab.close();
  });
});

for (const name of ['versitygw', 'minio'] as const) {
  describe(`S3 on ${name}`, { timeout: 60_000 }, () => {
    const server = useS3(name, { versioned: true });
    const opened: ObjectStore[] = [];
    const keep = (store: ObjectStore): ObjectStore => {
      opened.push(store);
      return store;
    };
    afterEach(() => {
      for (const store of opened.splice(0)) store.close();
    });

    test('a public bucket is read without credentials, and no other one', async () => {
      const Bucket = 'public-plates';
      await server().makeBucket(Bucket);
      const Statement = [
        { Effect: 'Allow', Principal: '*', Action: ['s3:GetObject'], Resource: [`arn:aws:s3:::${Bucket}/*`] },
        { Effect: 'Allow', Principal: '*', Action: ['s3:ListBucket'], Resource: [`arn:aws:s3:::${Bucket}`] },
      ];
      const Policy = JSON.stringify({ Version: '2012-10-17', Statement });
      await server().admin.send(new PutBucketPolicyCommand({ Bucket, Policy }));
      const at = `s3://${Bucket}?endpoint_url=${server().endpoint}`;
      await keep(await openS3At(at, server().env)).put('a', Buffer.from('plate'));
      const none = { ...server().env, AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '' };
      const store = keep(await openS3At(at, none, { anonymous: true }));
      expectContent(await store.stat('a'), Buffer.from('plate'));
      expect(await store.stat('b')).toBe(null);
      expect(String(await store.readRange('a', 0, 9))).toBe('plate');
      expect((await allOf(store.list(''))).map(({ key }) => key)).toEqual(['a']);
      await expect(store.put('b', Buffer.from('1'))).rejects.toMatchObject({ code: 'not_allowed' });
      const closed = keep(await openS3At(server().root, none, { anonymous: true }));
      await expect(closed.stat('a')).rejects.toMatchObject({ code: 'not_allowed' });
    });

    test('F-UP11 versions: each is read, proven and deleted for itself', async () => {
      const store = keep(await openS3At(server().root, server().env));
      const first = await store.put('a', Buffer.from('first'));
      const second = await store.put('a', Buffer.from('second'));
      expect(first.version).not.toBe(null);
      expect(second.version).not.toBe(first.version);
      expect(await store.stat('a')).toMatchObject({ version: second.version, etag: second.etag });
      expectContent(await store.stat('a', { version: first.version }), Buffer.from('first'));
      expect(String(await store.readRange('a', 0, 9, { of: first }))).toBe('first');
      await store.delete('a');
      expect(await store.stat('a')).toBe(null);
      expectContent(await store.stat('a', { version: second.version }), Buffer.from('second'));
      await store.delete('a', { version: first.version });
      await store.delete('a', { version: first.version });
      expect(await store.stat('a', { version: first.version })).toBe(null);
      await expect(store.readRange('a', 0, 9, { of: first })).rejects.toMatchObject({ code: 'file_not_found' });
      expectContent(await store.stat('a', { version: second.version }), Buffer.from('second'));
    });

    test('what is complete has a version, by which it is proven although it was replaced', async () => {
      const store = keep(await openS3At(server().root, server().env));
      const token = await store.uploads.begin('big', bytes.length);
      await store.uploads.complete('big', token, await sendAll(store, 'big', token, bytes), wholeOf(bytes));
      const facts = await store.stat('big');
      expectContent(facts, bytes);
      expect(facts.version).not.toBe(null);
      await store.put('big', Buffer.from('other'));
      // versitygw moves what was replaced, and dates it anew.
      const replaced = await store.stat('big', { version: facts.version });
      expect(replaced).toEqual({ ...facts, modifiedAt: replaced?.modifiedAt });
    });
  });
}
