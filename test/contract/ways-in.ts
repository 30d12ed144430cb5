/** The four ways into an engine, each a client of the contract on the same data folder. */
import { createORPCClient } from '@orpc/client';
import { RPCLink as PortLink } from '@orpc/client/message-port';
import { RPCLink as SocketLink } from '@orpc/client/websocket';
import { createRouterClient } from '@orpc/server';
import type { ContractRouterClient } from '@orpc/contract';
import { WebSocket } from 'ws';
import type { Contract } from '../../shared/contract/index.ts';
import { reviveError, toErrorData, type BenchkeepError, type ErrorData } from '../../shared/errors.ts';
import { findRunningEngine, openEngine, type Engine } from '../../src-main/engine/open-engine.ts';
import { fromWire, translateErrors } from '../../src-main/engine/serve-client.ts';
import { startEngine } from '../../src-main/engine/start-engine.ts';
import type { Host } from '../../src-main/engine/host.ts';
import { codeOf, hostParts } from '../hosts/browser/host-fixture.ts';
import { runBrowserHost } from '../../src-main/hosts/browser/start-browser-host.ts';
import { noKeychain } from '../../src-main/hosts/no-keychain.ts';

export type Client = ContractRouterClient<Contract>;

export interface WayIn {
  client: Client;
  close(): Promise<void>;
}

export const testHost: Host = {
  capabilities: { kind: 'cli', folder_picker: false, reveal: false, dropped_paths: false, keychain: false },
  pickFolder: () => Promise.resolve(null),
  pickFiles: () => Promise.resolve([]),
  reveal: () => Promise.resolve(),
  ...noKeychain,
};

/** An engine of this process that others may reach. */
export function testEngine(home: string): Promise<Engine> {
  return openEngine({ home, instance: null, watch: false, listen: true, threads: false }, testHost);
}

export function inProcess(engine: Engine): WayIn {
  const client: Client = createRouterClient(engine.router, {
    context: engine.context,
    interceptors: [({ next }) => translateErrors(() => next())],
  });
  return { client, close: () => Promise.resolve() };
}

export async function overLocalSocket(home: string): Promise<WayIn> {
  const port = await findRunningEngine({ home, instance: null });
  if (port === null) throw new Error('no engine runs');
  return {
    client: createORPCClient<Client>(new PortLink({ port })),
    close: () => {
      port.close();
      return Promise.resolve();
    },
  };
}

/** The browser host as `benchkeep serve` starts it, and a program that has signed in. */
export async function overWebSocket(home: string): Promise<WayIn> {
  const host = await runBrowserHost(hostParts({ startEngine }), { home, open: false });
  const { origin } = new URL(host.address);
  const answer = await fetch(`${origin}/session`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Origin: origin },
    body: JSON.stringify({ code: codeOf(host.address) }),
  });
  const { token } = (await answer.json()) as { token: string };
  const socket = new WebSocket(`${origin.replace('http', 'ws')}/rpc`, ['benchkeep'], {
    headers: { Authorization: `Bearer ${token}` },
  });
  await new Promise<void>((opened, failed) => {
    socket.once('open', () => {
      opened();
    });
    socket.once('error', failed);
  });
  return {
    client: createORPCClient<Client>(new SocketLink({ websocket: socket as never })),
    async close() {
      socket.close();
      await host.close();
    },
  };
}

/** What a call came to, as plain data: its output, or the error as every way must tell it. */
export type Outcome = { output: unknown } | { error: Omit<ErrorData, 'retry' | 'details'> };

export async function outcomeOf(call: Promise<unknown>): Promise<Outcome> {
  try {
    const output = await call;
    // Undefined fields and their absence are the same on the wire.
    return { output: JSON.parse(JSON.stringify(isIterator(output) ? await resultOf(output) : output)) as unknown };
  } catch (error) {
    return { error: plain(fromWire(error)) };
  }
}

function plain(error: unknown): Omit<ErrorData, 'retry' | 'details'> {
  const { code, message, remedy } = reviveError(toErrorData(error)) satisfies BenchkeepError;
  return { code, message, remedy };
}

function isIterator(value: unknown): value is AsyncIterator<unknown, unknown> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value;
}

/** The result of a job. */
export async function resultOf(job: AsyncIterator<unknown, unknown>): Promise<unknown> {
  for (;;) {
    const step = await job.next();
    if (step.done === true) return step.value;
  }
}
