/** What crosses to a client and back: errors, streams, ends, and what is no request at all. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MessageChannel } from 'node:worker_threads';
import { createORPCClient } from '@orpc/client';
import { RPCLink } from '@orpc/client/message-port';
import { os } from '@orpc/server';
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import * as z from 'zod';
import { BenchkeepError, toErrorData } from '../../shared/errors.ts';
import { isRequestFrame } from '../../src-main/engine/request-frame.ts';
import { clientHandler, fromWire } from '../../src-main/engine/serve-client.ts';
import { connectLocally, listenLocally, type FramePort } from '../../src-main/ports/local-socket.ts';

/** Counts, fails, and says when it was closed. */
interface Procedures {
  refuse: (input: object) => Promise<never>;
  crash: (input: object) => Promise<never>;
  take: (input: unknown) => Promise<unknown>;
  count: (input: object, options?: { signal: AbortSignal }) => Promise<AsyncIterator<number, string>>;
  breakOff: (input: object) => Promise<AsyncIterator<number>>;
  missing: (input: object) => Promise<unknown>;
}

let closed: string[] = [];
const refused = (): BenchkeepError =>
  new BenchkeepError('storage_linked', 'It is linked', 'Choose another', { retry: true, details: { uid: 'abc' } });

const router = {
  refuse: os.handler(() => {
    throw refused();
  }),
  crash: os.handler(() => {
    throw new TypeError('x is not a function');
  }),
  take: os
    .input(z.object({ name: z.string().min(1), size: z.number().int(), kind: z.enum(['a', 'b']).optional() }))
    .handler(({ input }) => input),
  count: os.handler(async function* ({ signal }) {
    try {
      for (let n = 0; ; n++) {
        yield n;
        await new Promise((done) => setImmediate(done));
      }
    } finally {
      closed.push(signal?.aborted === true ? 'aborted' : 'closed');
    }
  }),
  breakOff: os.handler(async function* () {
    yield await Promise.resolve(1);
    throw refused();
  }),
};

let folder: string;
let path: string;
const unhandled = vi.fn();
beforeEach(async () => {
  closed = [];
  folder = mkdtempSync(join(tmpdir(), 'benchkeep-serve-'));
  path = join(folder, 'private', 'engine.sock');
  const serve = clientHandler(router as never);
  const listener = await listenLocally([path], (port) => {
    serve(port, {} as never);
  });
  process.on('unhandledRejection', unhandled);
  onTestFinished(() => listener.close());
});
afterEach(() => {
  process.off('unhandledRejection', unhandled);
  rmSync(folder, { recursive: true, force: true });
  expect(unhandled).not.toHaveBeenCalled();
});

async function reach(): Promise<{ client: Procedures; port: FramePort }> {
  const port = await connectLocally([path]);
  if (port === null) throw new Error('nobody listens');
  onTestFinished(() => {
    port.close();
  });
  return { port, client: createORPCClient(new RPCLink({ port })) as unknown as Procedures };
}

const errorOf = async (call: Promise<unknown>): Promise<unknown> => {
  try {
    await call;
  } catch (error) {
    return fromWire(error);
  }
  throw new Error('was not refused');
};

describe('errors', () => {
  test('come out as they went in, with code, remedy, retry and details', async () => {
    const { client } = await reach();
    const error = await errorOf(client.refuse({}));
    expect(error).toBeInstanceOf(BenchkeepError);
    expect(toErrorData(error)).toEqual(toErrorData(refused()));
  });

  test('of a stream on its way too', async () => {
    const { client } = await reach();
    const stream = await client.breakOff({});
    expect(await stream.next()).toEqual({ done: false, value: 1 });
    expect(toErrorData(await errorOf(stream.next()))).toEqual(toErrorData(refused()));
  });

  test('that nobody expected are internal, and their stack stays here', async () => {
    const { client } = await reach();
    const error = toErrorData(await errorOf(client.crash({})));
    expect(error).toMatchObject({ code: 'internal', message: 'x is not a function' });
    expect(JSON.stringify(error)).not.toContain('.test.ts');
  });

  test('wrong input is said in words', async () => {
    const { client } = await reach();
    const words = async (input: unknown): Promise<unknown> => toErrorData(await errorOf(client.take(input)));
    expect(await words({ name: '', size: 1.5, kind: 'c' })).toMatchObject({
      code: 'invalid_argument',
      message: 'name must not be empty; size must be a whole number; kind must be one of a, b',
    });
    expect(await words(null)).toMatchObject({ code: 'invalid_argument', message: 'The input must be an object' });
  });

  test('a procedure that is not there is another version, not a thing that is not found', async () => {
    const { client } = await reach();
    expect(await errorOf(client.missing({}))).toMatchObject({ code: 'not_supported' });
  });
});

