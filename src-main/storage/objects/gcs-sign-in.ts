/** Who asks: the headers that prove it, from Google's own client, which also renews them. */
import { BenchkeepError } from '../../../shared/errors.ts';
import type { Clock } from '../../ports/clock.ts';
import { signInFailure } from './gcs-failure.ts';

/** How this computer signs in. Without any of it: Google's application default credentials. */
export interface GcsAccess {
  /** Path of the JSON key file of a service account. */
  keyFile?: string;
  /** Public buckets: requests carry no credentials. */
  anonymous?: boolean;
}

/** Headers for one request. Errors: `not_signed_in`, `offline`, `cancelled`. */
export type SignIn = (signal?: AbortSignal) => Promise<Record<string, string>>;

/** Ms; Google's client has no end of its own. */
const PATIENCE = 30_000;

/** Errors: `not_allowed` where the credentials would go over the network for all to read. */
export async function openSignIn(
  { endpoint, root }: { endpoint: string; root: string },
  access: GcsAccess,
  clock: Clock,
): Promise<SignIn> {
  const { keyFile = null, anonymous = false } = access;
  const { protocol, hostname } = new URL(endpoint);
  const isGoogle = protocol === 'https:' && /(?:^|\.)googleapis\.com$/.test(hostname);
  // An endpoint comes from a registry that others wrote too: it must not be able to fetch this person's credentials.
  if (anonymous || (keyFile === null && !isGoogle)) return () => Promise.resolve({});
  if (protocol !== 'https:' && !isLoopback(hostname)) {
    throw new BenchkeepError(
      'not_allowed',
      `The credentials for ${root} would be sent unprotected`,
      'Use an endpoint with https.',
    );
  }
  // A command that needs no bucket does not wait for it to be read.
  const { Storage } = await import('@google-cloud/storage');
  const { authClient } = new Storage(keyFile === null ? {} : { keyFilename: keyFile });
  return async (signal) => {
    try {
      const headers = await within(clock, authClient.getRequestHeaders(), signal);
      return Object.fromEntries(headers.entries());
    } catch (error) {
      throw signInFailure(error, root, keyFile);
    }
  };
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
