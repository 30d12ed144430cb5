/**
 * One HTTP request and its whole answer. Our own, because Google's client can't be stopped by a signal, waits for ever
 * where nothing moves, and puts requests with their tokens into its errors; because Amazon's takes longer for a small
 * object than the request itself; and because `fetch` unpacks objects that are kept packed.
 */
import { request as requestHttp, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { Clock } from '../../ports/clock.ts';
import type { Agents } from './guarded-agents.ts';

/** Ms. */
export interface WirePatience {
  /** Until a connection must stand. */
  connect: number;
  /** Without anything moving. */
  silence: number;
}

export interface WholeRequest {
  method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE';
  url: string;
  /** What is asked for there, character by character, where whoever signed it must be believed; by default that of `url`. */
  path?: string;
  headers?: Record<string, string>;
  body?: Buffer;
  signal?: AbortSignal | undefined;
}

export interface WholeAnswer {
  status: number;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

const PATIENCE: WirePatience = { connect: 10_000, silence: 10_000 };
/** What the system takes at once and sends later, unseen: bytes, and how many of them in `silence` still count as moving. */
const UNSEEN = 4 * 1024 ** 2;
const UNSEEN_IN_SILENCE = 640 * 1024;
/** What must be taken in `silence`: little, for lines that are slow and shared by several parts. */
const SLICE = 64 * 1024;

export interface Wire {
  exchange(request: WholeRequest): Promise<WholeAnswer>;
  close(): void;
}

/** `agents` are closed with it. */
export function openWire(clock: Clock, agents: Agents, patience = PATIENCE): Wire {
  return {
    exchange: (request) => exchange(clock, agents, patience, request),
    close: () => {
      agents.close();
    },
  };
}

/** Any status is an answer, a redirect too: none is followed. Errors: the system's (`code`), ETIMEDOUT for silence, AbortError. */
function exchange(
  clock: Clock,
  agents: Pick<Agents, 'http' | 'https'>,
  { connect, silence }: WirePatience,
  { method, url, path, headers, body = Buffer.alloc(0), signal }: WholeRequest,
): Promise<WholeAnswer> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) {
      reject(stopped());
      return;
    }
    const length = method === 'GET' || method === 'HEAD' ? {} : { 'content-length': String(body.length) };
    const options = { method, headers: { ...headers, ...length }, ...(path === undefined ? {} : { path }) };
    const sent = url.startsWith('https:')
      ? requestHttps(url, { ...options, agent: agents.https })
      : requestHttp(url, { ...options, agent: agents.http });
    let [isOver, isConnected, isAnswered] = [false, false, false];
    let patience = silence;
    let forget = clock.after(connect, silent);

    function moved(now = silence): void {
      patience = now;
      if (isOver || !isConnected) return;
      forget();
      forget = clock.after(patience, silent);
    }
    function connected(): void {
      isConnected = true;
      moved(patience);
    }
    function silent(): void {
      fail(Object.assign(new Error('nothing moves'), { code: 'ETIMEDOUT' }));
    }
    function stop(): void {
      fail(stopped());
    }
    function end(): void {
      isOver = true;
      forget();
      signal?.removeEventListener('abort', stop);
    }
    function fail(error: Error): void {
      if (isOver) return;
      end();
      sent.destroy();
      reject(error);
    }
    function write(from: number): void {
      if (isOver) return;
      if (from + SLICE >= body.length) {
        sent.end(body.subarray(from));
        moved(silence * (1 + Math.min(body.length, UNSEEN) / UNSEEN_IN_SILENCE));
        return;
      }
      sent.write(body.subarray(from, from + SLICE), (error) => {
        if (error) return;
        moved();
        write(from + SLICE);
      });
    }

    signal?.addEventListener('abort', stop, { once: true });
    sent.once('socket', (socket) => {
      if (socket.connecting) socket.once('connect', connected);
      else connected();
    });
    // Stays for good: a connection that ends badly after its answer must not end the program. Who answers before all is
    // sent, and hangs up, has answered: whether all of that came, only the answer tells.
    sent.on('error', (error) => {
      if (!isAnswered) fail(error);
    });
    sent.once('response', (answer) => {
      isAnswered = true;
      collect(answer, moved).then((whole) => {
        if (isOver) return;
        end();
        // Answered before all of it was sent: what is left would go nowhere, and the connection is of no more use.
        if (!sent.writableFinished) sent.destroy();
        resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: whole });
      }, fail);
    });
    write(0);
  });
}

function collect(answer: IncomingMessage, moved: () => void): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    moved();
    answer.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      moved();
    });
    // One that breaks off ends with an error.
    answer.once('error', reject);
    answer.once('end', () => {
      resolve(Buffer.concat(chunks));
    });
  });
}

function stopped(): Error {
  return Object.assign(new Error('stopped'), { name: 'AbortError' });
}
