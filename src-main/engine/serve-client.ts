/** One client of the engine: oRPC over a port, whatever the port is made of. */
import { ORPCError, mapEventIterator } from '@orpc/client';
import { RPCHandler } from '@orpc/server/message-port';
import type { MessagePort } from 'node:worker_threads';
import { BenchkeepError, reviveError, toErrorData, type ErrorData } from '../../shared/errors.ts';
import type { FramePort } from '../ports/local-socket.ts';
import { isRequestFrame } from './request-frame.ts';
import { validationWords } from './validation-words.ts';
import type { EngineRouter, RouterContext } from './router/index.ts';

/** The oRPC code under which every error of the program travels; its data is `ErrorData`. */
const CODE = 'BENCHKEEP';

export function clientHandler(router: EngineRouter): (port: MessagePort | FramePort, context: RouterContext) => void {
  const handler = new RPCHandler(router, {
    clientInterceptors: [({ next }) => translateErrors(() => next())],
  });
  return (port, context) => {
    handler.upgrade(requestsOnly(port) as Parameters<typeof handler.upgrade>[0], { context });
    if ('start' in port) port.start();
  };
}

/** A client that sends anything but requests is let go: oRPC's peer would fail on it where nobody can catch that. */
function requestsOnly(port: MessagePort | FramePort): FramePort {
  const on = port.on.bind(port) as (event: string, listener: (event: unknown) => void) => void;
  return {
    on(event: 'message' | 'close', listener: ((event: { data: string | Uint8Array }) => void) | (() => void)) {
      if (event === 'close') on('close', listener as () => void);
      else {
        on('message', (frame) => {
          // A thread's port gives the frame itself, a socket's an event with it.
          const data = typeof frame === 'object' && frame !== null && 'data' in frame ? frame.data : frame;
          if (isRequestFrame(data)) (listener as (event: { data: string }) => void)({ data });
          else port.close();
        });
      }
    },
    postMessage(frame) {
      port.postMessage(frame);
    },
    close() {
      port.close();
    },
  };
}

/** Errors leave as `BENCHKEEP` with their data, also those of a stream on its way. */
export async function translateErrors<T>(run: () => Promise<T>): Promise<T> {
  try {
    const output = await run();
    if (!isIterator(output)) return output;
    return mapEventIterator(output, {
      value: (value) => Promise.resolve(value),
      error: (error) => Promise.resolve(toWire(error)),
    }) as T;
  } catch (error) {
    throw toWire(error);
  }
}

function isIterator(value: unknown): value is AsyncIterator<unknown, unknown> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value;
}

function toWire(error: unknown): ORPCError<string, ErrorData> {
  const data = toErrorData(error instanceof ORPCError ? fromValidation(error as ORPCError<string, unknown>) : error);
  return new ORPCError(CODE, { status: 500, message: data.message, data, cause: error });
}

/** What the contract's validation refused is a wrong argument of the client; a procedure it has not, another version's. */
function fromValidation(error: ORPCError<string, unknown>): unknown {
  if (error.code === 'BAD_REQUEST') {
    const issues = (error.data as { issues?: readonly unknown[] } | undefined)?.issues ?? [];
    return new BenchkeepError('invalid_argument', validationWords(issues), 'Check what was given.');
  }
  return error;
}

/** The error as thrown on the engine's side; for clients. */
export function fromWire(error: unknown): unknown {
  if (!(error instanceof ORPCError)) return error;
  if (error.code === CODE) return reviveError(error.data as ErrorData);
  if (error.code !== 'NOT_FOUND') return error;
  // No procedure of that name: what is not found otherwise comes with its own words.
  return new BenchkeepError(
    'not_supported',
    'The running Benchkeep is of another version and does not know this command',
    'Close it and start it again.',
    { cause: error },
  );
}
