/** The loopback HTTP server of the browser host: the window's files and `/session`. Knows nothing of the engine. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { BenchkeepError } from '../../../shared/errors.ts';
import type { StaticFiles } from '../../ports/fs/static-files.ts';
import { contentPolicy, windowHeaders } from '../window-headers.ts';
import { ownHost, type RequestCheck } from './check-request.ts';
import { answerSession } from './session-route.ts';
import type { Session } from './session.ts';

export interface ServerParts {
  files: StaticFiles;
  check: RequestCheck;
  /** The session's cookie is named after the port, so it is made when the port is known. */
  session: (port: number) => Session;
}

export interface LoopbackServer {
  server: Server;
  port: number;
  session: Session;
}

/** Listens on 127.0.0.1 only. `port` 0: a free one. */
export async function listenOnLoopback(parts: ServerParts, port: number): Promise<LoopbackServer> {
  const server = createServer({ requestTimeout: 30_000, headersTimeout: 10_000, keepAliveTimeout: 5_000 });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => {
      reject(cannotListen(port, error));
    });
    server.listen({ host: '127.0.0.1', port, exclusive: true }, resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('A TCP server has an address and a port.');
  const session = parts.session(address.port);
  server.on('request', (request, response) => {
    answer(parts, { port: address.port, session }, request, response).catch(() => {
      // The client went away in the middle of its request; nobody is left to tell.
      response.destroy();
    });
  });
  return { server, port: address.port, session };
}

async function answer(
  { files, check }: ServerParts,
  { port, session }: Pick<LoopbackServer, 'port' | 'session'>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  for (const [name, value] of Object.entries(headersFor(request, port))) response.setHeader(name, value);
  const refusal = check(request, port, 'plain');
  if (refusal !== null) {
    // The rest of a refused request is not read.
    response.setHeader('Connection', 'close');
    answerText(response, refusal.status, refusal.message);
    return;
  }
  const path = (request.url ?? '').split('?', 1)[0] ?? '';
  if (path === '/session') await answerSession(session, request, response);
  else answerFile(files, path, request, response);
}

/** `path` is looked up as it came: never decoded, never joined with a folder. */
function answerFile(files: StaticFiles, path: string, request: IncomingMessage, response: ServerResponse): void {
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.setHeader('Allow', 'GET, HEAD');
    answerText(response, 405, 'This address answers GET only.');
    return;
  }
  const file = files.get(path);
  if (file === undefined) {
    answerText(response, 404, 'There is nothing at this address.');
    return;
  }
  response.writeHead(200, { 'Content-Type': file.type, 'Content-Length': file.bytes.byteLength });
  response.end(request.method === 'HEAD' ? undefined : file.bytes);
}

function answerText(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8' }).end(`${text}\n`);
}

/**
 * The page may connect back only to the name it was opened under. No frames: a preview that runs in a frame needs an
 * origin of its own, and this host has none; previews are drawn by the page itself.
 */
function headersFor(request: IncomingMessage, port: number): Record<string, string> {
  const host = ownHost(request, port) ?? `127.0.0.1:${String(port)}`;
  return windowHeaders(contentPolicy({ connect: `ws://${host}`, frame: "'none'" }));
}

function cannotListen(port: number, cause: NodeJS.ErrnoException): BenchkeepError {
  if (cause.code === 'EADDRINUSE') {
    const message = `Port ${String(port)} is used by another program`;
    return new BenchkeepError('locked', message, 'Choose another with --port, or leave it out to get a free one.', {
      cause,
    });
  }
  const message = `Benchkeep can't listen on port ${String(port)} of this computer`;
  return new BenchkeepError('not_allowed', message, 'Choose a port above 1023 with --port, or leave it out.', {
    cause,
  });
}
