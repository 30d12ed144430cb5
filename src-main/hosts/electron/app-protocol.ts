/**
 * `app://bundle/`, the only origin the window has: its built files from a map made at the start. No file:// and no
 * path arithmetic (items 1, 7 and 18 of the checklist).
 */
import type { Protocol } from 'electron';
import type { StaticFiles } from '../../ports/fs/static-files.ts';
import { contentPolicy, windowHeaders } from '../window-headers.ts';

export const APP_SCHEME = 'app';
export const APP_ORIGIN = 'app://bundle';
export const APP_PAGE = `${APP_ORIGIN}/index.html`;

/** `preview:` will be the scheme of file previews: nothing answers it, and `navigation.ts` refuses every frame. */
const POLICY = contentPolicy({ frame: 'preview:' });

/** Whether a URL is of the window's own origin. Node's `origin` of such a URL is 'null', so its parts are compared. */
export function isAppUrl(text: string): boolean {
  const url = URL.parse(text);
  return url?.protocol === `${APP_SCHEME}:` && url.host === 'bundle' && url.username === '' && url.password === '';
}

/** Must be called before the app is ready. No service workers, no way around the content policy. */
export function registerAppScheme(protocol: Pick<Protocol, 'registerSchemesAsPrivileged'>): void {
  protocol.registerSchemesAsPrivileged([
    { scheme: APP_SCHEME, privileges: { standard: true, secure: true, supportFetchAPI: true, stream: true } },
  ]);
}

export function serveApp(protocol: Pick<Protocol, 'handle'>, files: StaticFiles): void {
  protocol.handle(APP_SCHEME, (request) => answer(files, request));
}

function answer(files: StaticFiles, request: Pick<Request, 'url' | 'method'>): Response {
  const headers = windowHeaders(POLICY);
  const reads = request.method === 'GET' || request.method === 'HEAD';
  const file = reads && isAppUrl(request.url) ? files.get(new URL(request.url).pathname) : undefined;
  if (file === undefined) return new Response('There is nothing at this address.\n', { status: 404, headers });
  const body = request.method === 'HEAD' ? null : file.bytes;
  return new Response(body, { status: 200, headers: { ...headers, 'Content-Type': file.type } });
}
