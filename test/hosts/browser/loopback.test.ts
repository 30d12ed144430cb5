/** Who is heard at all: S-13 (DNS rebinding), S-14 (other pages), S-07 (paths), and the headers of every answer. */
import { connect } from 'node:net';
import { networkInterfaces } from 'node:os';
import { describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { codeOf, exchange, openSocket, send, signIn, startHost, type RunningHost } from './host-fixture.ts';

const unprotected = { check: () => null };
const evilHosts = (port: number): string[] => [
  'evil.example',
  `evil.example:${String(port)}`,
  '127.0.0.1',
  'localhost',
  `127.0.0.1:${String(port + 1)}`,
  `127.0.0.1:0${String(port)}`,
  `127.0.0.2:${String(port)}`,
  `[::1]:${String(port)}`,
  `localhost.evil.example:${String(port)}`,
  `localhost.:${String(port)}`,
  `LOCALHOST:${String(port)}`,
  `user@127.0.0.1:${String(port)}`,
];

describe('S-13: the address is served under its own two names only', () => {
  it('answers 421 to every other Host, for files, the session and the socket', async () => {
    const host = await startHost();
    const { cookie, token } = await signIn(host);
    for (const name of evilHosts(host.port)) {
      const headers = { Host: name, Cookie: cookie, Authorization: `Bearer ${token}` };
      expect((await send(host, 'GET', '/', headers)).status, name).toBe(421);
      expect((await send(host, 'GET', '/session', headers)).status, name).toBe(421);
      const evil = await openSocket(host, ['benchkeep', `benchkeep.${token}`], { origin: `http://${name}`, headers });
      expect(evil, name).toBe(421);
    }
    expect(host.engine.counts.ports).toBe(0);
  });

  it('answers under 127.0.0.1 and localhost', async () => {
    const host = await startHost();
    for (const name of ['127.0.0.1', 'localhost']) {
      expect((await send(host, 'GET', '/', { Host: `${name}:${String(host.port)}` })).status).toBe(200);
    }
  });

  it('control: without the check a rebound name reads the session and opens the socket', async () => {
    const host = await startHost(unprotected);
    const { cookie, token } = await signIn(host);
    const headers = { Host: 'evil.example', Cookie: cookie, Authorization: `Bearer ${token}` };
    expect((await send(host, 'GET', '/session', headers)).body).toContain(token);
    const origin = 'http://evil.example';
    expect(await openSocket(host, ['benchkeep', `benchkeep.${token}`], { origin, headers })).toBeInstanceOf(WebSocket);
  });

  it('refuses a request with two Host headers, an empty one, or none', async () => {
    const host = await startHost();
    const own = `Host: 127.0.0.1:${String(host.port)}\r\n`;
    const answer = await raw(host, `GET / HTTP/1.1\r\n${own}Host: evil.example\r\nConnection: close\r\n\r\n`);
    expect(answer).toMatch(/^HTTP\/1\.1 4(?:00|21) /);
    expect(await raw(host, 'GET / HTTP/1.1\r\nHost:\r\nConnection: close\r\n\r\n')).toMatch(/^HTTP\/1\.1 421 /);
    expect(await raw(host, 'GET / HTTP/1.0\r\n\r\n')).toMatch(/^HTTP\/1\.1 421 /);
    expect(await raw(host, `GET / HTTP/1.1\r\n${own}Connection: close\r\n\r\n`)).toMatch(/^HTTP\/1\.1 200 /);
  });

  it('listens on 127.0.0.1 and on no other address of this computer', async () => {
    const host = await startHost();
    const others = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
    for (const { address } of others.filter((other) => other.address !== '127.0.0.1')) {
      await expect(reaches(address, host.port), address).resolves.toBe(false);
    }
    await expect(reaches('127.0.0.1', host.port)).resolves.toBe(true);
  });
});

const foreignOrigins = (host: RunningHost): string[] => [
  'http://evil.example',
  'null',
  'file://',
  `http://127.0.0.1:${String(host.port + 1)}`,
  `https://127.0.0.1:${String(host.port)}`,
  // Ours, but not the one of this Host header.
  `http://localhost:${String(host.port)}`,
  `${host.own}.evil.example`,
  `${host.own}/`,
];

describe('S-14: other pages are not heard', () => {
  it('refuses every foreign Origin, for the session and the socket', async () => {
    const host = await startHost();
    const { cookie, token } = await signIn(host);
    for (const origin of foreignOrigins(host)) {
      const code = codeOf(host.newAddress());
      expect((await exchange(host, code, { Origin: origin })).status, origin).toBe(403);
      const headers = { Cookie: cookie, Authorization: `Bearer ${token}` };
      expect((await send(host, 'GET', '/session', { ...headers, Origin: origin })).status, origin).toBe(403);
      expect(await openSocket(host, ['benchkeep', `benchkeep.${token}`], { origin, headers }), origin).toBe(403);
      // The code was not spent by the refused page.
      expect((await exchange(host, code)).status).toBe(200);
    }
  });

  it('control: without the check a foreign page gets the token and the socket', async () => {
    const host = await startHost(unprotected);
    for (const origin of foreignOrigins(host)) {
      const answer = await exchange(host, codeOf(host.newAddress()), { Origin: origin });
      expect(answer.status, origin).toBe(200);
      const { token } = JSON.parse(answer.body) as { token: string };
      const headers = { Cookie: answer.headers['set-cookie']?.[0] ?? '' };
      const socket = await openSocket(host, ['benchkeep', `benchkeep.${token}`], { origin, headers });
      expect(socket, origin).toBeInstanceOf(WebSocket);
    }
  });

  it('refuses what a browser says comes from elsewhere', async () => {
    const host = await startHost();
    const { cookie, token } = await signIn(host);
    for (const site of ['cross-site', 'same-site', 'Same-Origin', 'else']) {
      const headers = { 'Sec-Fetch-Site': site, Cookie: cookie };
      for (const path of ['/', '/index.html', '/assets/app.js', '/session']) {
        expect((await send(host, 'GET', path, headers)).status, `${site} ${path}`).toBe(403);
      }
      expect((await exchange(host, codeOf(host.newAddress()), headers)).status).toBe(403);
      const socket = await openSocket(host, ['benchkeep', `benchkeep.${token}`], { origin: host.own, headers });
      expect(socket).toBe(403);
    }
    for (const site of ['same-origin', 'none']) {
      expect((await send(host, 'GET', '/assets/app.js', { 'Sec-Fetch-Site': site })).status).toBe(200);
    }
  });

  it('lets a link from elsewhere open the page as a tab, and only the page, and only as a tab', async () => {
    const host = await startHost();
    const tab = { 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Mode': 'navigate', 'Sec-Fetch-Dest': 'document' };
    const page = await send(host, 'GET', '/', tab);
    expect(page.status).toBe(200);
    expect(page.headers['set-cookie']).toBeUndefined();
    expect((await send(host, 'GET', '/session', tab)).status).toBe(403);
    expect((await send(host, 'GET', '/assets/app.js', tab)).status).toBe(403);
    expect((await send(host, 'POST', '/', { ...tab, Origin: host.own })).status).toBe(403);
    expect((await send(host, 'GET', '/', { ...tab, 'Sec-Fetch-Dest': 'iframe' })).status).toBe(403);
    expect((await send(host, 'GET', '/', { ...tab, 'Sec-Fetch-Mode': 'no-cors' })).status).toBe(403);
  });

  it('refuses a form, a missing Origin, other methods and preflights, without CORS headers', async () => {
    const host = await startHost();
    const form = { 'Content-Type': 'application/x-www-form-urlencoded' };
    const code = codeOf(host.newAddress());
    const foreign = await exchange(host, code, { ...form, Origin: 'http://evil.example' });
    expect(foreign.status).toBe(403);
    for (const type of [
      'application/x-www-form-urlencoded',
      'text/plain',
      'multipart/form-data',
      'application/jsonp',
      '',
    ]) {
      expect((await exchange(host, code, { 'Content-Type': type })).status, type).toBe(415);
    }
    const json = { 'Content-Type': 'application/json' };
    expect((await send(host, 'POST', '/session', json, JSON.stringify({ code }))).status).toBe(403);
    for (const method of ['PUT', 'DELETE', 'PATCH', 'OPTIONS']) {
      const own = await send(host, method, '/session', { Origin: host.own });
      const page = await send(host, method, '/', { Origin: host.own });
      expect([own.status, page.status], method).toEqual([405, 405]);
      for (const answer of [own, page, foreign]) {
        expect(Object.keys(answer.headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
      }
    }
    expect((await exchange(host, code)).status).toBe(200);
  });

  it('refuses a socket without Origin unless it brings the token as a header, which no page can', async () => {
    const host = await startHost();
    const { cookie, token } = await signIn(host);
    const protocols = ['benchkeep', `benchkeep.${token}`];
    expect(await openSocket(host, protocols, { headers: { Cookie: cookie } })).toBe(403);
    const wrong = { Authorization: `Bearer ${token.slice(0, -1)}` };
    expect(await openSocket(host, protocols, { headers: { ...wrong, Cookie: cookie } })).toBe(401);
    const bearer = { Authorization: `Bearer ${token}` };
    expect(await openSocket(host, ['benchkeep'], { headers: { ...bearer, 'Sec-Fetch-Site': 'none' } })).toBe(403);
    expect(await openSocket(host, ['benchkeep'], { headers: bearer })).toBeInstanceOf(WebSocket);
  });

  it('has nothing at any other path of the socket', async () => {
    const host = await startHost();
    const { token } = await signIn(host);
    const headers = { Authorization: `Bearer ${token}` };
    for (const path of ['/', '/rpc/', '/rpc?x=1', '//rpc', '/%72pc']) {
      expect(await openSocket(host, ['benchkeep'], { headers }, path), path).toBe(404);
    }
  });
});

const traversals = [
  '/../package.json', '/..', '/../../../../etc/passwd', '/assets/../index.html', '/assets/../../package.json', '/./',
  '/%2e%2e/package.json', '/%2e%2e%2fpackage.json', '/..%2f..%2fetc/passwd', '/%252e%252e/package.json',
  '/..%5c..%5cwindows', '/..\\..\\windows', '/assets\\app.js', '//etc/passwd', '//assets/app.js', '/assets//app.js',
  '/etc/passwd', '/C:/windows/win.ini', '/file:///etc/passwd', '/assets/app.js%00', '/assets/app.js/', '/assets/app.js.map',
  '/assets/', '/assets', '/INDEX.HTML', '/%69ndex.html', '/index.html.', '/index.html::$DATA', '/.git/config',
  '/package.json', '/__proto__', '/constructor', '/rpc', '*',
]; // prettier-ignore

describe('files come from a map, never from a path', () => {
  it.each(traversals)('%s is not there', async (path) => {
    const host = await startHost();
    expect((await send(host, 'GET', path)).status).toBe(404);
  });

  it('serves what is in the map, also with a query, and its head', async () => {
    const host = await startHost();
    const script = await send(host, 'GET', '/assets/app.js?v=1');
    expect([script.status, script.body]).toEqual([200, 'window.ran = true']);
    expect(script.headers['content-type']).toBe('text/javascript; charset=utf-8');
    const head = await send(host, 'HEAD', '/');
    expect([head.status, head.body, head.headers['content-type']]).toEqual([200, '', 'text/html; charset=utf-8']);
  });

  it('gives an absolute address in the request line nothing', async () => {
    const host = await startHost();
    const own = `Host: 127.0.0.1:${String(host.port)}\r\nConnection: close\r\n\r\n`;
    expect(await raw(host, `GET http://evil.example/ HTTP/1.1\r\n${own}`)).toMatch(/^HTTP\/1\.1 404 /);
  });
});

describe('headers', () => {
  it('are on every answer, good and bad', async () => {
    const host = await startHost();
    const answers = [
      await send(host, 'GET', '/'),
      await send(host, 'GET', '/assets/app.js'),
      await send(host, 'GET', '/none'),
      await send(host, 'GET', '/session'),
      await send(host, 'PUT', '/'),
      await send(host, 'GET', '/', { Host: 'evil.example' }),
      await exchange(host, 'wrong'),
    ];
    for (const { headers } of answers) {
      expect(headers).toMatchObject({
        'content-security-policy': policy(`ws://127.0.0.1:${String(host.port)}`),
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
        'cross-origin-opener-policy': 'same-origin',
        'cross-origin-resource-policy': 'same-origin',
        'permissions-policy': 'camera=(), microphone=(), geolocation=(), usb=(), serial=(), hid=()',
        'x-dns-prefetch-control': 'off',
        'cache-control': 'no-store',
      });
      expect(headers['x-powered-by']).toBeUndefined();
    }
  });

  it('let the page connect to the name it was opened under', async () => {
    const host = await startHost();
    const name = `localhost:${String(host.port)}`;
    const page = await send(host, 'GET', '/', { Host: name });
    expect(page.headers['content-security-policy']).toBe(policy(`ws://${name}`));
  });
});

/** As in the security rules, word for word. */
function policy(socket: string): string {
  return `default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; connect-src 'self' ${socket}; worker-src 'self'; frame-src 'none'; media-src 'none'; object-src 'none'; manifest-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types svelte-trusted-html`;
}

function raw(host: RunningHost, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(host.port, '127.0.0.1', () => socket.write(text));
    let answer = '';
    socket.setEncoding('utf8');
    socket.on('data', (chunk: string) => (answer += chunk));
    socket.on('close', () => {
      resolve(answer);
    });
    socket.on('error', reject);
  });
}

function reaches(address: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: address, port, timeout: 2_000 });
    const done = (reached: boolean) => () => {
      socket.destroy();
      resolve(reached);
    };
    socket.on('connect', done(true)).on('error', done(false)).on('timeout', done(false));
  });
}
