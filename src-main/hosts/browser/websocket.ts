/** `/rpc`: lets the window, and scripts that hold the token, open a WebSocket to the engine (rules S-13 to S-16). */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type WebSocket } from 'ws';
import type { Refusal, RequestCheck } from './check-request.ts';
import type { LoopbackServer } from './http-server.ts';
import { bearer } from './session-route.ts';
import type { Session } from './session.ts';

/** The sub-protocol that both sides speak; the token comes beside it as `benchkeep.<token>` and is never sent back. */
export const PROTOCOL = 'benchkeep';
/** Largest frame taken from a client, bytes; a larger one ends its connection with code 1009. */
export const MAX_FRAME_BYTES = 16 * 1024 * 1024;

export interface SocketServer {
  /** Ends all connections at once. */
  close(): void;
}

export function acceptWebSockets(
  { server, port, session }: LoopbackServer,
  check: RequestCheck,
  connected: (socket: WebSocket) => void,
): SocketServer {
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_FRAME_BYTES,
    handleProtocols: (offered) => (offered.has(PROTOCOL) ? PROTOCOL : false),
  });
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    // A client that vanishes during the handshake.
    socket.on('error', () => socket.destroy());
    const refusal = check(request, port, 'upgrade') ?? checkPath(request) ?? checkSecrets(session, request);
    if (refusal !== null) refuse(socket, refusal);
    else sockets.handleUpgrade(request, socket, head, connected);
  });
  return {
    close() {
      for (const socket of sockets.clients) {
        socket.close(1001);
        socket.terminate();
      }
      sockets.close();
    },
  };
}

function checkPath(request: IncomingMessage): Refusal | null {
  return request.url === '/rpc' ? null : { status: 404, message: 'There is nothing at this address.' };
}

/** A page needs the cookie and the token; a program, which has no Origin, the token as a header no page can set. */
function checkSecrets(session: Session, request: IncomingMessage): Refusal | null {
  const allowed =
    request.headers.origin === undefined
      ? session.hasToken(bearer(request) ?? '')
      : session.hasCookie(request.headers.cookie) && session.hasToken(offeredToken(request));
  return allowed ? null : { status: 401, message: 'This window is not signed in.' };
}

function offeredToken(request: IncomingMessage): string {
  const offered = (request.headers['sec-websocket-protocol'] ?? '').split(',').map((name) => name.trim());
  const [token, ...more] = offered.filter((name) => name.startsWith(`${PROTOCOL}.`));
  return token === undefined || more.length > 0 || !offered.includes(PROTOCOL) ? '' : token.slice(PROTOCOL.length + 1);
}

const REASONS = { 401: 'Unauthorized', 403: 'Forbidden', 404: 'Not Found', 421: 'Misdirected Request' } as const;

function refuse(socket: Duplex, { status, message }: Refusal): void {
  const head = `HTTP/1.1 ${String(status)} ${REASONS[status]}\r\nConnection: close\r\nContent-Type: text/plain\r\n`;
  socket.end(`${head}Content-Length: ${String(message.length)}\r\n\r\n${message}`, () => socket.destroy());
}
