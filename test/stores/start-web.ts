/** A web server on loopback, with a certificate of the tests' own authority. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer as createPlain, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

const CERTIFICATES = join(import.meta.dirname, 'certificates');
export const AUTHORITY_FILE = join(CERTIFICATES, 'authority.pem');
export const authority = (): string => readFileSync(AUTHORITY_FILE, 'utf8');

export type Answer = (request: IncomingMessage, response: ServerResponse) => void;

export interface WebServer {
  origin: string;
  /** By path; `*` for all others. */
  answers: Map<string, Answer>;
  seen: { method: string; path: string; headers: IncomingMessage['headers'] }[];
  stop(): Promise<void>;
}

export async function startWeb({ tls = true }: { tls?: boolean } = {}): Promise<WebServer> {
  const answers = new Map<string, Answer>();
  const seen: WebServer['seen'] = [];
  const handle: Answer = (request, response) => {
    const path = request.url ?? '';
    seen.push({ method: request.method ?? '', path, headers: request.headers });
    const answer = answers.get(path) ?? answers.get('*');
    if (answer === undefined) response.writeHead(404).end();
    else answer(request, response);
  };
  const read = (name: string): Buffer => readFileSync(join(CERTIFICATES, name));
  const server = tls
    ? createServer({ cert: read('server.pem'), key: read('server-key.pem') }, handle)
    : createPlain(handle);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    origin: `${tls ? 'https' : 'http'}://127.0.0.1:${String((server.address() as AddressInfo).port)}`,
    answers,
    seen,
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** A file as good servers give it: with an ETag, ranges, conditions on them. `null`: without an ETag. */
export function file(content: () => Buffer, etag: string | null, { ranges = true }: { ranges?: boolean } = {}): Answer {
  return (request, response) => {
    const bytes = content();
    const tag = etag === null ? {} : { etag };
    const range = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '');
    const condition = request.headers['if-range'];
    if (!ranges || range === null || (condition !== undefined && condition !== etag)) {
      response.writeHead(200, {
        ...tag,
        'content-length': bytes.length,
        'last-modified': 'Sat, 03 Jan 2026 10:00:00 GMT',
      });
      response.end(request.method === 'HEAD' ? undefined : bytes);
      return;
    }
    const [from, to] = [Number(range[1]), Math.min(Number(range[2]), bytes.length - 1)];
    if (from >= bytes.length) {
      response.writeHead(416, { 'content-range': `bytes */${String(bytes.length)}` }).end();
      return;
    }
    response.writeHead(206, {
      ...tag,
      'last-modified': 'Sat, 03 Jan 2026 10:00:00 GMT',
      'content-length': to - from + 1,
      'content-range': `bytes ${String(from)}-${String(to)}/${String(bytes.length)}`,
    });
    response.end(bytes.subarray(from, to + 1));
  };
}
