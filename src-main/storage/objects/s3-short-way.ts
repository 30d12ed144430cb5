/**
 * Putting an object or a part, and asking what is there, without the layers of the SDK: they take a millisecond of the
 * engine's thread for each request, five times what the request itself does, and over TLS twice the memory of a part.
 * Where it goes to and in which region it is signed is learned from what the SDK itself sent to the same bucket, and only
 * plain success is heeded: everything else is given to the SDK as what its own first attempt has met, and it says what
 * that means, or tries again.
 */
import { Readable } from 'node:stream';
import type { HeadObjectCommand, PutObjectCommand, S3Client, UploadPartCommand } from '@aws-sdk/client-s3';
import type { HttpRequest } from '@smithy/core/protocols';
import { systemClock } from '../../ports/clock.ts';
import { canonicalQuery, signatures, type Sign } from './s3-signature.ts';
import type { WholeAnswer, Wire } from './whole-request.ts';

export interface ShortRequest {
  method: 'HEAD' | 'PUT';
  /** Of the object in its bucket. */
  key: string;
  /** As in an address; none by default. */
  query?: Record<string, string>;
  /** Names in small letters. */
  headers: Record<string, string>;
  body?: Buffer;
  /** What is signed of the content: hex, or `UNSIGNED-PAYLOAD`; undefined is for the SDK to find out. */
  contentHash: string | undefined;
  signal?: AbortSignal | undefined;
}

export interface ShortWay {
  ask(request: ShortRequest): Promise<ShortAnswer>;
}

export interface ShortAnswer {
  /** Of an answer 200, with names in small letters; null for anything else. */
  headers: Record<string, string> | null;
  /** What came instead; null where nothing was asked. */
  met: Met | null;
}

/** An answer that is no success, or why none came. */
type Met = { answer: WholeAnswer } | { error: Error };

export const NOT_ASKED: ShortAnswer = { headers: null, met: null };

/** Its first attempt is the one that was made by the short way, if any. */
export function goingOn<C extends HeadObjectCommand | PutObjectCommand | UploadPartCommand>(
  command: C,
  { met }: ShortAnswer,
): C {
  let first = met;
  if (first === null) return command;
  const { middlewareStack } = command as unknown as Pick<PutObjectCommand, 'middlewareStack'>;
  middlewareStack.add(
    (next) => (args) => {
      const mine = first;
      first = null;
      if (mine === null) return next(args);
      if ('error' in mine) return Promise.reject(mine.error);
      const { status: statusCode, headers, body } = mine.answer;
      return Promise.resolve({ response: { statusCode, headers, body: Readable.from([body]) } });
    },
    { step: 'deserialize', name: 'goOn', priority: 'low' },
  );
  return command;
}

/** SHA-256 of nothing. */
export const NO_CONTENT = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

/** Where the SDK sent a request for an object to. */
interface Learned {
  /** `https://host:port`. */
  origin: string;
  /** Before the key. */
  lead: string;
  names: Record<string, string>;
  sign: Sign;
}

/** As the SDK has them, beside what its types say. */
interface Inside {
  systemClockOffset: number;
}

/** Signed by AWS's fourth signature for S3, in one region: `Credential=<key>/<day>/<region>/s3/aws4_request`. */
const SIGNED = /^AWS4-HMAC-SHA256 Credential=[^/,]+\/\d{8}\/([^/,]+)\/s3\/aws4_request,/;
/** Keys that are in an address as they are. */
const PLAIN_KEY = /^[\w.~-]+(?:\/[\w.~-]+)*$/;

/** `wire`: with the connections that the SDK uses. */
export function shortWay(s3: S3Client, wire: Wire): ShortWay {
  let learned: Learned | null = null;
  let isClosed = false;
  const inside = s3.config as unknown as Inside;
  s3.middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args);
      const { Key: key } = args.input as { Key?: string };
      if (learned === null && !isClosed && key !== undefined) learned = learn(args.request as HttpRequest, key);
      return result;
    },
    // Signed by then, and answered with success where `next` returns.
    { step: 'finalizeRequest', name: 'learnShortWay', priority: 'low' },
  );

  return {
    async ask({ method, key, query, headers, body, contentHash, signal }) {
      if (learned === null || contentHash === undefined || !PLAIN_KEY.test(key)) return NOT_ASKED;
      const { origin, lead, names, sign } = learned;
      const path = lead + key;
      const search = query === undefined ? '' : canonicalQuery(query);
      const now = new Date(systemClock.now() + inside.systemClockOffset);
      // Whoever has no credentials any more is told so by the SDK.
      const credentials = await s3.config.credentials().catch(() => null);
      if (credentials === null) return NOT_ASKED;
      const all = { ...names, ...headers, 'x-amz-content-sha256': contentHash };
      const signed = sign({ method, path, query: search, headers: all }, credentials, now);
      try {
        const answer = await wire.exchange({
          method,
          url: origin,
          path: search === '' ? path : `${path}?${search}`,
          headers: signed,
          ...(body === undefined ? {} : { body }),
          signal,
        });
        // Signed otherwise than this server reads it: the SDK knows more of servers.
        if (answer.status === 403 && answer.body.includes('SignatureDoesNotMatch')) {
          learned = null;
          isClosed = true;
          return NOT_ASKED;
        }
        if (answer.status !== 200) return { headers: null, met: { answer } };
        // Cookies would be the only one that is a list.
        return { headers: answer.headers as Record<string, string>, met: null };
      } catch (error) {
        return { headers: null, met: { error: error instanceof Error ? error : new Error(String(error)) } };
      }
    },
  };
}

function learn({ headers, path, protocol, hostname, port }: HttpRequest, key: string): Learned | null {
  const region = SIGNED.exec(headers['authorization'] ?? '')?.[1];
  if (region === undefined || !PLAIN_KEY.test(key) || !path.endsWith(`/${key}`)) return null;
  // A session for one zone has keys of its own.
  if (Object.keys(headers).some((name) => name.toLowerCase() === 'x-amz-s3session-token')) return null;
  return {
    origin: `${protocol}//${hostname}${port === undefined ? '' : `:${String(port)}`}`,
    lead: path.slice(0, -key.length),
    names: { host: headers['host'] ?? hostname, 'user-agent': headers['user-agent'] ?? 'Benchkeep' },
    sign: signatures(region),
  };
}
