/** The door through which the client of Hugging Face reaches its hub, and nothing else (S-10). */
import { BenchkeepError } from '../../../shared/errors.ts';
import type { WebAccess } from './web-request.ts';

export interface HfAccess extends WebAccess {
  hubUrl?: string;
  token?: string;
  /** In place of the system's. */
  fetch?: typeof fetch;
}

/** Ms without an answer. */
const PATIENCE = 30_000;

/** `told`: the error for an answer that refuses. Redirects and further pages stay on the hub, since a token may be sent. */
export function hfFetch(
  hub: string,
  { guard = () => Promise.resolve(), fetch: reach = fetch }: HfAccess,
  told: (status: number, retryAfter: string | null) => BenchkeepError,
  signal: AbortSignal | undefined,
): typeof fetch {
  const { origin } = new URL(hub);
  return async (input, init) => {
    let url = String(input instanceof Request ? input.url : input);
    for (let hops = 0; hops < 5; hops++) {
      if (new URL(url).origin !== origin) throw elsewhere(hub);
      await guard(url);
      const limit = AbortSignal.any([AbortSignal.timeout(PATIENCE), ...(signal === undefined ? [] : [signal])]);
      const answer = await reach(url, { ...init, redirect: 'manual', signal: limit }).catch((error: unknown) => {
        throw failed(error, hub, signal);
      });
      if (answer.status === 429 || answer.status === 401 || answer.status === 403)
        throw told(answer.status, answer.headers.get('retry-after'));
      const location = answer.headers.get('location');
      if (answer.status < 300 || answer.status >= 400 || location === null) return answer;
      url = new URL(location, url).href;
    }
    throw elsewhere(hub);
  };
}

function elsewhere(hub: string): BenchkeepError {
  return new BenchkeepError(
    'not_allowed',
    `${hub} leads to another server`,
    'Nothing was asked there. The repository may have been renamed: look at its page.',
  );
}

function failed(error: unknown, hub: string, signal: AbortSignal | undefined): BenchkeepError {
  if (error instanceof BenchkeepError) return error;
  if (signal?.aborted === true)
    return new BenchkeepError('cancelled', 'Stopped', 'What is done so far is kept; run it again for the rest.', {
      retry: true,
    });
  return new BenchkeepError(
    'offline',
    `${hub} does not answer`,
    'Check the network. Nothing was lost; try again when it is back.',
    { retry: true },
  );
}
