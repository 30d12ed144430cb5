/**
 * Stands before fake-gcs-server and does resumable sessions as Google does them (fake-gcs-server 1.56.1 makes half an
 * object when a session is only asked how far it is): what a cut connection brought stays, in whole blocks, and the
 * object is made when its last byte is there. Breaks things on demand. Everything else is passed on.
 */
import { createServer, request as requestHttp, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

/** What goes wrong with requests that fit, as often as told (once). */
export interface Fault {
  when: (request: Seen) => boolean;
  times?: number;
  does:
    | { answer: number; headers?: Record<string, string>; body?: string }
    /** The connection breaks after so many bytes of a part. */
    | { cutAfter: number }
    /** No byte is taken after so many of a part. */
    | { stallAfter: number }
    /** So many bytes of a part are kept, and that is what is answered. */
    | { keep: number }
    /** All is done; the connection breaks before the answer, or within it after so many bytes. */
    | { loseAnswerAfter: number };
}

export interface Seen {
  method: string;
  /** Path with its query. */
  url: string;
  headers: IncomingMessage['headers'];
}

export interface GcsShim {
  port: number;
  seen: Seen[];
  /** Resolves when it has happened for the first time. */
  fail(fault: Fault): Promise<void>;
  /** What is planned and has not happened yet does not happen. */
  heal(): void;
  /** As after a week. */
  forgetSessions(): void;
  stop(): Promise<void>;
}

interface Session {
  kept: Buffer[];
  length: number;
  /** What the store said when the last byte was there. */
  end?: Answer;
  /** Of a part that is on its way still: what is there of it counts, and the rest does not come any more. */
  settle?: (() => void) | undefined;
}
interface Answer {
  status: number;
  headers: Record<string, string>;
  body: Buffer;
}
type Does<K extends string> = Extract<Fault['does'], Record<K, unknown>>;

const BLOCK = 256 * 1024;

export async function startGcsShim(upstream: number): Promise<GcsShim> {
  const sessions = new Map<string, Session>();
  let planned: { fault: Fault; left: number; happened: () => void }[] = [];
  const seen: Seen[] = [];

  function take<K extends string>(kind: K, request: IncomingMessage): Does<K> | null {
    const found = planned.find(({ fault, left }) => left > 0 && kind in fault.does && fault.when(seenOf(request)));
    if (found === undefined) return null;
    found.left--;
    found.happened();
    return found.fault.does as Does<K>;
  }

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    seen.push(seenOf(request));
    const refusal = take('answer', request);
    if (refusal !== null) {
      request.resume();
      say(response, { status: refusal.answer, headers: refusal.headers ?? {}, body: Buffer.from(refusal.body ?? '') });
      return;
    }
    const id = sessionOf(request.url);
    const answer = id === null ? await passOn(upstream, request) : await serveSession(request, id);
    const begun = sessionOf(answer?.headers['location']);
    if (begun !== null) sessions.set(begun, { kept: [], length: 0 });
    const lost = answer === null ? null : take('loseAnswerAfter', request);
    if (answer === null || lost?.loseAnswerAfter === 0) request.socket.resetAndDestroy();
    else if (lost === null) say(response, answer);
    else {
      response.writeHead(answer.status, { ...answer.headers, 'content-length': answer.body.length });
      response.write(answer.body.subarray(0, lost.loseAnswerAfter), () => request.socket.destroy());
    }
  }

  /** Null where the connection is to break. */
  async function serveSession(request: IncomingMessage, id: string): Promise<Answer | null> {
    const session = sessions.get(id) ?? GONE;
    session.settle?.();
    if (request.method === 'DELETE') {
      request.resume();
      sessions.set(id, GONE);
      return { status: session === GONE ? 404 : 499, headers: {}, body: Buffer.alloc(0) };
    }
    if (session === GONE || session.end !== undefined) {
      request.resume();
      return session.end ?? { status: 404, headers: {}, body: Buffer.from('Not Found') };
    }
    const range = /^bytes (?:\*|(?<from>\d+)-(?<to>\d+))\/(?<size>\d+)$/.exec(request.headers['content-range'] ?? '');
    const { from, size } = range?.groups ?? {};
    if (size === undefined) return { status: 400, headers: {}, body: Buffer.from('no Content-Range') };
    if (from === undefined) request.resume();
    else if (Number(from) > session.length) {
      request.resume();
      return { status: 503, headers: {}, body: Buffer.from('bytes are missing before these') };
    } else if (!(await keep(session, request, Number(from)))) return null;
    if (session.length < Number(size)) return incomplete(session);
    session.end = await passOn(upstream, request, Buffer.concat(session.kept));
    return session.end;
  }

  /** False where the connection broke. */
  async function keep(session: Session, request: IncomingMessage, from: number): Promise<boolean> {
    const cut = take('cutAfter', request)?.cutAfter ?? Infinity;
    const stall = take('stallAfter', request)?.stallAfter ?? Infinity;
    const most = take('keep', request)?.keep ?? Infinity;
    const chunks: Buffer[] = [];
    let length = 0;
    let isSettled = false;
    return new Promise((resolve) => {
      function settle(isWhole: boolean): void {
        if (isSettled) return;
        isSettled = true;
        session.settle = undefined;
        const end = isWhole ? from + Math.min(length, most) : Math.floor((from + length) / BLOCK) * BLOCK;
        // Bytes that are there already are not written again.
        const added = Buffer.concat(chunks).subarray(session.length - from, Math.max(end, session.length) - from);
        session.kept.push(added);
        session.length += added.length;
        if (!isWhole) request.destroy();
        resolve(isWhole);
      }
      session.settle = () => {
        settle(false);
      };
      request.on('data', (chunk: Buffer) => {
        chunks.push(chunk);
        length += chunk.length;
        if (length >= cut) settle(false);
        else if (length >= stall) request.pause();
      });
      request.once('end', () => {
        settle(true);
      });
      request.once('close', () => {
        settle(request.complete);
      });
    });
  }

  const server = createServer((request, response) => {
    request.on('error', () => undefined);
    response.on('error', () => undefined);
    serve(request, response).catch(() => request.socket.destroy());
  });
  // A part that stalls is given up by whoever sends it.
  server.requestTimeout = 0;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    seen,
    fail: (fault) =>
      new Promise((happened) => {
        planned.push({ fault, left: fault.times ?? 1, happened });
      }),
    heal() {
      planned = [];
    },
    forgetSessions() {
      for (const id of sessions.keys()) sessions.set(id, GONE);
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}

function sessionOf(url = ''): string | null {
  return new URL(url, 'http://shim').searchParams.get('upload_id');
}

function seenOf({ method = '', url = '', headers }: IncomingMessage): Seen {
  return { method, url, headers };
}

const GONE: Session = { kept: [], length: 0 };

function incomplete({ length }: Session): Answer {
  const headers: Record<string, string> = length === 0 ? {} : { range: `bytes=0-${String(length - 1)}` };
  return { status: 308, headers, body: Buffer.alloc(0) };
}

function say(response: ServerResponse, { status, headers, body }: Answer): void {
  response.writeHead(status, { ...headers, 'content-length': body.length });
  response.end(body);
}

/** With `content` in place of what the request brings, and as one piece. */
function passOn(port: number, request: IncomingMessage, content?: Buffer): Promise<Answer> {
  const { 'content-range': _part, 'content-length': _length, 'transfer-encoding': _coding, ...rest } = request.headers;
  const headers = content === undefined ? request.headers : { ...rest, 'content-length': String(content.length) };
  return new Promise((resolve, reject) => {
    const { method, url: path } = request;
    const sent = requestHttp({ host: '127.0.0.1', port, method, path, headers }, (answer) => {
      buffer(answer).then((body) => {
        const { 'content-length': _size, 'transfer-encoding': _chunks, connection: _c, ...kept } = answer.headers;
        resolve({ status: answer.statusCode ?? 500, headers: kept as Record<string, string>, body });
      }, reject);
    });
    sent.once('error', reject);
    if (content === undefined) request.pipe(sent);
    else sent.end(content);
  });
}
