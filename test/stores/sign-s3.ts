/**
 * Signs a request anew (AWS Signature Version 4) whose body was changed on its way, with checksums that fit: for a
 * store that keeps other bytes than it was sent and notices nothing.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
 */
import { createHash, createHmac } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { crc32 } from 'node:zlib';

export function signAnew(
  { method, url, headers }: { method: string; url: string; headers: IncomingHttpHeaders },
  body: Buffer,
  secret: string,
): IncomingHttpHeaders {
  const signed = /Credential=[^/]+\/(?<scope>[^,]+),\s*SignedHeaders=(?<names>[^,]+)/.exec(headers.authorization ?? '');
  const [scope = '', names = ''] = [signed?.groups?.['scope'], signed?.groups?.['names']];
  const sum = createHash('sha256').update(body).digest('hex');
  const changed: IncomingHttpHeaders = { ...headers, 'x-amz-content-sha256': sum };
  if (headers['x-amz-checksum-crc32'] !== undefined) {
    const crc = Buffer.alloc(4);
    crc.writeUInt32BE(crc32(body));
    changed['x-amz-checksum-crc32'] = crc.toString('base64');
  }
  const { pathname, searchParams } = new URL(url, 'http://store');
  const query = [...searchParams]
    .map(([name, value]) => `${encode(name)}=${encode(value)}`)
    .sort()
    .join('&');
  const lines = names.split(';').map((name) => `${name}:${String(changed[name] ?? '').trim()}\n`);
  const request = [method, pathname, query, lines.join(''), names, sum].join('\n');
  const text = ['AWS4-HMAC-SHA256', changed['x-amz-date'], scope, createHash('sha256').update(request).digest('hex')];
  const key = scope.split('/').reduce<string | Buffer>((last, part) => hmac(last, part), `AWS4${secret}`);
  const signature = hmac(key, text.join('\n')).toString('hex');
  changed.authorization = (headers.authorization ?? '').replace(/Signature=[0-9a-f]+/, `Signature=${signature}`);
  return changed;
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

/** More is escaped than by `encodeURIComponent`. */
function encode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
}
