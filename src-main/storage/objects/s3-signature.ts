/**
 * AWS's fourth signature for S3 (docs.aws.amazon.com, "Authenticating Requests: Using the Authorization Header"). Our own,
 * because the key of a day is made once and kept as a key of Node's: each request of a small file is signed twice, and the
 * libraries make more of it than of sending the file.
 */
import { createHmac, createSecretKey, hash, type KeyObject } from 'node:crypto';

export interface Signable {
  method: string;
  /** As it is asked for, without the query. */
  path: string;
  /** From `canonicalQuery`; empty for none. */
  query: string;
  /** Names in small letters; all are signed but `user-agent`. `host` and `x-amz-content-sha256` are among them. */
  headers: Readonly<Record<string, string>>;
}

export interface SigningKeys {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string | undefined;
}

/** The headers with what proves who asks. `date` is close to the server's, or it refuses. */
export type Sign = (request: Signable, keys: SigningKeys, date: Date) => Record<string, string>;

/** Words of a query, spelt and in the order in which they are signed. */
export function canonicalQuery(words: Readonly<Record<string, string>>): string {
  return Object.entries(words)
    .map(([name, value]) => `${encoded(name)}=${encoded(value)}`)
    .sort()
    .join('&');
}

function encoded(word: string): string {
  return encodeURIComponent(word).replace(
    /[!'()*]/g,
    (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** One region's. Keeps the key of the day. */
export function signatures(region: string): Sign {
  let kept: { secret: string; day: string; key: KeyObject } | null = null;

  function keyOf(secret: string, day: string): KeyObject {
    if (kept?.secret !== secret || kept.day !== day) {
      const chain = [day, region, 's3', 'aws4_request'];
      const first: Buffer = Buffer.from(`AWS4${secret}`);
      const key = chain.reduce((before, word) => createHmac('sha256', before).update(word).digest(), first);
      kept = { secret, day, key: createSecretKey(key) };
    }
    return kept.key;
  }

  return ({ method, path, query, headers }, { accessKeyId, secretAccessKey, sessionToken }, date) => {
    const time = date.toISOString().replace(/[-:]|\.\d{3}/g, '');
    const day = time.slice(0, 8);
    const signed: Record<string, string> = {
      ...headers,
      'x-amz-date': time,
      ...(sessionToken === undefined ? {} : { 'x-amz-security-token': sessionToken }),
    };
    const names = Object.keys(signed)
      .filter((name) => name !== 'user-agent')
      .sort();
    const lines = names.map((name) => `${name}:${(signed[name] ?? '').trim().replace(/\s+/g, ' ')}\n`).join('');
    const list = names.join(';');
    const asked = `${method}\n${path}\n${query}\n${lines}\n${list}\n${headers['x-amz-content-sha256'] ?? ''}`;
    const scope = `${day}/${region}/s3/aws4_request`;
    const toSign = `AWS4-HMAC-SHA256\n${time}\n${scope}\n${hash('sha256', asked)}`;
    const signature = createHmac('sha256', keyOf(secretAccessKey, day)).update(toSign).digest('hex');
    signed['authorization'] =
      `AWS4-HMAC-SHA256 Credential=${accessKeyId}/${scope}, SignedHeaders=${list}, Signature=${signature}`;
    return signed;
  };
}
