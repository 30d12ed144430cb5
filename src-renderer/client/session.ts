/**
 * The key of a window in the browser host (`security.md`, S-15): a one-time code in the page's fragment is exchanged
 * for a cookie and a token; both are needed afterwards. The token is kept for this tab, so that a reload works.
 */
const STORED_TOKEN = 'benchkeep.token';

/** The fragment's code, removed from the address so that it is in no history entry. */
function takeCode(): string | null {
  const fragment = new URLSearchParams(location.hash.slice(1));
  const code = fragment.get('code');
  if (code !== null) history.replaceState(null, '', location.pathname + location.search);
  return code;
}

/** A new address typed into this tab differs by its fragment only, and the browser would not load the page again. */
export function followNewCodes(): void {
  addEventListener('hashchange', () => {
    if (new URLSearchParams(location.hash.slice(1)).has('code')) location.reload();
  });
}

/** Null where the host says no. Rejects where it cannot be reached, which says nothing about the token. */
async function askForToken(init: RequestInit): Promise<string | null> {
  const response = await fetch('/session', { ...init, credentials: 'same-origin' });
  if (!response.ok) return null;
  const body: unknown = await response.json();
  if (typeof body !== 'object' || body === null || !('token' in body) || typeof body.token !== 'string') return null;
  return body.token;
}

async function exchange(code: string): Promise<string | null> {
  const headers = { 'content-type': 'application/json' };
  const token = await askForToken({ method: 'POST', headers, body: JSON.stringify({ code }) });
  if (token !== null) sessionStorage.setItem(STORED_TOKEN, token);
  return token;
}

/** The token that holds now, or null where this window's key was used or is too old. */
export async function openSession(): Promise<string | null> {
  const code = takeCode();
  const fresh = code === null ? null : await exchange(code);
  if (fresh !== null) return fresh;
  const stored = sessionStorage.getItem(STORED_TOKEN);
  if (stored === null) return null;
  const token = await askForToken({ headers: { authorization: `Bearer ${stored}` } });
  if (token === null) sessionStorage.removeItem(STORED_TOKEN);
  return token;
}
