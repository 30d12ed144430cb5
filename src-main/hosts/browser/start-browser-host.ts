/** Starts an engine and shows its window to browsers on this computer. The parts are arguments; `main.ts` names them. */
import { MessageChannel } from 'node:worker_threads';
import type { ErrorData } from '../../../shared/errors.ts';
import type { EngineHandle, EngineOptions } from '../../engine/engine-handle.ts';
import type { Host } from '../../engine/host.ts';
import type { Clock } from '../../ports/clock.ts';
import { makePrivateFolder } from '../../ports/fs/private-folder.ts';
import type { StaticFiles } from '../../ports/fs/static-files.ts';
import type { Random } from '../../ports/random.ts';
import { bridgeSocket } from './bridge-socket.ts';
import { browserHost } from './browser-host.ts';
import type { RequestCheck } from './check-request.ts';
import { listenOnLoopback, type LoopbackServer } from './http-server.ts';
import { hasDisplay, openBrowser } from './open-browser.ts';
import { createSession, type Session } from './session.ts';
import { acceptWebSockets } from './websocket.ts';

export interface BrowserHostOptions {
  /** Left out: a free one. */
  port?: number;
  /** Open the person's browser, where there is a screen. */
  open: boolean;
  home: string;
  instance?: string | null;
  /** Gets the address as its first line, and later what a person should know. */
  print?: (line: string) => void;
}

export interface BrowserHostParts {
  startEngine: (options: EngineOptions, host: Host) => Promise<EngineHandle>;
  readFiles: () => Promise<StaticFiles>;
  check: RequestCheck;
  clock: Clock;
  random: Random;
  env: NodeJS.ProcessEnv;
  platform: NodeJS.Platform;
}

export interface BrowserHost {
  /** With a one-time code that works for a minute. */
  address: string;
  /** Another such address. */
  newAddress(): string;
  engine: EngineHandle;
  /** Ends all connections at once, then stops the engine. Can be called again. */
  close(): Promise<void>;
  /** Settles once, when all has ended; `error` says why if nobody asked for it. */
  closed: Promise<{ error: ErrorData | null }>;
}

export async function runBrowserHost(parts: BrowserHostParts, options: BrowserHostOptions): Promise<BrowserHost> {
  const { home, instance = null, print = () => undefined } = options;
  makePrivateFolder(home);
  const used = new Set<() => void>();
  const loopback = await listenOnLoopback(
    {
      files: await parts.readFiles(),
      check: parts.check,
      session: (port) => tellWhenUsed(createSession(parts, port), used),
    },
    options.port ?? 0,
  );
  const engine = await parts.startEngine({ home, instance }, browserHost).catch((error: unknown) => {
    stopListening(loopback);
    throw error;
  });
  const sockets = acceptWebSockets(loopback, parts.check, (socket) => {
    const { port1, port2 } = new MessageChannel();
    bridgeSocket(parts.clock, socket, port1);
    engine.attach(port2);
  });
  const newAddress = (): string => `http://127.0.0.1:${String(loopback.port)}/#code=${loopback.session.newCode()}`;
  const endConnections = (): void => {
    sockets.close();
    stopListening(loopback);
    for (const forget of used) forget();
    used.clear();
  };
  const closed = engine.stopped.finally(endConnections);
  const address = newAddress();
  print(address);
  if (options.open && hasDisplay(parts)) {
    await openBrowser(parts, home, newAddress()).then(
      (remove) => used.add(remove),
      () => {
        print('No browser could be opened here. Open the address above in one yourself.');
      },
    );
  }
  return {
    address,
    newAddress,
    engine,
    closed,
    async close() {
      endConnections();
      await engine.close();
      await closed;
    },
  };
}

/** Any code that is used removes the redirect files: the browser has come, or the person opened the address. */
function tellWhenUsed(session: Session, used: Set<() => void>): Session {
  return {
    ...session,
    useCode(code) {
      const good = session.useCode(code);
      if (good) {
        for (const remove of used) remove();
        used.clear();
      }
      return good;
    },
  };
}

function stopListening({ server }: LoopbackServer): void {
  server.close();
  server.closeAllConnections();
}
