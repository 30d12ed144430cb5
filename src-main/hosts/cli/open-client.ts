/** The engine that a command talks to: the running app's if there is one, else one opened for the command. */
import { createORPCClient } from '@orpc/client';
import { RPCLink } from '@orpc/client/message-port';
import { createRouterClient } from '@orpc/server';
import { mapEventIterator } from '@orpc/client';
import type { Host } from '../../engine/host.ts';
import { findRunningEngine, openEngine } from '../../engine/open-engine.ts';
import { fromWire, translateErrors } from '../../engine/serve-client.ts';
import type { Client } from './command.ts';

export interface OpenClient {
  client: Client;
  close(): Promise<void>;
}

export interface OpenClientOptions {
  home: string;
  instance: string | null;
  /** Keep watched folders watched, if this process becomes the engine. */
  watch: boolean;
}

/** Errors: `locked` where an engine owns the instance and can't be reached. */
export async function openClient(options: OpenClientOptions): Promise<OpenClient> {
  const port = await findRunningEngine(options);
  if (port !== null) {
    const link = new RPCLink({ port: port as never, interceptors: [({ next }) => revive(() => next())] });
    return {
      client: createORPCClient<Client>(link),
      close: () => {
        port.close();
        return Promise.resolve();
      },
    };
  }
  const engine = await openEngine({ ...options, listen: options.watch, threads: false }, commandLineHost);
  return {
    client: createRouterClient(engine.router, {
      context: engine.context,
      interceptors: [({ next }) => revive(() => translateErrors(() => next()))],
    }) as Client,
    close: () => engine.close(),
  };
}

const commandLineHost: Host = {
  capabilities: { kind: 'cli', folder_picker: false, reveal: false, dropped_paths: false },
  pickFolder: () => Promise.resolve(null),
  pickFiles: () => Promise.resolve([]),
  reveal: () => Promise.resolve(),
};

/** Errors come out as they went in on the engine's side, also those of a stream on its way. */
async function revive<T>(run: () => Promise<T>): Promise<T> {
  try {
    const output = await run();
    if (typeof output !== 'object' || output === null || !(Symbol.asyncIterator in output)) return output;
    return mapEventIterator(output as unknown as AsyncIterator<unknown, unknown>, {
      value: (value) => Promise.resolve(value),
      error: (error) => Promise.resolve(fromWire(error)),
    }) as T;
  } catch (error) {
    throw fromWire(error);
  }
}
