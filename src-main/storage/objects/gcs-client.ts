/** Requests to Google Cloud Storage, with patience for bad networks and none for silence. */
import { wait, type Clock } from '../../ports/clock.ts';
import type { Fs } from '../../ports/fs/fs.ts';
import type { Random } from '../../ports/random.ts';
import { isPassing, isUnreachable, networkFailure } from './gcs-failure.ts';
import { openWire, type WholeAnswer, type WholeRequest } from './whole-request.ts';
import { openSignIn, type GcsAccess, type SignIn } from './gcs-sign-in.ts';
import { openAgents, type Agents } from './guarded-agents.ts';
import { openAuthority } from './own-authority.ts';
import type { CloudRoot } from './store-options.ts';

export const GOOGLE = 'https://storage.googleapis.com';
/** Attempts of one request where something broke, where nobody is there, and ms between them. */
const ATTEMPTS = 10;
const ATTEMPTS_UNREACHABLE = 3;
const FIRST_PAUSE = 250;
const LONGEST_PAUSE = 10_000;
/** Ms that the store may ask for; what lasts longer is the transfer's own patience. */
const LONGEST_TOLD = 120_000;

export interface Tried extends WholeAnswer {
  /** From 1. Of later ones it is not known whether an earlier one was heard. */
  attempt: number;
}

export interface GcsClient {
  /** Of the API, without a slash at its end. */
  endpoint: string;
  agents: Agents;
  /** Headers that prove who asks. Errors: see `SignIn`. */
  signIn: SignIn;
  /** Tries again what passes. Any status is an answer in the end. Errors: Benchkeep's. */
  ask(request: WholeRequest): Promise<Tried>;
  /** Once, to the address of an upload, which is its own proof. Null where it broke in a way that passes. */
  once(request: WholeRequest): Promise<WholeAnswer | null>;
  /** The same, tried again. */
  askUpload(request: WholeRequest): Promise<Tried>;
  /** Waits before the next attempt. False where no more are worth it. */
  mayTryAgain(failed: number, outcome: WholeAnswer | null, signal?: AbortSignal): Promise<boolean>;
  close(): void;
}

/** Errors: `not_allowed` for a file of certificates that can't be read, or where credentials would go unprotected. */
export async function openGcsClient(
  cloudRoot: CloudRoot,
  access: GcsAccess,
  { clock, random, fs }: { clock: Clock; random: Random; fs: Pick<Fs, 'readRange' | 'realPath'> },
): Promise<GcsClient> {
  const { root, options, fromRegistry } = cloudRoot;
  // Never STORAGE_EMULATOR_HOST, which Google's client would obey before anything that a root says.
  const endpoint = options.api_endpoint ?? GOOGLE;
  const signIn = openSignIn(
    { endpoint, root },
    { ...access, anonymous: access.anonymous === true || options.anonymous === 'true' },
    { clock, fs },
  );
  const authority = await openAuthority(options.ca, process.env, fs);
  const mayBePrivate = options.api_endpoint === undefined || fromRegistry !== true || access.isChosen === true;
  const agents = openAgents({ mayBePrivate, authority, ...(access.lookup && { lookup: access.lookup }) });
  const wire = openWire(clock, agents);

  async function exchange(request: WholeRequest): Promise<WholeAnswer | Error> {
    try {
      return await wire.exchange(request);
    } catch (error) {
      if (isPassing(error) || isUnreachable(error)) return error as Error;
      throw networkFailure(error, root);
    }
  }

  async function mayTryAgain(failed: number, answer: WholeAnswer | null, signal?: AbortSignal): Promise<boolean> {
    if (failed >= (access.attempts ?? ATTEMPTS)) return false;
    const told = toldPause(answer, clock);
    if (told > LONGEST_TOLD) return false;
    const most = Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (failed - 1));
    // Jitter: what failed together does not come back together.
    await wait(clock, Math.max(told, most * (0.5 + (random(1)[0] ?? 0) / 512)), signal);
    return true;
  }

  async function repeat(request: WholeRequest, proof: () => Promise<Record<string, string>>): Promise<Tried> {
    for (let attempt = 1; ; attempt++) {
      const outcome = await exchange({ ...request, headers: { ...request.headers, ...(await proof()) } });
      const isError = outcome instanceof Error;
      if (!isError && !isBusy(outcome)) return { ...outcome, attempt };
      const isHopeless = isError && isUnreachable(outcome) && attempt >= ATTEMPTS_UNREACHABLE;
      if (isHopeless || !(await mayTryAgain(attempt, isError ? null : outcome, request.signal))) {
        if (isError) throw networkFailure(outcome, root);
        return { ...outcome, attempt };
      }
    }
  }

  return {
    endpoint,
    agents,
    signIn,
    mayTryAgain,
    ask: (request) => repeat(request, () => signIn(request.signal)),
    askUpload: (request) => repeat(request, () => Promise.resolve({})),
    async once(request) {
      const outcome = await exchange(request);
      return outcome instanceof Error ? null : outcome;
    },
    close: () => {
      wire.close();
    },
  };
}

export function isBusy({ status }: Pick<WholeAnswer, 'status'>): boolean {
  return status === 408 || status === 429 || status >= 500;
}

/** Ms; 0 where nothing is told. Retry-After holds seconds or a date (RFC 9110, 10.2.3). */
function toldPause(answer: WholeAnswer | null, clock: Clock): number {
  const told = answer?.headers['retry-after'] ?? '';
  const ms = /^\d+$/.test(told) ? Number(told) * 1000 : Date.parse(told) - clock.now();
  return Number.isFinite(ms) ? Math.max(0, ms) : 0;
}
