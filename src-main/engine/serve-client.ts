/** One client of the engine: oRPC over a port, whatever the port is made of. */
import { ORPCError, mapEventIterator } from '@orpc/client';
import { RPCHandler } from '@orpc/server/message-port';
import type { MessagePort } from 'node:worker_threads';
import { BenchkeepError, reviveError, toErrorData, type ErrorData } from '../../shared/errors.ts';
import type { FramePort } from '../ports/local-socket.ts';
import type { EngineRouter, RouterContext } from './router/index.ts';

/** The oRPC code under which every error of the program travels; its data is `ErrorData`. */
const CODE = 'BENCHKEEP';

export function clientHandler(router: EngineRouter): (port: MessagePort | FramePort, context: RouterContext) => void {
  const handler = new RPCHandler(router, {
    clientInterceptors: [({ next }) => translateErrors(() => next())],
  });
  return (port, context) => {
    handler.upgrade(port as Parameters<typeof handler.upgrade>[0], { context });
    if ('start' in port) port.start();
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
  const data = toErrorData(error instanceof ORPCError ? fromValidation(error) : error);
  return new ORPCError(CODE, { status: 500, message: data.message, data, cause: error });
}

interface Issue {
  message: string;
  path?: readonly (PropertyKey | { key: PropertyKey })[];
}

/** What the contract's validation refused is a wrong argument of the client. */
function fromValidation(error: ORPCError<string, unknown>): unknown {
  if (error.code !== 'BAD_REQUEST') return error;
  const issues = (error.data as { issues?: Issue[] } | undefined)?.issues ?? [];
  const words = issues.map(({ message, path = [] }) => {
    const field = path.map((part) => String(typeof part === 'object' ? part.key : part)).join('.');
    return field === '' ? message : `${field}: ${message}`;
  });
  return new BenchkeepError('invalid_argument', words.join('; ') || 'The request is not valid', 'Check what was given.');
}

/** The error as thrown on the engine's side; for clients. */
export function fromWire(error: unknown): unknown {
  if (error instanceof ORPCError && error.code === CODE) return reviveError(error.data as ErrorData);
  return error;
}
