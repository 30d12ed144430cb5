/**
 * A certificate authority of the lab's own. There is no way to accept a server that none proves: whoever runs a store
 * with a certificate of its own gives the file of who signed it.
 */
import { resolve } from 'node:path';
import { createSecureContext, getCACertificates, type SecureContext } from 'node:tls';
import { BenchkeepError } from '../../../shared/errors.ts';
import type { Fs } from '../../ports/fs/fs.ts';
import { rawFromText } from '../../ports/fs/raw-path.ts';

/** Bytes; all that a computer trusts are some 250,000. */
const MOST = 4 * 1024 ** 2;

/**
 * `file`: the only ones that are trusted then. Without it, those that everybody trusts and what NODE_EXTRA_CA_CERTS
 * names, which Node reads itself except within Electron. Certificates in PEM form; null where nothing has to be added to
 * what Node does. Errors: `not_allowed`: a file that can't be read must not be passed over.
 */
export async function openAuthority(
  file: string | undefined,
  env: NodeJS.ProcessEnv,
  fs: Pick<Fs, 'readRange' | 'realPath'>,
): Promise<readonly string[] | null> {
  if (file !== undefined) return usable(file, [await readAuthority(file, fs)]);
  const extra = env['NODE_EXTRA_CA_CERTS'] ?? '';
  if (extra === '' || getCACertificates('extra').length > 0) return null;
  return usable(extra, [...getCACertificates('default'), await readAuthority(extra, fs)]);
}

async function readAuthority(file: string, fs: Pick<Fs, 'readRange' | 'realPath'>): Promise<string> {
  try {
    const text = String(await fs.readRange(await fs.realPath(rawFromText(resolve(file))), 0, MOST));
    if (text.includes('-----BEGIN CERTIFICATE-----')) return text;
  } catch {
    // Whatever is wrong with it, the remedy is the same.
  }
  throw notReadable(file);
}

const contexts = new WeakMap<readonly string[], SecureContext>();

/** Made once of the same list: for all that a computer trusts it takes 20 ms. Errors: those of what is no certificate. */
export function contextOf(authority: readonly string[]): SecureContext {
  const context = contexts.get(authority) ?? createSecureContext({ ca: [...authority] });
  contexts.set(authority, context);
  return context;
}

function usable(file: string, ca: readonly string[]): readonly string[] {
  try {
    contextOf(ca);
    return ca;
  } catch {
    throw notReadable(file);
  }
}

function notReadable(file: string): BenchkeepError {
  return new BenchkeepError(
    'not_allowed',
    `${file} holds no certificate authority that can be read`,
    'Nothing was sent. Give a file of certificates in PEM form: the one of who signed the certificate of the server.',
    { retry: true },
  );
}
