/** Who asks: the headers that prove it, from Google's own client, which also renews them. */
import type { LookupFunction } from 'node:net';
import { resolve } from 'node:path';
import * as z from 'zod';
import { BenchkeepError } from '../../../shared/errors.ts';
import type { Secret } from '../../../shared/secret.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Fs } from '../../ports/fs/fs.ts';
import { rawFromText } from '../../ports/fs/raw-path.ts';
import { asJson, signInFailure } from './gcs-failure.ts';

/** How this computer signs in. Without any of it: Google's application default credentials. */
export interface GcsAccess {
  /** Path of the JSON key file of a service account. */
  keyFile?: string;
  /** The same, as text, given for this storage. */
  serviceAccount?: Secret<string>;
  /** Public buckets: requests carry no credentials. */
  anonymous?: boolean;
  /** The endpoint of a registry was chosen by the person, too. */
  isChosen?: boolean;
  /** Of one request; fewer for a trial. */
  attempts?: number;
  /** For tests: what names lead to. */
  lookup?: LookupFunction;
}

/** Headers for one request. Errors: `not_signed_in`, `offline`, `cancelled`. */
export type SignIn = (signal?: AbortSignal) => Promise<Record<string, string>>;

/** Its name (`client_email`); null where `text` is no key file of a service account. */
export function serviceAccountName(text: string): string | null {
  return serviceAccount.safeParse(asJson(Buffer.from(text))).data?.client_email ?? null;
}

/** Only there the computer's own credentials go. */
export function isOfGoogle(endpoint: string): boolean {
  const { protocol, hostname } = new URL(endpoint);
  return protocol === 'https:' && /(?:^|\.)googleapis\.com$/.test(hostname);
}

/** Of a service account alone: other kinds can name programs to run and places to send secrets to. */
const serviceAccount = z.object({
  type: z.literal('service_account'),
  client_email: z.string(),
  private_key: z.string(),
  /** Goes with each token: by it Google finds the other half of the key. */
  private_key_id: z.string(),
});
/** Bytes; such a file has some 2,400. */
const MOST_OF_KEY_FILE = 65_536;
/** Ms; Google's client has no end of its own. */
const PATIENCE = 30_000;

/** Looks for credentials at the first request. Errors: `not_allowed` where the network could read them. */
export function openSignIn(
  { endpoint, root }: { endpoint: string; root: string },
  { keyFile, serviceAccount: given, anonymous = false }: GcsAccess,
  { clock, fs }: { clock: Clock; fs: Pick<Fs, 'readRange' | 'realPath'> },
): SignIn {
  const { protocol, hostname } = new URL(endpoint);
  // An endpoint comes from a registry that others wrote too: it must not be able to fetch this person's credentials.
  const hasKey = given !== undefined || keyFile !== undefined;
  if ((anonymous && !hasKey) || (!hasKey && !isOfGoogle(endpoint))) return () => Promise.resolve({});
  if (protocol !== 'https:' && !isLoopback(hostname)) {
    throw new BenchkeepError(
      'not_allowed',
      `The credentials for ${root} would be sent unprotected`,
      'Use a server whose address begins with https.',
    );
  }
  let google: Google | undefined;
  return async (signal) => {
    try {
      google ??= await openGoogle(given ?? keyFile, fs);
      const headers = Object.fromEntries((await within(clock, google.getRequestHeaders(), signal)).entries());
      // Of what it can't make sense of, Google's client makes no error but a request without credentials.
      if (headers['authorization'] === undefined) throw new Error('no credentials');
      return headers;
    } catch (error) {
      throw signInFailure(error, root, given === undefined ? keyFile : 'The key of a service account that was given');
    }
  };
}

/** What is used of Google's client. */
interface Google {
  getRequestHeaders(): Promise<Headers>;
}

async function openGoogle(
  key: string | Secret<string> | undefined,
  fs: Pick<Fs, 'readRange' | 'realPath'>,
): Promise<Google> {
  // Without credentials it would ask for those of a machine in Google's cloud, and take them from whoever answers (S-10).
  process.env['METADATA_SERVER_DETECTION'] ??= 'none';
  // A command that needs no bucket does not wait for it to be read.
  const { Storage } = await import('@google-cloud/storage');
  // Without a project it would look for one, with the programs and at the addresses of Google's cloud.
  const { authClient } = new Storage({ projectId: 'none' });
  if (key === undefined) return authClient;
  const text =
    typeof key === 'string'
      ? await fs.readRange(await fs.realPath(rawFromText(resolve(key))), 0, MOST_OF_KEY_FILE)
      : Buffer.from(key.reveal());
  // Given as an option, the client complains about it on the console.
  authClient.jsonContent = serviceAccount.parse(asJson(text));
  // The key signs each request's token itself: nobody else has to be asked for one.
  authClient.useJWTAccessWithScope = true;
  return authClient;
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(?:\.\d+){3}$/.test(hostname);
}

function within<T>(clock: Clock, answer: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  return new Promise((resolve, reject) => {
    const forget = clock.after(PATIENCE, () => {
      reject(Object.assign(new Error('nothing moves'), { code: 'ETIMEDOUT' }));
    });
    function stop(): void {
      reject(Object.assign(new Error('stopped'), { name: 'AbortError' }));
    }
    if (signal?.aborted === true) stop();
    signal?.addEventListener('abort', stop, { once: true });
    void answer.then(resolve, reject).finally(() => {
      forget();
      signal?.removeEventListener('abort', stop);
    });
  });
}
