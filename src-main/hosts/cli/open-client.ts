/** The engine that a command talks to: the running app's if there is one, else one opened for the command. */
import { createORPCClient, mapEventIterator } from '@orpc/client';
import { RPCLink } from '@orpc/client/message-port';
import { createRouterClient } from '@orpc/server';
import { BenchkeepError } from '../../../shared/errors.ts';
import type { Host } from '../../engine/host.ts';
import { findRunningEngine, openEngine } from '../../engine/open-engine.ts';
import { fromWire, translateErrors } from '../../engine/serve-client.ts';
import { noKeychain } from '../no-keychain.ts';
import { systemClock, wait } from '../../ports/clock.ts';
import type { FramePort } from '../../ports/local-socket.ts';
import type { Client } from './command.ts';

export interface OpenClient {
  client: Client;
  /** What a person should know of the instance, where this process opened it. */
  warnings: readonly string[];
  close(): Promise<void>;
}

export interface OpenClientOptions {
  home: string;
  instance: string | null;
  /** Keep watched folders watched, if this process becomes the engine. */
  watch: boolean;
  /** Work on what is queued for uploading, if this process becomes the engine. */
  transfers: boolean;
  /** False for commands that work without the connected instance being opened. */
  open: boolean;
}

/** Ms that a running engine gets for its first answer. One that is stopped or hangs takes connections all the same. */
const FIRST_ANSWER = 10_000;
/** Ms for an engine that just starts or just ends: it owns the instance, but nobody listens. */
const PATIENCE = 5000;
const BETWEEN_LOOKS = 100;

/** Errors: `locked` where an engine owns the instance and can't be reached, with its process id. */
export async function openClient(options: OpenClientOptions): Promise<OpenClient> {
  const giveUp = systemClock.monotonic() + PATIENCE;
  for (;;) {
    const running = await runningClient(options);
    if (running !== null) return running;
    try {
      return await ownClient(options);
    } catch (error) {
      const isLocked = error instanceof BenchkeepError && error.code === 'locked';
      if (!isLocked || systemClock.monotonic() > giveUp) throw error;
      await wait(systemClock, BETWEEN_LOOKS);
    }
  }
}

async function ownClient(options: OpenClientOptions): Promise<OpenClient> {
  const engine = await openEngine(
    { ...options, listen: options.watch || options.transfers, threads: false },
    commandLineHost,
  );
  const client: Client = createRouterClient(engine.router, {
    context: engine.context,
    interceptors: [({ next }) => revive(() => translateErrors(() => next()))],
  });
  return {
    client,
    warnings: engine.context.isOpen() ? engine.context.services().context.warnings : [],
    close: () => engine.close(),
  };
}

/** Null where no engine runs, or where the one that does gives no answer: its lock then tells who it is. */
async function runningClient(options: OpenClientOptions): Promise<OpenClient | null> {
  const port = await findRunningEngine(options);
  if (port === null) return null;
  let isClosed = false;
  port.on('close', () => {
    isClosed = true;
  });
  const client = clientOver(port, () => isClosed);
  const close = (): Promise<void> => {
    port.close();
    return Promise.resolve();
  };
  if (await answers(client)) return { client, warnings: [], close };
  await close();
  return null;
}

function clientOver(port: FramePort, isClosed: () => boolean): Client {
  const link = new RPCLink({
    port: port as never,
    interceptors: [({ next }) => revive(() => next(), isClosed)],
  });
  return createORPCClient<Client>(link);
}

async function answers(client: Client): Promise<boolean> {
  const late = new AbortController();
  const cancel = systemClock.after(FIRST_ANSWER, () => {
    late.abort();
  });
  try {
    await client.host.version({}, { signal: late.signal });
    return true;
  } catch {
    // Too late, or it ended meanwhile: both are told by the attempt to own the instance.
    return false;
  } finally {
    cancel();
  }
}

const commandLineHost: Host = {
  capabilities: { kind: 'cli', folder_picker: false, reveal: false, dropped_paths: false, keychain: false },
  ...noKeychain,
  pickFolder: () => Promise.resolve(null),
  pickFiles: () => Promise.resolve([]),
  reveal: () => Promise.resolve(),
};

/** Errors come out as they went in on the engine's side, also those of a stream on its way. */
async function revive<T>(run: () => Promise<T>, isClosed = (): boolean => false): Promise<T> {
  const original = (error: unknown): unknown => (isClosed() ? engineLeft(error) : fromWire(error));
  try {
    const output = await run();
    if (typeof output !== 'object' || output === null || !(Symbol.asyncIterator in output)) return output;
    return mapEventIterator(output as unknown as AsyncIterator<unknown, unknown>, {
      value: (value) => Promise.resolve(value),
      error: (error) => Promise.resolve(original(error)),
    }) as T;
  } catch (error) {
    throw original(error);
  }
}

function engineLeft(error: unknown): BenchkeepError {
  return new BenchkeepError(
    'cancelled',
    'The running Benchkeep ended before it had answered',
    'Run the command again: what was confirmed is kept.',
    { cause: error, retry: true },
  );
}
