/** Opens one connection to the engine, over a WebSocket (browser host) or the port that the preload hands over. */
import { createORPCClient } from '@orpc/client';
import { RPCLink as PortLink } from '@orpc/client/message-port';
import { RPCLink as SocketLink } from '@orpc/client/websocket';
import type { ContractRouterClient } from '@orpc/contract';
import type { Contract } from '../../shared/contract/index.ts';

export type Client = ContractRouterClient<Contract>;

export interface Link {
  client: Client;
  /** Settles once, when the connection is gone. */
  closed: Promise<void>;
}

/** What the Electron preload puts on the window. */
export interface DesktopBridge {
  host: 'electron';
  pathOf(file: File): string;
}

/** Null in a browser. */
export function desktopBridge(): DesktopBridge | null {
  const { benchkeep } = window as Window & { benchkeep?: DesktopBridge };
  return benchkeep?.host === 'electron' ? benchkeep : null;
}

/** Rejects where the engine's host refuses the token or is not there. */
export function openSocketLink(token: string): Promise<Link> {
  const scheme = location.protocol === 'https:' ? 'wss' : 'ws';
  const websocket = new WebSocket(`${scheme}://${location.host}/rpc`, ['benchkeep', `benchkeep.${token}`]);
  const closed = new Promise<void>((resolve) => websocket.addEventListener('close', () => resolve(), { once: true }));
  return new Promise((resolve, reject) => {
    websocket.addEventListener(
      'open',
      () => resolve({ client: createORPCClient(new SocketLink({ websocket })), closed }),
      { once: true },
    );
    websocket.addEventListener('error', () => reject(new Error('The connection was refused')), { once: true });
  });
}

export function openPortLink(port: MessagePort): Link {
  const closed = new Promise<void>((resolve) => port.addEventListener('close', () => resolve(), { once: true }));
  const client: Client = createORPCClient(new PortLink({ port }));
  port.start();
  return { client, closed };
}
