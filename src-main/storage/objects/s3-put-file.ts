/** A small file that was read, to S3: put where nothing is with one request, and looked for with another. */
import { effect } from '../../ports/failpoint.ts';
import { contentHashOf } from './s3-content-hash.ts';
import {
  factsOfHead,
  factsOfPut,
  HEADERS_OF_HEAD,
  headersOfPut,
  headFactsOfHeaders,
  putFactsOfHeaders,
} from './s3-facts.ts';
import { NO_CONTENT, sendShortRequest, type KnownWay, type ShortRequest } from './s3-short-request.ts';
import type { Sign } from './s3-signature.ts';
import { base64OfHex } from './s3-words.ts';
import type { FileToPut, PutFile } from './small-file-sender.ts';
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
}

/** Null for everything but plain success of both. Errors: those of `Wire.exchange`. */
export async function putS3File(
  { wire, way, sign }: S3Sending,
  { bytes, crc32, sha256 }: ReadFile,
  { key, fullKey, metadata }: FileToPut,
  signal: AbortSignal,
): Promise<PutFile | null> {
  const ask = async (request: Omit<ShortRequest, 'key' | 'signal'>): Promise<Record<string, string> | null> => {
    const { status, headers } = await sendShortRequest(wire, way, sign, { ...request, key: fullKey, signal });
    // Cookies would be the only one that is a list.
    return status === 200 ? (headers as Record<string, string>) : null;
  };
  const contentHash = contentHashOf({ isSecure: way.origin.startsWith('https:') }, sha256) ?? sha256;
  const headers = headersOfPut(bytes.length, base64OfHex(crc32), { mustBeAbsent: true, metadata });
  const put = await effect('store.put', () => ask({ method: 'PUT', headers, body: bytes, contentHash }));
  const made = put === null ? null : putFactsOfHeaders(put);
  if (made === null) return null;
  const there = await ask({ method: 'HEAD', headers: HEADERS_OF_HEAD, contentHash: NO_CONTENT });
  const head = there === null ? null : headFactsOfHeaders(there);
  return head === null ? null : { made: factsOfPut(key, bytes.length, made), there: factsOfHead(key, head) };
}
