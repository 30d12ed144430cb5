/**
 * A proxy in front of a store that spoils chosen requests, so many times: what no bad network does, since it takes
 * knowing what a request is. The Host header goes through unchanged, because signatures cover it.
 */
import { once } from 'node:events';
import {
  createServer,
  request as ask,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { describeRequest, type S3Request } from './s3-request.ts';
import { signAnew } from './sign-s3.ts';

export type Fault =
  /** Answers itself, as S3 does; the store gets nothing. `retryAfter`: seconds. */
  | { status: number; code: string; retryAfter?: number; headers?: Record<string, string> }
  /** The store does it, and the connection is cut before its answer. */
  | 'lose answer'
  /** The store answers, and the connection is cut in the middle of the answer's body. */
  | 'cut answer'
  /** A byte of the body is another one when it comes to the store. */
  | 'flip request'
  /** The same, with checksums and a signature that fit: the store keeps it. */
  | 'keep wrong bytes'
  /** The store does not see that it is to put something only where nothing is. */
  | 'drop condition'
  /** A byte of the answer's body is another one. */
  | 'flip answer'
  /** The sign-in page of a network answers, with success. */
  | 'portal'
  /** The store gets nothing, and nothing is answered. */
  | 'stall'
  /** Half of the answer's body comes, then nothing. */
  | 'stall answer';

export interface Which {
  kind?: S3Request['kind'];
  method?: string;
  url?: RegExp;
  partNumber?: number;
}

export interface FaultProxy {
  endpoint: string;
  /** The next `times` requests that are `which` get the fault. Earlier orders first. */
  spoil(which: Which, times: number, fault: Fault): void;
  /** Forgets what is still to be spoilt, and what was counted. */
  reset(): void;
  /** All requests that came, spoilt ones too. */
  seen(which?: Which): S3Request[];
  /** The store has answered all that it got, also what the client did not wait for. */
  settled(): Promise<void>;
  stop(): Promise<void>;
}

/** `secret`: the client's key, for `keep wrong bytes`. */
export async function startFaultProxy(store: string, { secret = '' }: { secret?: string } = {}): Promise<FaultProxy> {
  let orders: { which: Which; left: number; fault: Fault }[] = [];
  let requests: S3Request[] = [];
  const underWay = new Set<Promise<void>>();
  const handle = async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
    const request = describeRequest(incoming.method ?? '', incoming.url ?? '');
    requests.push(request);
    const order = orders.find(({ which, left }) => left > 0 && isIt(request, which));
    if (order !== undefined) order.left--;
    const body = await readAll(incoming);
    const fault = order?.fault ?? null;
    const answering = answer({ store, secret, request, headers: incoming.headers, body, fault }, outgoing);
    underWay.add(answering);
    await answering.finally(() => underWay.delete(answering));
  };
  const server = createServer((incoming, outgoing) => {
    // A client that goes away in the middle is no fault of the proxy's.
    handle(incoming, outgoing).catch(() => outgoing.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    endpoint: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`,
    spoil: (which, times, fault) => orders.push({ which, left: times, fault }),
    reset: () => {
      orders = [];
      requests = [];
    },
    async settled() {
      await Promise.allSettled(underWay);
    },
    seen: (which = {}) => requests.filter((request) => isIt(request, which)),
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function isIt(request: S3Request, { kind, method, url, partNumber }: Which): boolean {
  return (
    (kind === undefined || kind === request.kind) &&
    (method === undefined || method === request.method) &&
    (url === undefined || url.test(request.url)) &&
    (partNumber === undefined || partNumber === request.partNumber)
  );
}

interface Exchange {
  store: string;
  secret: string;
  request: S3Request;
  headers: IncomingHttpHeaders;
  body: Buffer;
  fault: Fault | null;
}

async function answer(exchange: Exchange, outgoing: ServerResponse): Promise<void> {
  const { request, fault, secret } = exchange;
  if (fault === 'stall') return;
  if (fault === 'portal') {
    outgoing
      .writeHead(200, { 'content-type': 'text/html' })
      .end('<html><body>Sign in to the guest network</body></html>');
    return;
  }
  if (fault !== null && typeof fault === 'object') {
    refuse(request, fault, outgoing);
    return;
  }
  let { body, headers } = exchange;
  if (fault === 'flip request' || fault === 'keep wrong bytes') body = flipped(body);
  if (fault === 'drop condition') headers = withoutCondition(headers);
  if (fault === 'keep wrong bytes' || fault === 'drop condition')
    headers = signAnew({ ...request, headers }, body, secret);
  const said = await forward(exchange.store, request, headers, body);
  if (fault === 'lose answer') {
    outgoing.destroy();
    return;
  }
  outgoing.writeHead(said.status, said.headers);
  if (fault === 'cut answer' || fault === 'stall answer') {
    outgoing.write(said.body.subarray(0, said.body.length / 2), () => {
      if (fault === 'cut answer') outgoing.destroy();
    });
    return;
  }
  outgoing.end(fault === 'flip answer' ? flipped(said.body) : said.body);
}

/** Not signed any more either. */
function withoutCondition({ 'if-none-match': _condition, ...headers }: IncomingHttpHeaders): IncomingHttpHeaders {
  const authorization = (headers.authorization ?? '').replace(/if-none-match;?/, '');
  return { ...headers, authorization };
}

function refuse(
  { method }: S3Request,
  { status, code, retryAfter, headers = {} }: Fault & object,
  outgoing: ServerResponse,
): void {
  const text = `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>by order</Message></Error>`;
  outgoing.writeHead(status, {
    'content-type': 'application/xml',
    ...(retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) }),
    ...headers,
  });
  outgoing.end(method === 'HEAD' ? undefined : text);
}

async function forward(
  store: string,
  { method, url }: S3Request,
  headers: IncomingHttpHeaders,
  body: Buffer,
): Promise<{ status: number; headers: IncomingHttpHeaders; body: Buffer }> {
  const { connection: _, ...rest } = headers;
  const { hostname, port } = new URL(store);
  const asked = ask({ hostname, port, method, path: url, headers: rest, agent: false });
  const said = once(asked, 'response') as Promise<[IncomingMessage]>;
  // What a store says before it has read everything counts, not that it hangs up then.
  asked.on('error', () => undefined);
  if (rest.expect === undefined) asked.end(body);
  else {
    // A store that refuses at once must not be sent the body: it would reset the connection, and its answer be lost.
    asked.once('continue', () => asked.end(body));
    asked.flushHeaders();
  }
  const [answered] = await said;
  const { connection: _its, 'keep-alive': _time, ...kept } = answered.headers;
  const text = await readAll(answered);
  asked.destroy();
  return { status: answered.statusCode ?? 502, headers: kept, body: text };
}

async function readAll(stream: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function flipped(bytes: Buffer): Buffer {
  const copy = Buffer.from(bytes);
  const middle = Math.floor(copy.length / 2);
  if (copy.length > 0) copy[middle] = (copy[middle] ?? 0) ^ 0x40;
  return copy;
}