describe('a job ends', () => {
  test('when its iterator is closed', async () => {
    const { client } = await reach();
    const job = await client.count({});
    await job.next();
    await job.return?.();
    await expect.poll(() => closed).toHaveLength(1);
  });

  test('when its signal aborts', async () => {
    const { client } = await reach();
    const stop = new AbortController();
    const job = await client.count({}, { signal: stop.signal });
    await job.next();
    stop.abort();
    await expect.poll(() => closed).toHaveLength(1);
    await expect(job.next()).rejects.toThrow();
  });

  test('when its client goes away, while others are served on', async () => {
    const [one, two] = [await reach(), await reach()];
    const [job, other] = [await one.client.count({}), await two.client.count({})];
    await Promise.all([job.next(), other.next()]);
    one.port.close();
    await expect.poll(() => closed).toEqual(['aborted']);
    expect((await other.next()).done).toBe(false);
    expect(await two.client.take({ name: 'n', size: 1 })).toEqual({ name: 'n', size: 1 });
  });
});

const junk: (string | Uint8Array)[] = [
  '',
  'hello',
  'null',
  '[]',
  '{}',
  '{"i":1,"p":{"u":"/take"}}',
  '{"i":"1"}',
  '{"i":"1","p":null}',
  '{"i":"1","p":{"u":5}}',
  '{"i":"1","p":{"u":"http://["}}',
  '{"i":"1","t":9,"p":{"u":"/take"}}',
  '{"i":"1","t":3}',
  '{"i":"1","p":{"u":"/take","h":{"content-type":"multipart/form-data; boundary=x"}}}',
  '{"i":"1","p":{"u":"/take","h":{"content-disposition":"attachment"}}}',
  '{"i":"1","p":{"u":"/take","h":[]}}',
  new Uint8Array([123, 125]),
  new Uint8Array([255]),
];

describe('what is no request', () => {
  test.each(junk.map((frame) => [frame]))('%j ends that connection and nothing else', async (frame) => {
    expect(isRequestFrame(frame)).toBe(false);
    const { port } = await reach();
    const gone = new Promise<void>((done) => {
      port.on('close', done);
    });
    port.postMessage(frame);
    await gone;
    const { client } = await reach();
    expect(await client.take({ name: 'n', size: 1 })).toEqual({ name: 'n', size: 1 });
  });

  test('requests with strange bodies are answered with an error', async () => {
    const bodies = [
      undefined,
      null,
      5,
      'x',
      [],
      { json: 1, meta: 'no' },
      { meta: [[1, '__proto__', 'polluted']], json: {} },
      { json: null, maps: [['a']] },
    ];
    for (const body of bodies) {
      const { port } = await reach();
      const answer = new Promise<string>((done) => {
        port.on('message', ({ data }) => {
          done(String(data));
        });
      });
      port.postMessage(JSON.stringify({ i: '1', p: { u: '/take', b: body } }));
      expect(JSON.parse(await answer)).toMatchObject({ i: '1', p: { s: expect.any(Number) as number } });
    }
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  test('paths that are none are answered too', async () => {
    for (const u of [
      '/',
      '//',
      '/%zz',
      '/__proto__',
      '/constructor/name',
      '/take/../refuse',
      `/${'a/'.repeat(5000)}`,
    ]) {
      const { port } = await reach();
      const end = new Promise<string>((done) => {
        port.on('message', ({ data }) => {
          done(String(data));
        });
        port.on('close', () => {
          done('closed');
        });
      });
      port.postMessage(JSON.stringify({ i: '1', p: { u, b: { json: {} } } }));
      expect(await end).toMatch(/^closed$|"s":[45]\d\d/);
    }
  });

  test("a thread's port is served and guarded in the same way", async () => {
    const { port1, port2 } = new MessageChannel();
    onTestFinished(() => {
      port1.close();
    });
    clientHandler(router as never)(port2, {} as never);
    const client = createORPCClient(new RPCLink({ port: port1 })) as unknown as Procedures;
    port1.start();
    expect(await client.take({ name: 'n', size: 1 })).toEqual({ name: 'n', size: 1 });
    const gone = new Promise((done) => port1.once('close', done));
    port1.postMessage('junk');
    await gone;
  });
});
