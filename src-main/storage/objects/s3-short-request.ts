/** A request for one object that is signed and sent without the SDK, to where the SDK was seen to send such requests. */
import { systemClock } from '../../ports/clock.ts';
import { canonicalQuery, type Sign, type SigningKeys } from './s3-signature.ts';
import type { WholeAnswer, Wire } from './whole-request.ts';

export interface ShortRequest {
  method: 'HEAD' | 'PUT';
  /** Of the object in its bucket; one that `isPlainKey`. */
  key: string;
  /** As in an address; none by default. */
  query?: Record<string, string>;
  /** Names in small letters. */
  headers: Readonly<Record<string, string>>;
  body?: Buffer;
  /** What is signed of the content: hex, or `UNSIGNED-PAYLOAD`. */
  contentHash: string;
  signal?: AbortSignal | undefined;
}

/** Where requests for objects of one bucket go to, and who asks. Can be told to another thread. */
export interface KnownWay {
  /** `https://host:port`. */
  origin: string;
  /** Before the key. */
  lead: string;
  names: Readonly<Record<string, string>>;
  region: string;
  keys: SigningKeys;
  /** Ms that the server's clock is ahead of this computer's. */
  clockOffset: number;
}

/** SHA-256 of nothing. */
export const NO_CONTENT = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

const PLAIN_KEY = /^[\w.~-]+(?:\/[\w.~-]+)*$/;

/** It is in an address as it is. */
export function isPlainKey(key: string): boolean {
  return PLAIN_KEY.test(key);
}

/** `sign`: that of the way's region. Errors: those of `Wire.exchange`. */
export function sendShortRequest(
  wire: Wire,
  { origin, lead, names, keys, clockOffset }: KnownWay,
  sign: Sign,
  { method, key, query, headers, body, contentHash, signal }: ShortRequest,
): Promise<WholeAnswer> {
  const path = lead + key;
  const search = query === undefined ? '' : canonicalQuery(query);
  const all = { ...names, ...headers, 'x-amz-content-sha256': contentHash };
  const now = new Date(systemClock.now() + clockOffset);
  return wire.exchange({
    method,
    url: origin,
    path: search === '' ? path : `${path}?${search}`,
    headers: sign({ method, path, query: search, headers: all }, keys, now),
    ...(body === undefined ? {} : { body }),
    signal,
  });
}
