/** Items 7 and 18: the scheme, the exact content policy, and files from a map alone. */
import { describe, expect, it } from 'vitest';
import { startApp } from './electron-fixture.ts';

type Handler = (request: { url: string; method: string }) => Response;

async function handler(): Promise<(url: string, method?: string) => Response> {
  const app = await startApp();
  const handle = app.handler<Handler>('protocol.handle', 1);
  return (url, method = 'GET') => handle({ url, method });
}

/** As in the security rules, word for word. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; worker-src 'self'; frame-src preview:; media-src 'none'; object-src 'none'; manifest-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types svelte-trusted-html";

describe('the app scheme', () => {
  it('is registered before the app is ready, without ways around the policy', async () => {
    const app = await startApp();
    expect(app.named('protocol.registerSchemesAsPrivileged')).toEqual([
      [[{ scheme: 'app', privileges: { standard: true, secure: true, supportFetchAPI: true, stream: true } }]],
    ]);
    const names = app.calls.map((call) => call.name);
    expect(names.indexOf('protocol.registerSchemesAsPrivileged')).toBeLessThan(names.indexOf('app.whenReady'));
    expect(app.named('protocol.handle').map(([scheme]) => scheme)).toEqual(['app']);
    expect(names.filter((name) => /intercept|registerFileProtocol/.test(name))).toEqual([]);
  });

  it('serves the page and its parts with their types and every header', async () => {
    const get = await handler();
    for (const [url, type] of [
      ['app://bundle/', 'text/html; charset=utf-8'],
      ['app://bundle/index.html', 'text/html; charset=utf-8'],
      ['app://bundle/index.html?x#y', 'text/html; charset=utf-8'],
      ['app://bundle/assets/app.js', 'text/javascript; charset=utf-8'],
    ] as const) {
      const answer = get(url);
      expect(answer.status, url).toBe(200);
      expect(Object.fromEntries(answer.headers)).toEqual({ ...common, 'content-type': type });
    }
    expect(await get('app://bundle/assets/app.js').text()).toBe('window.ran = true');
    expect(await get('app://bundle/', 'HEAD').text()).toBe('');
  });

  it.each([
    'app://bundle/../package.json', 'app://bundle/../assets', 'app://bundle/../../../../etc/passwd', 'app://bundle/%2e%2e/package.json',
    'app://bundle/%2e%2e%2fpackage.json', 'app://bundle/..%2f..%2fetc%2fpasswd', 'app://bundle/%252e%252e/package.json',
    'app://bundle/..%5c..%5cwindows', 'app://bundle/..\\..\\windows', 'app://bundle/assets\\app.js', 'app://bundle//etc/passwd',
    'app://bundle//assets/app.js', 'app://bundle/assets//app.js', 'app://bundle/etc/passwd', 'app://bundle/C:/windows/win.ini',
    'app://bundle/file:///etc/passwd', 'app://bundle/assets/app.js%00', 'app://bundle/assets/app.js/', 'app://bundle/assets/app.js.map',
    'app://bundle/assets/', 'app://bundle/assets', 'app://bundle/INDEX.HTML', 'app://bundle/%69ndex.html', 'app://bundle/index.html.',
    'app://bundle/index.html::$DATA', 'app://bundle/.git/config', 'app://bundle/__proto__', 'app://bundle/constructor',
    'app://evil/index.html', 'app://bundle.evil/index.html', 'app://user@bundle/index.html', 'app://bundle:80/index.html',
    'app:///index.html', 'app:index.html', 'file:///index.html', 'https://bundle/index.html', 'not a url', '',
  ])('%s is not there', async (url) => {
    const answer = (await handler())(url);
    expect(answer.status).toBe(404);
    expect(Object.fromEntries(answer.headers)).toMatchObject(common);
  }); // prettier-ignore

  it.each(['POST', 'PUT', 'DELETE', 'OPTIONS'])('%s gets nothing', async (method) => {
    expect((await handler())('app://bundle/index.html', method).status).toBe(404);
  });
});

const common = {
  'content-security-policy': POLICY,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), microphone=(), geolocation=(), usb=(), serial=(), hid=()',
  'x-dns-prefetch-control': 'off',
  'cache-control': 'no-store',
};
