/** The contract's frames through a real WebSocket, the bridge and a port. */
import { createORPCClient } from '@orpc/client';
import { RPCLink } from '@orpc/client/websocket';
import { describe, expect, it, vi } from 'vitest';
import type { WebSocket } from 'ws';
import { systemClock, type Clock } from '../../../src-main/ports/clock.ts';
import { HEARTBEAT_MS } from '../../../src-main/hosts/browser/bridge-socket.ts';
import { openSocket, pageSocket, signIn, startHost, type RunningHost } from './host-fixture.ts';
import type { TinyClient } from './tiny-engine.ts';

function clientOf(socket: WebSocket): TinyClient {
  // The DOM's type of the same interface.
  return createORPCClient(new RPCLink({ websocket: socket as unknown as globalThis.WebSocket }));
}

async function connected(host?: RunningHost): Promise<{ host: RunningHost; client: TinyClient; socket: WebSocket }> {
  const running = host ?? (await startHost());
  const socket = await pageSocket(running);
  return { host: running, client: clientOf(socket), socket };
}

const closeCode = (socket: WebSocket): Promise<number> => new Promise((resolve) => socket.on('close', resolve));

describe('a client over the bridge', () => {
  it('asks and gets answers, and errors with their data', async () => {
    const { client } = await connected();
    expect(await client.add({ a: 2, b: 3 })).toBe(5);
    expect(await client.echo('µm – 日本 🧪 \u0000\r\n')).toBe('µm – 日本 🧪 \u0000\r\n');
    await expect(client.fail()).rejects.toMatchObject({ code: 'BENCHKEEP', message: 'No.', data: { code: 'refused' } });
    // @ts-expect-error an input that the contract forbids
    await expect(client.add({ a: 'x', b: 3 })).rejects.toMatchObject({ code: 'BAD_REQUEST' });
  });

  it('gets 1 MB of text and of bytes back as they were', async () => {
    const { client } = await connected();
    const text = 'é'.repeat(524_288);
    expect((await client.echo(text)) === text).toBe(true);
    const bytes = Buffer.alloc(
      1_048_576,
      Uint8Array.from({ length: 256 }, (_, n) => n),
    );
    const back = await client.file(new Blob([bytes]));
    expect(Buffer.from(await back.arrayBuffer()).equals(bytes)).toBe(true);
  });

  it('reads events until it stops, and the engine notices', async () => {
    const { host, client } = await connected();
    const abort = new AbortController();
    const events = await client.count(undefined, { signal: abort.signal });
    const seen: number[] = [];
    await expect(
      (async () => {
        for await (const n of events) {
          seen.push(n);
          if (n === 3) {
            expect(host.engine.counts.iterators).toBe(1);
            abort.abort();
          }
        }
      })(),
    ).rejects.toThrow();
    expect(seen.slice(0, 4)).toEqual([0, 1, 2, 3]);
    await vi.waitFor(() => {
      expect(host.engine.counts.iterators).toBe(0);
    });
    expect(await client.add({ a: 1, b: 1 })).toBe(2);
  });

  it('ends the engine’s part when its connection ends, cleanly or not', async () => {
    const host = await startHost();
    for (const end of ['close', 'terminate'] as const) {
      const { client, socket } = await connected(host);
      await (await client.count()).next();
      expect(host.engine.counts).toMatchObject({ ports: 1, iterators: 1 });
      socket[end]();
      await vi.waitFor(() => {
        expect(host.engine.counts).toMatchObject({ ports: 0, iterators: 0 });
      });
    }
  });

  it('has a port of its own beside other clients', async () => {
    const host = await startHost();
    const clients = await Promise.all(Array.from({ length: 5 }, () => connected(host)));
    expect(host.engine.counts.ports).toBe(5);
    const sums = await Promise.all(clients.map(({ client }, n) => client.add({ a: n, b: 10 })));
    expect(sums).toEqual([10, 11, 12, 13, 14]);
  });

  it('works for a script that has only the token', async () => {
    const host = await startHost();
    const { token } = await signIn(host);
    const socket = await openSocket(host, ['benchkeep'], { headers: { Authorization: `Bearer ${token}` } });
    expect(await clientOf(socket as WebSocket).add({ a: 20, b: 22 })).toBe(42);
  });
});

