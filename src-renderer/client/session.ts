/**
 * The key of a window in the browser host (`security.md`, S-15): a one-time code in the page's fragment is exchanged
 * for a cookie and a token; the token names this window on its WebSocket. A reload finds it again by the cookie.
 */
const STORED_TOKEN = 'benchkeep.token';

/** The fragment's code, removed from the address so that it is in no history entry. */
function takeCode(): string | null {
  const fragment = new URLSearchParams(location.hash.slice(1));
  const code = fragment.get('code');
  if (code !== null) history.replaceState(null, '', location.pathname + location.search);
  return code;
}

async function readToken(request: Promise<Response>): Promise<string | null> {
  const response = await request;
  if (!response.ok) return null;
  const body: unknown = await response.json();
  if (typeof body !== 'object' || body === null || !('token' in body) || typeof body.token !== 'string') return null;
  return body.token;
}

/** The token, or null where the key was used or is too old. Throws where the engine's host cannot be reached. */
export async function openSession(): Promise<string | null> {
  const code = takeCode();
  const token =
    code === null
      ? (sessionStorage.getItem(STORED_TOKEN) ?? (await readToken(fetch('/session', { credentials: 'same-origin' }))))
      : ((await readToken(
          fetch('/session', {
            method: 'POST',
            credentials: 'same-origin',
            headers: { 'content-type': 'application/json' },
            body: JSON.stringify({ code }),
          }),
        )) ?? (await readToken(fetch('/session', { credentials: 'same-origin' }))));
  if (token === null) sessionStorage.removeItem(STORED_TOKEN);
  else sessionStorage.setItem(STORED_TOKEN, token);
  return token;
}

/** After a refused connection: asks for the token again by the cookie. */
export async function renewSession(): Promise<string | null> {
  sessionStorage.removeItem(STORED_TOKEN);
  return openSession();
}
