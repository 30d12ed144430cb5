/**
 * Putting a small object and asking what is there, without the layers of the SDK: they take a millisecond of the engine's
 * thread for each request, five times what the request itself does. Where it goes to, how it is signed and over which
 * connections is learned from what the SDK itself sent to the same bucket, and only plain success is heeded: everything
 * else is given to the SDK as what its own first attempt has met, and it says what that means, or tries again.
 */
import type { HttpRequest } from '@smithy/core/protocols';
import type { HeadObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { systemClock } from '../../ports/clock.ts';

export interface ShortRequest {
  method: 'HEAD' | 'PUT';
  /** Of the object in its bucket. */
  key: string;
  /** Names in small letters. */
  headers: Record<string, string>;
  body?: Buffer;
  /** What is signed of the content: hex, or `UNSIGNED-PAYLOAD`. */
  contentHash: string;
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
type Met = { response: Answer['response'] } | { error: Error };

export const NOT_ASKED: ShortAnswer = { headers: null, met: null };

/** Its first attempt is the one that was made by the short way, if any. */
export function goingOn<C extends HeadObjectCommand | PutObjectCommand>(command: C, { met }: ShortAnswer): C {
  let first = met;
  if (first === null) return command;
  const { middlewareStack } = command as unknown as Pick<PutObjectCommand, 'middlewareStack'>;
  middlewareStack.add(
    (next) => (args) => {
      const mine = first;
      first = null;
      if (mine === null) return next(args);
      if ('error' in mine) return Promise.reject(mine.error);
      return Promise.resolve({ response: mine.response });
    },
    { step: 'deserialize', name: 'goOn', priority: 'low' },
  );
  return command;
}

/** SHA-256 of nothing. */
export const NO_CONTENT = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

/** Where the SDK sent its last request for an object to. */
interface Learned {
  to: Pick<HttpRequest, 'protocol' | 'hostname' | 'port'>;
  /** Before the key. */
  lead: string;
  names: Record<string, string>;
  signer: Signer;
}

interface Signer {
  sign(request: HttpRequest, options: { signingDate: Date }): Promise<{ headers: Record<string, string> }>;
}

interface Answer {
  response: { statusCode: number; headers: Record<string, string>; body: NodeJS.ReadableStream };
}

/** As the SDK has them, beside what its types say. */
interface Inside {
  requestHandler: { handle(request: HttpRequest, options: { abortSignal?: AbortSignal | undefined }): Promise<Answer> };
  signer(scheme: object): Promise<Signer>;
  systemClockOffset: number;
}

/** Signed by AWS's fourth signature for S3, in one region: `Credential=<key>/<day>/<region>/s3/aws4_request`. */
const SIGNED = /^AWS4-HMAC-SHA256 Credential=[^/,]+\/\d{8}\/([^/,]+)\/s3\/aws4_request,/;
/** Keys that are in an address as they are. */
const PLAIN_KEY = /^[\w.~-]+(?:\/[\w.~-]+)*$/;

/** `Request`: the SDK's class of requests. */
export function shortWay(s3: S3Client, Request: typeof HttpRequest): ShortWay {
  let learned: Learned | null = null;
  const inside = s3.config as unknown as Inside;
  s3.middlewareStack.add(
    (next, { commandName }) =>
      async (args) => {
        const result = await next(args);
        const { Key: key } = args.input as { Key?: string };
        if (learned === null && key !== undefined && /^(?:Head|Put|Get)ObjectCommand$/.test(commandName ?? ''))
          learned = await learn(args.request as HttpRequest, key);
        return result;
      },
    // Signed by then, and answered with success where `next` returns.
    { step: 'finalizeRequest', name: 'learnShortWay', priority: 'low' },
  );

  async function learn({ headers, path, protocol, hostname, port }: HttpRequest, key: string): Promise<Learned | null> {
    const region = SIGNED.exec(headers['authorization'] ?? '')?.[1];
    if (region === undefined || !PLAIN_KEY.test(key) || !path.endsWith(`/${key}`)) return null;
    // A session for one zone has keys of its own.
    if (Object.keys(headers).some((name) => name.toLowerCase() === 'x-amz-s3session-token')) return null;
    const scheme = { name: 'sigv4', signingName: 's3', signingRegion: region, properties: {} };
    return {
      to: { protocol, hostname, ...(port === undefined ? {} : { port }) },
      lead: path.slice(0, -key.length),
      names: { host: headers['host'] ?? hostname, 'user-agent': headers['user-agent'] ?? 'Benchkeep' },
      signer: await inside.signer(scheme),
    };
  }

  return {
    async ask({ method, key, headers, body, contentHash, signal }) {
      if (learned === null || !PLAIN_KEY.test(key)) return NOT_ASKED;
      const { to, lead, names, signer } = learned;
      const request = new Request({
        ...to,
        method,
        path: lead + key,
        headers: { ...names, ...headers, 'x-amz-content-sha256': contentHash },
        body,
      });
      const signingDate = new Date(systemClock.now() + inside.systemClockOffset);
      try {
        request.headers = (await signer.sign(request, { signingDate })).headers;
      } catch {
        // Whoever has no credentials any more is told so by the SDK.
        return NOT_ASKED;
      }
      try {
        const { response } = await inside.requestHandler.handle(request, { abortSignal: signal });
        if (response.statusCode !== 200) return { headers: null, met: { response } };
        await ended(response.body);
        return { headers: response.headers, met: null };
      } catch (error) {
        return { headers: null, met: { error: error instanceof Error ? error : new Error(String(error)) } };
      }
    },
  };
}

/** All of it was received, so that its connection serves the next one. */
function ended(body: NodeJS.ReadableStream): Promise<void> {
  return new Promise((resolve, reject) => {
    body.on('end', resolve).on('error', reject).resume();
  });
}
