/** An engine that serves a few procedures over its ports, in place of the real one. */
import { ORPCError, os, type RouterClient } from '@orpc/server';
import { RPCHandler } from '@orpc/server/message-port';
import * as z from 'zod';
import type { ErrorData } from '../../../shared/errors.ts';
import type { EngineHandle, EngineOptions } from '../../../src-main/engine/engine-handle.ts';

export interface TinyEngine extends EngineHandle {
  options: EngineOptions;
  /** Iterators that clients are reading now, clients that are connected; calls of `close` and `echo` so far. */
  readonly counts: { iterators: number; ports: number; closes: number; echoes: number };
  fail(error: ErrorData): void;
}

function makeRouter(counts: TinyEngine['counts']) {
  return {
    add: os.input(z.object({ a: z.number(), b: z.number() })).handler(({ input }) => input.a + input.b),
    echo: os.input(z.string()).handler(({ input }) => {
      counts.echoes += 1;
      return input;
    }),
    file: os.input(z.instanceof(Blob)).handler(({ input }) => input),
    fail: os.handler(() => {
      throw new ORPCError('BENCHKEEP', { message: 'No.', data: { code: 'refused' } });
    }),
    flood: os.input(z.number()).handler(({ input }) => 'x'.repeat(input)),
    count: os.handler(async function* ({ signal }) {
      counts.iterators += 1;
      try {
        for (let n = 0; ; n += 1) {
          yield n;
          await new Promise<void>((resolve) => {
            const timer = setTimeout(resolve, 5);
            signal?.addEventListener('abort', () => {
              clearTimeout(timer);
              resolve();
            });
          });
          if (signal?.aborted) return;
        }
      } finally {
        counts.iterators -= 1;
      }
    }),
  };
}
export type TinyClient = RouterClient<ReturnType<typeof makeRouter>>;

export function startTinyEngine(options: EngineOptions): Promise<TinyEngine> {
  const counts = { iterators: 0, ports: 0, closes: 0, echoes: 0 };
  const handler = new RPCHandler(makeRouter(counts));
  const { promise: stopped, resolve } = Promise.withResolvers<{ error: ErrorData | null }>();
  return Promise.resolve({
    options,
    counts,
    stopped,
    attach(port) {
      counts.ports += 1;
      handler.upgrade(port);
      port.on('close', () => {
        counts.ports -= 1;
      });
      port.start();
    },
    close() {
      counts.closes += 1;
      resolve({ error: null });
      return Promise.resolve();
    },
    fail(error) {
      resolve({ error });
    },
  });
}
