/**
 * Reads from web servers (S-10): redirects are followed a few times, never from https to http, and each address is asked
 * about first; nothing that proves who asks goes to another server than the one it is for.
 */
import { request as requestHttp, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { request as requestHttps } from 'node:https';
import { BenchkeepError } from '../../../shared/errors.ts';
import { systemClock, type Clock } from '../../ports/clock.ts';
import { openAgents, type Agents } from './guarded-agents.ts';
import { storeError } from './store-error.ts';

/** Asked about each address before anything is sent to it. Errors: `not_allowed`. */
export type AddressGuard = (url: string) => Promise<void>;

export interface WebAccess {
  guard?: AddressGuard;
  /** Whether this address may be in a private network; by default none may. What leads into one is refused. */
  mayBePrivate?: (url: URL) => boolean;
  /** PEM of an authority that is trusted besides those of the system. */
  ca?: string;
  clock?: Clock;
}

export interface WebRequest {
  method: 'GET' | 'HEAD' | 'POST';
  url: string;
  headers?: Record<string, string>;
  body?: string | undefined;
  /** False: a redirect is the answer. */
  follow?: boolean;
  /** For the server of `url` only. */
  authorization?: string | undefined;
  signal?: AbortSignal | undefined;
}

export interface WebAnswer {
  status: number;
  headers: IncomingHttpHeaders;
  /** Where it came from in the end. */
  url: string;
  /** Fails where nothing moves any more; ends the connection when it is not read to its end. */
  body: AsyncIterable<Buffer>;
  /** All of it, or at most `most` bytes from `from`; those before are not kept. */
  read(most?: number, from?: number): Promise<Buffer>;
  close(): void;
}

export interface Web {
  ask(request: WebRequest): Promise<WebAnswer>;
  close(): void;
}

const MOST_REDIRECTS = 5;
/** Ms without anything moving. */
const SILENCE = 20_000;
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

export function openWeb({
  guard = () => Promise.resolve(),
  mayBePrivate = () => false,
  ca,
  clock = systemClock,
}: WebAccess): Web {
  const authority = ca === undefined ? null : [ca];
  const anywhere = openAgents({ mayBePrivate: true, authority });
  const publicOnly = openAgents({ mayBePrivate: false, authority });

  async function ask({ authorization, follow = true, ...request }: WebRequest): Promise<WebAnswer> {
    const first = new URL(request.url);
    let { url } = request;
    for (let hops = 0; ; hops++) {
      await guard(url);
      const own = new URL(url).origin === first.origin;
      const headers = { ...request.headers, ...(own && authorization !== undefined ? { authorization } : {}) };
      const answer = await exchange(clock, mayBePrivate(new URL(url)) ? anywhere : publicOnly, {
        ...request,
        url,
        headers,
      });
      const { location } = answer.headers;
      if (!follow || !REDIRECTS.has(answer.status) || location === undefined) return answer;
      answer.close();
      if (hops === MOST_REDIRECTS) throw redirected(first, 'it leads on and on');
      url = nextAddress(first, url, location);
    }
  }
  return {
    ask,
    close() {
      anywhere.close();
      publicOnly.close();
    },
  };
}

function nextAddress(first: URL, from: string, location: string): string {
  if (!URL.canParse(location, from)) throw redirected(first, 'it leads nowhere');
  const next = new URL(location, from);
  if (next.protocol !== 'https:' && next.protocol !== 'http:') throw redirected(first, 'it leads to no web address');
  if (next.protocol === 'http:' && new URL(from).protocol === 'https:')
    throw redirected(first, 'it leads to a server whose answers anybody on the way can change (http)');
  if (next.username !== '' || next.password !== '') throw redirected(first, 'it leads on with a password');
  next.hash = '';
  return next.href;
}

function redirected({ host }: URL, why: string): BenchkeepError {
  return new BenchkeepError(
    'not_allowed',
    `What ${host} was asked for was not fetched: ${why}`,
    'Ask for the address where the file is in the end, or download it in a browser and save the file.',
  );
}

/** What the network says of a request, without what was in it. */
export function webFailure(error: unknown, host: string): BenchkeepError {
  if (error instanceof BenchkeepError) return error;
  const { name, code } = error as { name?: unknown; code?: unknown };
  const told = name === 'AbortError' ? name : typeof code === 'string' && /^\w{1,60}$/.test(code) ? code : 'unknown';
  return storeError({ status: null, name: told }, host, null);
}

function exchange(
  clock: Clock,
  agents: Pick<Agents, 'http' | 'https'>,
  { method, url, headers = {}, body: sentBody, signal }: Omit<WebRequest, 'authorization' | 'follow'>,
): Promise<WebAnswer> {
  const { host } = new URL(url);
  return new Promise((resolve, reject) => {
    // As it is: what is unpacked on the way has other bytes and another size.
    const options = { method, headers: { 'accept-encoding': 'identity', 'user-agent': 'Benchkeep', ...headers } };
    const sent = url.startsWith('https:')
      ? requestHttps(url, { ...options, agent: agents.https })
      : requestHttp(url, { ...options, agent: agents.http });
    let forget = (): void => undefined;
    const moved = (): void => {
      forget();
      forget = clock.after(SILENCE, () =>
        sent.destroy(Object.assign(new Error('nothing moves'), { code: 'ETIMEDOUT' })),
      );
    };
    const stop = (): void => {
      sent.destroy(Object.assign(new Error('stopped'), { name: 'AbortError' }));
    };
    const end = (): void => {
      forget();
      signal?.removeEventListener('abort', stop);
    };
    moved();
    if (signal?.aborted === true) stop();
    signal?.addEventListener('abort', stop, { once: true });
    sent.on('error', (error) => {
      end();
      reject(webFailure(error, host));
    });
    sent.once('response', (answer) => {
      answer.once('close', end);
      const body = bytesOf(answer, host, moved);
      resolve({
        status: answer.statusCode ?? 0,
        headers: answer.headers,
        url,
        body,
        read: (most = Infinity, from = 0) => collect(body, most, from),
        close() {
          end();
          sent.destroy();
        },
      });
      // Whoever looks only at its head would keep the connection for ever.
      if (method === 'HEAD') answer.resume();
    });
    sent.end(sentBody);
  });
}

async function* bytesOf(answer: IncomingMessage, host: string, moved: () => void): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of answer as AsyncIterable<Buffer>) {
      moved();
      yield chunk;
    }
  } catch (error) {
    throw webFailure(error, host);
  }
}

async function collect(body: AsyncIterable<Buffer>, most: number, from: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let [passed, size] = [0, 0];
  for await (const chunk of body) {
    const kept = chunk.subarray(Math.max(0, from - passed));
    passed += chunk.length;
    if (kept.length > 0) chunks.push(kept);
    size += kept.length;
    if (size >= most) break;
  }
  return Buffer.concat(chunks).subarray(0, most);
}
