/**
 * Which requests to the loopback server are heard at all: what keeps other web pages out (rules S-13, S-14).
 * A pure decision over the request's headers.
 */
import type { IncomingMessage } from 'node:http';

export interface Refusal {
  status: 401 | 403 | 404 | 421;
  message: string;
}

/** Null if the request may go on. `kind` upgrade: a WebSocket is asked for. */
export type RequestCheck = (request: IncomingMessage, port: number, kind: 'plain' | 'upgrade') => Refusal | null;

export const checkRequest: RequestCheck = (request, port, kind) => {
  const host = ownHost(request, port);
  // An address of ours under another name: somebody's DNS points at this computer (rebinding).
  if (host === null) return { status: 421, message: 'This address is not served here.' };
  const origins = request.headersDistinct['origin'] ?? [];
  if (origins.some((origin) => origin !== `http://${host}`)) return foreign();
  const site = request.headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin' && site !== 'none' && !opensThePage(request, kind)) return foreign();
  if (kind === 'upgrade') {
    // No Origin: not a page in a browser, which always sends one. Then the token must come as a header that no page
    // can set on a WebSocket (`websocket.ts` checks it), so a page gains nothing by leaving its Origin away.
    return origins.length === 0 && (site !== undefined || request.headers.authorization === undefined)
      ? foreign()
      : null;
  }
  const reads = request.method === 'GET' || request.method === 'HEAD';
  return origins.length === 0 && !reads ? foreign() : null;
};

/** The Host header if it is exactly one of this server's two names. */
export function ownHost(request: IncomingMessage, port: number): string | null {
  const hosts = request.headersDistinct['host'] ?? [];
  const host = hosts[0];
  if (hosts.length !== 1 || host === undefined) return null;
  return host === `127.0.0.1:${String(port)}` || host === `localhost:${String(port)}` ? host : null;
}

/**
 * A browser that follows the redirect file of `open-browser.ts`, or a link in a chat, says `cross-site` when it opens
 * the page. The page itself is the same for everybody and holds no secret; framing it is forbidden by its policy.
 */
function opensThePage(request: IncomingMessage, kind: string): boolean {
  return (
    kind === 'plain' &&
    request.method === 'GET' &&
    request.url === '/' &&
    request.headers['sec-fetch-mode'] === 'navigate' &&
    request.headers['sec-fetch-dest'] === 'document'
  );
}

function foreign(): Refusal {
  return { status: 403, message: 'Another page or program asked for this; only the Benchkeep window may.' };
}
