/** F-UP23: a server that nobody proves is refused, a lab's own authority is accepted, and there is no third way. */
import { writeFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { openGcsStore } from '../../../src-main/storage/objects/gcs-store.ts';
import type { ObjectStore } from '../../../src-main/storage/objects/object-store.ts';
import { openS3Store } from '../../../src-main/storage/objects/s3-store.ts';
import { parseCloudRoot, type CloudRoot } from '../../../src-main/storage/objects/store-options.ts';
import {
  certificatesMissing,
  makeCertificates,
  startTlsFront,
  type OwnCertificates,
  type TlsFront,
} from '../../stores/own-certificates.ts';
import { describeGcs } from '../../stores/describe-gcs.ts';
import { useS3 } from '../../stores/use-s3.ts';
import { bytesOf, expectContent, PART, partsOf, wholeOf } from './content.ts';

const missing = certificatesMissing();
const refused = { code: 'not_allowed', retry: false };
const patience = { attempts: 2, firstPause: 1, longestPause: 1 };
const opened: ObjectStore[] = [];
let own: OwnCertificates;

beforeAll(() => {
  if (missing === null) own = makeCertificates();
});
afterAll(() => {
  own?.remove();
});
afterEach(() => {
  for (const store of opened.splice(0)) store.close();
});

function rootAt(text: string): CloudRoot {
  const root = parseCloudRoot(text);
  if (root === null) throw new Error(`${text} is no root`);
  return root;
}

describe.skipIf(missing !== null)(`F-UP23 S3 over TLS${missing === null ? '' : ` (skipped: ${missing})`}`, () => {
  const server = useS3('versitygw');
  let front: TlsFront;
  beforeEach(async () => {
    front = await startTlsFront(server().endpoint, own);
    for (const [name, value] of Object.entries<string>({ ...server().env })) vi.stubEnv(name, value);
    vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', undefined);
  });
  afterEach(() => front.stop());

  async function open(options = '', at = front): Promise<ObjectStore> {
    const root = rootAt(`s3://${server().bucket}/tls?endpoint_url=${at.endpoint}${options}`);
    const store = await openS3Store(root, { patience });
    opened.push(store);
    return store;
  }

  test('a certificate of its own is refused before anything is sent', async () => {
    const store = await open();
    for (const run of [() => store.stat('a'), () => store.put('a', bytesOf(9)), () => store.uploads.begin('a', 9)])
      await expect(run()).rejects.toMatchObject({
        ...refused,
        message: expect.stringContaining("can't prove who it is") as string,
        remedy: expect.stringContaining('certificate authority') as string,
      });
    expect(front.bytes).toBe(0);
  });

  test.each(['ca', 'AWS_CA_BUNDLE'] as const)('with the file of its authority (%s) it is used', async (how) => {
    if (how === 'AWS_CA_BUNDLE') vi.stubEnv('AWS_CA_BUNDLE', own.ca);
    const store = await open(how === 'ca' ? `&ca=${own.ca}` : '');
    const bytes = bytesOf(9);
    await store.put('a', bytes);
    expectContent(await store.stat('a'), bytes);
  });

  test('large parts go over connections that stay, and are proven by the same authority', async () => {
    const store = await open(`&ca=${own.ca}`);
    const bytes = bytesOf(2 * PART + 1);
    const token = await store.uploads.begin('big', bytes.length);
    const sent = [];
    for (const part of partsOf(bytes)) sent.push(await store.uploads.send('big', token, part));
    await store.uploads.complete('big', token, sent, wholeOf(bytes));
    expectContent(await store.stat('big'), bytes);
    // One after the other: the one connection of the first request does for all of them.
    expect(front.connections).toBe(1);
  });

  test('another authority, another name and a file that holds none are refused', async () => {
    const other = makeCertificates();
    const named = makeCertificates('store.example.org');
    const elsewhere = await startTlsFront(server().endpoint, named);
    try {
      await expect((await open(`&ca=${other.ca}`)).stat('a')).rejects.toMatchObject(refused);
      await expect((await open(`&ca=${named.ca}`, elsewhere)).stat('a')).rejects.toMatchObject(refused);
      writeFileSync(other.ca, 'canary: no certificate');
      for (const ca of [other.ca, '/none/ca.pem'])
        await expect(open(`&ca=${ca}`)).rejects.toMatchObject({
          code: 'not_allowed',
          message: expect.stringContaining(ca) as string,
        });
      expect(elsewhere.bytes + front.bytes).toBe(0);
    } finally {
      await elsewhere.stop();
      other.remove();
      named.remove();
    }
  });
});

describeGcs('F-UP23 Google Cloud Storage over TLS', (here) => {
  test.skipIf(missing !== null)('is refused with a certificate of its own, and used with its authority', async () => {
    const front = await startTlsFront(here.gcs.endpoint, own);
    try {
      const at = (options: string): CloudRoot =>
        rootAt(`gs://${here.gcs.bucket}/tls?api_endpoint=${front.endpoint}${options}`);
      const plain = await openGcsStore(at(''), {});
      opened.push(plain);
      await expect(plain.stat('a')).rejects.toMatchObject(refused);
      expect(front.bytes).toBe(0);
      const store = await openGcsStore(at(`&ca=${own.ca}`), {});
      opened.push(store);
      await store.put('a', bytesOf(9));
      expect(await store.stat('a')).toMatchObject({ size: 9 });
    } finally {
      await front.stop();
    }
  });
});
