/** The door through which the client of Hugging Face reaches its hub, and nothing else (S-10). */
import { BenchkeepError } from '../../../shared/errors.ts';
import type { Web, WebAccess } from './web-request.ts';

export interface HfAccess extends WebAccess {
  hubUrl?: string;
  token?: string;
  /** In place of the network, for tests. */
  fetch?: typeof fetch;
}

/** Ms without an answer. */
const PATIENCE = 30_000;

/** `told`: the error for an answer that refuses. Redirects and further pages stay on the hub, since a token may be sent. */
export function hfFetch(
  hub: string,
  web: Web,
  { guard = () => Promise.resolve(), fetch: reach = fetchBy(web) }: HfAccess,
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

/** Over connections to addresses that may be asked only; redirects are answers. */
function fetchBy(web: Web): typeof fetch {
  return async (input, init) => {
    const { method = 'GET', body, signal } = init ?? {};
    const answer = await web.ask({
      method: method === 'POST' || method === 'HEAD' ? method : 'GET',
      url: String(input instanceof Request ? input.url : input),
      headers: Object.fromEntries(new Headers(init?.headers)),
      body: typeof body === 'string' ? body : undefined,
      follow: false,
      signal: signal ?? undefined,
    });
    try {
      const headers = new Headers();
      for (const [name, value] of Object.entries(answer.headers)) headers.set(name, String(value));
      const bytes = await answer.read();
      return new Response(bytes.length === 0 ? null : new Uint8Array(bytes), { status: answer.status, headers });
    } finally {
      answer.close();
    }
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
  const isStopped = signal?.aborted === true;
  // That it takes too long stops it, too.
  if (error instanceof BenchkeepError && (isStopped || error.code !== 'cancelled')) return error;
  if (isStopped)
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
