/** A server of its own for a test, on a free loopback port, that never outlives the test's process. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

export interface ServerOrder {
  program: string;
  /** Goes where the server can't be started, and when the test's process dies without having stopped it. */
  folder: string;
  args: (port: number) => string[];
  env?: Record<string, string>;
  /** An address that answers with success once the server is ready. */
  health: (port: number) => string;
}

export interface RunningServer {
  port: number;
  /** Asks it to end, and waits until it has. */
  stop(): Promise<void>;
  /** SIGKILL, and waits until it is gone. */
  kill(): Promise<void>;
  /** After `stop` or `kill`: with the same port and data. */
  startAgain(): Promise<void>;
}

const PORTS = 5;
/** Ms. Computers that run tests are slow. */
const START = 30_000;
const POLL = 25;

export async function runServer(order: ServerOrder): Promise<RunningServer> {
  let failure: unknown;
  for (let tried = 0; tried < PORTS; tried++) {
    const port = await freePort();
    try {
      return manage(order, port, await start(order, port));
    } catch (error) {
      // Mostly somebody was faster to take the port.
      failure = error;
    }
  }
  rmSync(order.folder, { recursive: true, force: true });
  throw failure;
}

function manage(order: ServerOrder, port: number, first: ChildProcess): RunningServer {
  let guard = first;
  const end = async (how: 'stop' | 'kill'): Promise<void> => {
    if (hasEnded(guard)) return;
    const gone = once(guard, 'exit');
    guard.stdin?.write(`${how}\n`);
    await gone;
  };
  return {
    port,
    stop: () => end('stop'),
    kill: () => end('kill'),
    async startAgain() {
      guard = await start(order, port);
    },
  };
}

async function start({ program, folder, args, env, health }: ServerOrder, port: number): Promise<ChildProcess> {
  const script = join(import.meta.dirname, 'children', 'guard-server.ts');
  const guard = spawn(process.execPath, [script, folder, program, ...args(port)], {
    env: { ...process.env, ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let said = '';
  const listen = (chunk: Buffer): void => {
    said = (said + String(chunk)).slice(-2_000);
  };
  guard.stdout.on('data', listen);
  guard.stderr.on('data', listen);
  // Where it ends by itself, the pipe breaks.
  guard.stdin.on('error', () => undefined);
  const late = AbortSignal.timeout(START);
  while (!(await answers(health(port)))) {
    if (hasEnded(guard)) throw new Error(`${program} ended: ${said}`);
    if (late.aborted) {
      guard.stdin.end();
      throw new Error(`${program} does not answer: ${said}`);
    }
    await wait(POLL);
  }
  if (hasEnded(guard)) throw new Error(`Another server answers on port ${String(port)}: ${said}`);
  return guard;
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

async function answers(address: string): Promise<boolean> {
  try {
    const answer = await fetch(address, { signal: AbortSignal.timeout(2_000) });
    await answer.body?.cancel();
    return answer.ok;
  } catch {
    return false;
  }
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
