/** A small file that was read, to S3: put where nothing is with one request, and looked for with another. */
import { wait, type Clock } from '../../ports/clock.ts';
import { effect } from '../../ports/failpoint.ts';
import type { Random } from '../../ports/random.ts';
import { secondsAsked } from './retry-after.ts';
import { contentHashOf } from './s3-content-hash.ts';
import { HEADERS_OF_HEAD, headersOfPut, toldOfHead, toldOfPut } from './s3-facts.ts';
import { LONGEST_ASKED, pauseBefore, type Pauses } from './s3-retries.ts';
import { NO_CONTENT, sendShortRequest, type KnownWay, type ShortRequest } from './s3-short-request.ts';
import type { Sign } from './s3-signature.ts';
import { base64OfHex } from './s3-words.ts';
import type { PutFile } from './object-store.ts';
import type { FileToPut } from './small-file-sender.ts';
import type { Wire } from './whole-request.ts';

export interface ReadFile {
  bytes: Buffer;
  /** Hex. */
  crc32: string;
  sha256: string;
}

export interface S3Sending {
  wire: Wire;
  way: KnownWay;
  sign: Sign;
  /** Between attempts where the store is busy. */
  pauses: Pauses;
  clock: Clock;
  random: Random;
}

/**
 * A store that is busy is asked again, as late as it says. Null for every other end but plain success of both. Errors:
 * those of `Wire.exchange`, and `signal`'s.
 */
export async function putS3File(
  { wire, way, sign, pauses, clock, random }: S3Sending,
  { bytes, crc32, sha256 }: ReadFile,
  { key, fullKey, metadata }: FileToPut,
  signal: AbortSignal,
): Promise<PutFile | null> {
  const ask = async (request: Omit<ShortRequest, 'key' | 'signal'>): Promise<Record<string, string> | null> => {
    for (let attempt = 1; ; attempt++) {
      const { status, headers } = await sendShortRequest(wire, way, sign, { ...request, key: fullKey, signal });
      // Cookies would be the only one that is a list.
      if (status === 200) return headers as Record<string, string>;
      const isBusy = status === 429 || status >= 500;
      const asked = (secondsAsked(headers['retry-after'], clock.now()) ?? 0) * 1000;
      if (!isBusy || attempt >= pauses.attempts || asked > LONGEST_ASKED) return null;
      await wait(clock, Math.max(asked, pauseBefore(attempt, pauses, random)), signal);
      signal.throwIfAborted();
    }
  };
  const contentHash = contentHashOf({ isSecure: way.origin.startsWith('https:') }, sha256) ?? sha256;
  const headers = headersOfPut(bytes.length, base64OfHex(crc32), { mustBeAbsent: true, metadata });
  const put = await effect('store.putFile', () => ask({ method: 'PUT', headers, body: bytes, contentHash }));
  const made = put === null ? null : toldOfPut(key, bytes.length, put);
  if (made === null) return null;
  const head = await ask({ method: 'HEAD', headers: HEADERS_OF_HEAD, contentHash: NO_CONTENT });
  const there = head === null ? null : toldOfHead(key, head);
  return there === null ? null : { made, there };
}
