/**
 * Who may talk to this launch of the browser host (rules S-15, S-16): a one-time code is exchanged for a cookie and
 * a token, and both are needed afterwards. Cookies go to every port of a computer, so the cookie alone opens nothing.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { Clock } from '../../ports/clock.ts';
import type { Random } from '../../ports/random.ts';

/** How long a printed address works, milliseconds. */
export const CODE_LIFETIME_MS = 60_000;
/** The oldest code goes when more addresses than this were asked for within its lifetime. */
const MAX_CODES = 16;

export interface Session {
  /** A fresh one-time code. */
  newCode(): string;
  /** True once for a code that is not older than `CODE_LIFETIME_MS`. */
  useCode(code: string): boolean;
  readonly token: string;
  /** `Set-Cookie` value. */
  readonly cookie: string;
  hasToken(token: string): boolean;
  /** `header`: the request's Cookie header. */
  hasCookie(header: string | undefined): boolean;
}

/** `port` is part of the cookie's name, so that two hosts on one computer don't overwrite each other's. */
export function createSession(context: { clock: Pick<Clock, 'monotonic'>; random: Random }, port: number): Session {
  const secret = (): string => Buffer.from(context.random(32)).toString('base64url');
  const token = secret();
  const cookieName = `benchkeep-${String(port)}`;
  const cookieValue = secret();
  const codes: { code: string; until: number }[] = [];

  return {
    token,
    cookie: `${cookieName}=${cookieValue}; HttpOnly; SameSite=Strict; Path=/`,
    newCode() {
      const code = secret();
      codes.push({ code, until: context.clock.monotonic() + CODE_LIFETIME_MS });
      if (codes.length > MAX_CODES) codes.shift();
      return code;
    },
    useCode(code) {
      const now = context.clock.monotonic();
      const live = codes.filter((known) => known.until > now);
      const used = live.find((known) => sameSecret(known.code, code));
      codes.splice(0, codes.length, ...live.filter((known) => known !== used));
      return used !== undefined;
    },
    hasToken: (given) => sameSecret(given, token),
    hasCookie: (header) => cookieValues(header, cookieName).some((value) => sameSecret(value, cookieValue)),
  };
}

/** In constant time; the digests make the lengths equal. */
function sameSecret(a: string, b: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}

function cookieValues(header: string | undefined, name: string): string[] {
  const pairs = (header ?? '').split(';').map((pair) => pair.trim());
  return pairs.filter((pair) => pair.startsWith(`${name}=`)).map((pair) => pair.slice(name.length + 1));
}
