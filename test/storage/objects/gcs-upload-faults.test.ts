import { inspect } from 'node:util';
import { expect, it } from 'vitest';
import { toErrorData } from '../../../shared/errors.ts';
import { describeGcs, type GcsTest } from '../../stores/describe-gcs.ts';
import {
  contentOf,
  isPart,
  isQuestion,
  md5Of,
  partOf,
  rangesOf,
  sendParts,
  upload,
} from '../../stores/gcs-requests.ts';

const MIB = 1024 ** 2;
const any = () => true;

describeGcs('uploads to Google Cloud Storage over a bad network', (test) => {
  it('goes on from what arrived where a part was cut', async () => {
    const content = contentOf(20 * MIB);
    const token = await test.store.uploads.begin('key', content.length);
    void test.shim.fail({ when: isPart, does: { cutAfter: 5 * MIB } });
    await finish(test, token, content);
    const [first, second = ''] = rangesOf(test.shim.seen);
    expect(first).toMatch(/^0-/);
    expect(Number(second.split('-')[0])).toBeGreaterThanOrEqual(5 * MIB);
  });

  it('gets there through twenty cuts, since each brought something', async () => {
    const content = contentOf(16 * MIB);
    const token = await test.store.uploads.begin('key', content.length);
    void test.shim.fail({ when: isPart, times: 20, does: { cutAfter: 300 * 1024 } });
    await finish(test, token, content);
    expect(rangesOf(test.shim.seen)).toHaveLength(21);
  });

  it('gives up where cuts bring nothing, and can go on later', async () => {
    const content = contentOf(MIB);
    const token = await test.store.uploads.begin('key', content.length);
    void test.shim.fail({ when: isPart, times: Infinity, does: { cutAfter: 1 } });
    await expect(sendParts(test.store, 'key', token, content)).rejects.toMatchObject({ code: 'offline', retry: true });
    expect(rangesOf(test.shim.seen)).toHaveLength(10);
    test.shim.heal();
    await finish(test, token, content);
  });

  it('sends the rest where the store kept a part of a part', async () => {
    const content = contentOf(MIB);
    const token = await test.store.uploads.begin('key', content.length);
    void test.shim.fail({ when: isPart, does: { keep: 256 * 1024 } });
    void test.shim.fail({ when: isPart, does: { keep: 0 } });
    await finish(test, token, content);
    expect(rangesOf(test.shim.seen).map((range) => range.split('-')[0])).toEqual(['0', '262144', '262144']);
  });

  it('asks how far it is where the store refused a part, and goes on', async () => {
    const content = contentOf(20 * MIB);
    const token = await test.store.uploads.begin('key', content.length);
    void test.shim.fail({ when: isPart, times: 3, does: { answer: 503 } });
    void test.shim.fail({ when: isQuestion, times: 2, does: { answer: 500 } });
    await finish(test, token, content);
  });

  it('finds the object made where the answer to the last part was lost', async () => {
    const content = contentOf(MIB);
    const token = await test.store.uploads.begin('key', content.length);
    void test.shim.fail({ when: isPart, does: { loseAnswerAfter: 0 } });
    await finish(test, token, content);
    expect(rangesOf(test.shim.seen)).toHaveLength(1);
  });

  it('does not wait for what stalls', async () => {
    const content = contentOf(16 * MIB);
    const token = await test.store.uploads.begin('key', content.length);
    const stalled = test.shim.fail({ when: isPart, does: { stallAfter: 2 * MIB } });
    const finished = finish(test, token, content);
    await stalled;
    test.clock.silence();
    await finished;
    expect(rangesOf(test.shim.seen)).toHaveLength(2);
  });

  it('puts no address of a session into an error', async () => {
    const token = await test.store.uploads.begin('key', 1);
    const canary = /upload_id=(?<id>[^&"]+)/.exec(token)?.groups?.['id'] ?? '';
    expect(canary.length).toBeGreaterThan(10);
    const body = JSON.stringify({ error: { message: token, errors: [{ reason: token, message: token }] } });
    const part = partOf(Buffer.from('x'), 1, 1);
    const calls = [
      () => test.store.uploads.received('key', token),
      () => test.store.uploads.send('key', token, part),
      () => test.store.uploads.complete('key', token, [], { size: 1, crc32: '' }),
      () => test.store.uploads.abort('key', token),
    ];
    for (const answer of [400, 401, 403, 409, 412, 418, 503]) {
      void test.shim.fail({ when: any, times: Infinity, does: { answer, body } });
      for (const call of calls) expect(await textOfError(call)).not.toContain(canary);
      test.shim.heal();
    }
    void test.shim.fail({ when: any, times: Infinity, does: { loseAnswerAfter: 0 } });
    for (const call of calls) expect(await textOfError(call)).not.toContain(canary);
  });
});

/** The rest of an upload, and that the store then has what was sent. */
async function finish({ store }: GcsTest, token: string, content: Buffer): Promise<void> {
  await upload(store, 'key', content, token);
  expect((await store.stat('key'))?.checksums.md5).toBe(md5Of(content));
}

/** All that could get into a log or onto a screen. */
async function textOfError(call: () => Promise<unknown>): Promise<string> {
  try {
    await call();
  } catch (error) {
    return inspect(error, { depth: null, showHidden: true }) + JSON.stringify(toErrorData(error));
  }
  throw new Error('no error');
}
