/**
 * Putting an object or a part, and asking what is there, without the layers of the SDK: they take a millisecond of the
 * engine's thread for each request, five times what the request itself does, and over TLS twice the memory of a part.
 * Where it goes to and in which region it is signed is learned from what the SDK itself sent to the same bucket, and only
 * plain success is heeded: everything else is given to the SDK as what its own first attempt has met, and it says what
 * that means, or tries again.
 */
import { Readable } from 'node:stream';
import { isDeepStrictEqual } from 'node:util';
import type { HeadObjectCommand, PutObjectCommand, S3Client, UploadPartCommand } from '@aws-sdk/client-s3';
import type { HttpRequest } from '@smithy/core/protocols';
import { isPlainKey, sendShortRequest, type KnownWay, type ShortRequest } from './s3-short-request.ts';
import { signatures, type Sign } from './s3-signature.ts';
import type { WholeAnswer, Wire } from './whole-request.ts';

export interface ShortWay {
  /** Without `contentHash` it is for the SDK to find out. */
  ask(request: Omit<ShortRequest, 'contentHash'> & { contentHash: string | undefined }): Promise<ShortAnswer>;
  /** The same one until anything of it changes; null until it is learned, and where nobody is signed in. */
  known(): Promise<KnownWay | null>;
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

/** Where the SDK sent a request for an object to. */
interface Learned extends Pick<KnownWay, 'origin' | 'lead' | 'names' | 'region'> {
  sign: Sign;
}

/** As the SDK has them, beside what its types say. */
interface Inside {
  systemClockOffset: number;
}

/** Signed by AWS's fourth signature for S3, in one region: `Credential=<key>/<day>/<region>/s3/aws4_request`. */
const SIGNED = /^AWS4-HMAC-SHA256 Credential=[^/,]+\/\d{8}\/([^/,]+)\/s3\/aws4_request,/;

/** `wire`: with the connections that the SDK uses. */
export function shortWay(s3: S3Client, wire: Wire): ShortWay {
  let learned: Learned | null = null;
  let isClosed = false;
  let last: KnownWay | null = null;
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

  /** Whoever has no credentials any more is told so by the SDK. */
  async function way({ origin, lead, names, region }: Learned): Promise<KnownWay | null> {
    const credentials = await s3.config.credentials().catch(() => null);
    if (credentials === null) return null;
    const { accessKeyId, secretAccessKey, sessionToken } = credentials;
    const keys = { accessKeyId, secretAccessKey, sessionToken };
    const now: KnownWay = { origin, lead, names, region, keys, clockOffset: inside.systemClockOffset };
    if (last === null || !isDeepStrictEqual(now, last)) last = now;
    return last;
  }

  return {
    known: async () => (learned === null ? null : way(learned)),
    async ask({ contentHash, ...request }) {
      if (learned === null || contentHash === undefined || !isPlainKey(request.key)) return NOT_ASKED;
      const { sign } = learned;
      const known = await way(learned);
      if (known === null) return NOT_ASKED;
      try {
        const answer = await sendShortRequest(wire, known, sign, { ...request, contentHash });
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
  if (region === undefined || !isPlainKey(key) || !path.endsWith(`/${key}`)) return null;
  // A session for one zone has keys of its own.
  if (Object.keys(headers).some((name) => name.toLowerCase() === 'x-amz-s3session-token')) return null;
  return {
    origin: `${protocol}//${hostname}${port === undefined ? '' : `:${String(port)}`}`,
    lead: path.slice(0, -key.length),
    names: { host: headers['host'] ?? hostname, 'user-agent': headers['user-agent'] ?? 'Benchkeep' },
    region,
    sign: signatures(region),
  };
}
