/**
 * The proxy that the environment of this computer names: HTTPS_PROXY, HTTP_PROXY and NO_PROXY, as an agent of Node takes
 * them (`proxyEnv`), and with what other programs make of NO_PROXY: names mean what lies below them, too, and blocks of
 * addresses may be written with a slash. This computer itself is never asked by way of a proxy.
 */
import { isIP, isIPv4 } from 'node:net';
import { BenchkeepError } from '../../../shared/errors.ts';

export interface ProxyEnvironment {
  https_proxy: string | undefined;
  http_proxy: string | undefined;
  no_proxy: string;
}

const THIS_COMPUTER = ['localhost', '.localhost', '127.0.0.0-127.255.255.255', '::1'];

/** Null where it names none. Errors: `not_allowed` for what is no address; what it is may hold a password. */
export function proxyEnvironment(env: NodeJS.ProcessEnv): ProxyEnvironment | null {
  const [https, http] = [addressIn(env, 'HTTPS_PROXY'), addressIn(env, 'HTTP_PROXY')];
  if (https === undefined && http === undefined) return null;
  const except = (said(env, 'NO_PROXY') ?? '').split(/[\s,]+/).filter((entry) => entry !== '');
  return { https_proxy: https, http_proxy: http, no_proxy: [...THIS_COMPUTER, ...except.flatMap(meant)].join(',') };
}

/** Small letters count first, as elsewhere. */
function said(env: NodeJS.ProcessEnv, name: string): string | undefined {
  return env[name.toLowerCase()] || env[name] || undefined;
}

/** `proxy.example.org:3128`, as people write it, is one with http. */
function addressIn(env: NodeJS.ProcessEnv, name: string): string | undefined {
  const given = said(env, name);
  if (given === undefined) return undefined;
  const address = /^[a-z][a-z0-9+.-]*:\/\//i.test(given) ? given : `http://${given}`;
  if (URL.canParse(address) && /^https?:$/.test(new URL(address).protocol)) return address;
  throw new BenchkeepError(
    'not_allowed',
    `The proxy that ${name} names in the environment of this computer can't be used`,
    'Give one that begins with http:// or https://, or take it out of the environment.',
  );
}

function meant(entry: string): string[] {
  const plain = entry.replace(/^\[(.*)\]$/, '$1');
  const block = /^([\d.]+)\/(\d{1,2})$/.exec(plain);
  if (block !== null && isIPv4(block[1] ?? '') && Number(block[2]) <= 32)
    return [rangeOf(block[1] ?? '', Number(block[2]))];
  const isName = isIP(plain) === 0 && /^[^*.:][^*:]*$/.test(plain) && !/^[\d.]+-[\d.]+$/.test(plain);
  return isName ? [plain, `.${plain}`] : [plain];
}

/** Its first and last address. */
function rangeOf(address: string, bits: number): string {
  const number = address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
  const size = 2 ** (32 - bits);
  const first = Math.floor(number / size) * size;
  return `${dotted(first)}-${dotted(first + size - 1)}`;
}

function dotted(number: number): string {
  return [2 ** 24, 2 ** 16, 256, 1].map((unit) => Math.floor(number / unit) % 256).join('.');
}