describe('limits', () => {
  it('ends a client that sends more than 16 MiB in one frame, and only that one', async () => {
    const host = await startHost();
    const bad = await pageSocket(host);
    const good = await connected(host);
    const code = closeCode(bad);
    bad.send(Buffer.alloc(16 * 1024 * 1024 + 1));
    expect(await code).toBe(1009);
    expect(await good.client.add({ a: 1, b: 2 })).toBe(3);
  });

  it('takes no more requests from a client that does not read its answers, and goes on when it does', async () => {
    const { host, client, socket } = await connected();
    const other = await connected(host);
    // What the first client sent has long been looked at when the other one was answered so often.
    const turns = async (): Promise<void> => {
      for (let n = 0; n < 50; n += 1) expect(await other.client.add({ a: n, b: 1 })).toBe(n + 1);
    };
    const first = client.echo('read');
    expect(await first).toBe('read');
    socket.pause();
    const flood = client.flood(32 * 1024 * 1024);
    await turns();
    const asked = client.echo('waits');
    await turns();
    expect(host.engine.counts.echoes).toBe(1);
    socket.resume();
    expect((await flood).length).toBe(32 * 1024 * 1024);
    expect(await asked).toBe('waits');
    expect(host.engine.counts).toMatchObject({ echoes: 2, ports: 2 });
  });

  it('cuts off a client that lets 64 MiB wait for it', async () => {
    const { host, client, socket } = await connected();
    const ended = closeCode(socket);
    socket.pause();
    const flood = Array.from({ length: 30 }, () => client.flood(8 * 1024 * 1024).catch(() => 'cut off'));
    await vi.waitFor(() => {
      expect(host.engine.counts.ports).toBe(0);
    }, 10_000);
    socket.resume();
    await ended;
    expect(await Promise.all(flood)).toContain('cut off');
  });

  it('ends a client that showed no life between two beats, and keeps one that did', async () => {
    const { clock, tick } = beating();
    const host = await startHost({ clock });
    const { client, socket } = await connected(host);
    // A beat asks for a sign of life; the client's answer is one.
    for (let beat = 0; beat < 3; beat += 1) {
      const asked = new Promise((resolve) => socket.once('ping', resolve));
      tick();
      await asked;
      expect(await client.add({ a: 1, b: beat })).toBe(1 + beat);
    }
    const ended = closeCode(socket);
    tick();
    // Nothing can come in between: the second beat follows before the first one's answer can arrive.
    tick();
    expect(await ended).toBe(1006);
  });
});

describe('the end', () => {
  it('close() ends sockets and listening at once, stops the engine, and can be called again', async () => {
    const { host, socket } = await connected();
    const ended = closeCode(socket);
    await host.close();
    expect(await ended).toBe(1001);
    await expect(pageSocket(host)).rejects.toThrow();
    expect(await host.closed).toEqual({ error: null });
    await host.close();
    expect(host.engine.counts.ports).toBe(0);
  });

  it('an engine that fails ends the connections, and says why', async () => {
    const { host, socket } = await connected();
    const ended = closeCode(socket);
    const error = {
      code: 'registry_corrupt' as const,
      message: 'The registry is damaged',
      remedy: 'Restore it.',
      retry: false,
    };
    host.engine.fail(error);
    expect(await host.closed).toEqual({ error });
    expect(await ended).toBe(1001);
  });
});

/** A clock whose beats a test triggers. */
function beating(): { clock: Clock; tick: () => void } {
  let due: (() => void)[] = [];
  const clock: Clock = {
    ...systemClock,
    after(ms, run) {
      if (ms !== HEARTBEAT_MS) return systemClock.after(ms, run);
      due.push(run);
      return () => {
        due = due.filter((other) => other !== run);
      };
    },
  };
  const tick = (): void => {
    const now = due;
    due = [];
    for (const run of now) run();
  };
  return { clock, tick };
}
