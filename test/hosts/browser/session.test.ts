/** S-15: the one-time code. S-16: the cookie, which every server on this computer gets to see, opens nothing alone. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import { systemClock, type Clock } from '../../../src-main/ports/clock.ts';
import { codeOf, exchange, openSocket, pageSocket, send, signIn, startHost } from './host-fixture.ts';

function clockAt(): Clock & { ms: number } {
  const clock = { ...systemClock, ms: 1_000, monotonic: (): number => clock.ms };
  return clock;
}

describe('S-15: the code of an address', () => {
  it('stands in the fragment, works once, and gives a cookie for this port and another secret as the token', async () => {
    const host = await startHost();
    expect(host.address).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/#code=[\w-]{43}$/);
    expect(host.printed).toEqual([host.address]);
    const first = await exchange(host, codeOf(host.address));
    expect(first.status).toBe(200);
    const { token } = JSON.parse(first.body) as { token: string };
    expect(token).toMatch(/^[\w-]{43}$/);
    const [cookie = '', ...more] = first.headers['set-cookie'] ?? [];
    expect(more).toEqual([]);
    expect(cookie).toMatch(
      new RegExp(`^benchkeep-${String(host.port)}=[\\w-]{43}; HttpOnly; SameSite=Strict; Path=/$`),
    );
    expect(cookie).not.toContain(token);
    const second = await exchange(host, codeOf(host.address));
    expect(second.status).toBe(403);
    expect(second.headers['set-cookie']).toBeUndefined();
    expect(JSON.parse(second.body)).toMatchObject({
      code: 'refused',
      remedy: expect.stringContaining('new address') as string,
    });
  });

  it('is good for a minute and not for longer', async () => {
    const clock = clockAt();
    const host = await startHost({ clock });
    const late = host.newAddress();
    clock.ms += 59_999;
    expect((await exchange(host, codeOf(host.address))).status).toBe(200);
    clock.ms += 1;
    expect((await exchange(host, codeOf(late))).status).toBe(403);
    // Whoever comes later asks for another address.
    expect((await exchange(host, codeOf(host.newAddress()))).status).toBe(200);
  });

  it('is not guessed: wrong, empty, cut, long and odd codes are refused, and cost the right one nothing', async () => {
    const host = await startHost();
    const code = codeOf(host.address);
    for (const wrong of ['x', code.slice(0, -1), `${code}x`, code.toLowerCase(), ` ${code}`]) {
      expect((await exchange(host, wrong)).status, wrong).toBe(403);
    }
    const headers = { Origin: host.own, 'Content-Type': 'application/json' };
    for (const body of [
      '',
      '{}',
      '[]',
      'null',
      '{"code":1}',
      '{"code":null}',
      `{"code":"${code}","x":1}`,
      '{"__proto__":{"code":"x"}}',
      '{',
    ]) {
      expect((await send(host, 'POST', '/session', headers, body)).status, body).toBe(400);
    }
    expect((await send(host, 'POST', '/session', headers, JSON.stringify({ code: 'x'.repeat(2_000) }))).status).toBe(
      413,
    );
    expect((await exchange(host, code)).status).toBe(200);
  });

  it('differs between launches, as do the token and the cookie', async () => {
    const secrets = [await startHost(), await startHost()].map(async (host) => {
      const { cookie, token } = await signIn(host);
      return [codeOf(host.address), cookie.split('=')[1], token];
    });
    expect(new Set((await Promise.all(secrets)).flat()).size).toBe(6);
  });

  it('is told to nobody but the person: what is printed has no token and no cookie', async () => {
    const host = await startHost();
    const signedIn = await signIn(host);
    await pageSocket(host, signedIn);
    const printed = host.printed.join('\n');
    expect(printed).not.toContain(signedIn.token);
    expect(printed).not.toContain(signedIn.cookie.split('=')[1]);
  });
});

describe('S-16: after the sign-in', () => {
  it('a reload needs the cookie and the token', async () => {
    const host = await startHost();
    const { cookie, token } = await signIn(host);
    const bearer = `Bearer ${token}`;
    const both = await send(host, 'GET', '/session', { Cookie: cookie, Authorization: bearer });
    expect([both.status, both.body]).toEqual([200, JSON.stringify({ token })]);
    for (const headers of [
      {},
      { Cookie: cookie },
      { Authorization: bearer },
      { Cookie: `${cookie}x`, Authorization: bearer },
    ]) {
      const answer = await send(host, 'GET', '/session', headers);
      expect(answer.status).toBe(401);
      expect(answer.body).not.toContain(token);
    }
  });

  it('the socket of a page needs the cookie and the token, and does not send the token back', async () => {
    const host = await startHost();
    const { cookie, token } = await signIn(host);
    const other = await signIn(await startHost());
    const open = (protocols: string[], headers: Record<string, string>) =>
      openSocket(host, protocols, { origin: host.own, headers });
    expect(await open(['benchkeep'], { Cookie: cookie })).toBe(401);
    expect(await open([`benchkeep.${token}`], { Cookie: cookie })).toBe(401);
    expect(await open(['benchkeep', `benchkeep.${other.token}`], { Cookie: cookie })).toBe(401);
    expect(await open(['benchkeep', `benchkeep.${token}`], {})).toBe(401);
    expect(await open(['benchkeep', `benchkeep.${token}`], { Cookie: other.cookie })).toBe(401);
    expect(await open(['benchkeep', `benchkeep.${token}`, 'benchkeep.x'], { Cookie: cookie })).toBe(401);
    // A page can't set this header; with an Origin it counts for nothing.
    expect(await open(['benchkeep'], { Cookie: cookie, Authorization: `Bearer ${token}` })).toBe(401);
    const socket = await open(['benchkeep', `benchkeep.${token}`], { Cookie: `a=b; ${cookie}; c=d` });
    expect(socket).toBeInstanceOf(WebSocket);
    expect((socket as WebSocket).protocol).toBe('benchkeep');
  });

  it('another server on this computer that gets the cookie can do nothing with it', async () => {
    const host = await startHost();
    const { cookie, token } = await signIn(host);
    const stolen = await serverThatSeesCookies(cookie);
    expect(stolen).toContain(cookie);
    // It is a program, so it can send whatever it likes, but it does not know the token.
    const headers = { Cookie: stolen, 'Sec-Fetch-Site': 'same-origin' };
    const answers = [
      await send(host, 'GET', '/session', headers),
      await send(host, 'GET', '/session', { ...headers, Authorization: `Bearer ${stolen.split('=')[1] ?? ''}` }),
      await exchange(host, stolen, headers),
      await send(host, 'GET', '/', headers),
    ];
    for (const answer of answers) expect(answer.body + JSON.stringify(answer.headers)).not.toContain(token);
    expect(answers.map((answer) => answer.status)).toEqual([401, 401, 403, 200]);
    expect(await openSocket(host, ['benchkeep'], { origin: host.own, headers })).toBe(401);
    expect(
      await openSocket(host, ['benchkeep', `benchkeep.${stolen.split('=')[1] ?? ''}`], { origin: host.own, headers }),
    ).toBe(401);
    expect(host.engine.counts.ports).toBe(0);
    // Control: with the token, which a page keeps to its own origin, the same requests succeed.
    expect((await send(host, 'GET', '/session', { ...headers, Authorization: `Bearer ${token}` })).status).toBe(200);
  });
});

/** Browsers send cookies of 127.0.0.1 to all its ports; this is such a server, visited by such a browser. */
async function serverThatSeesCookies(cookie: string): Promise<string> {
  let seen = '';
  const server = createServer((request, response) => {
    seen = request.headers.cookie ?? '';
    response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  await send({ port: (server.address() as AddressInfo).port }, 'GET', '/', { Cookie: cookie });
  return seen;
}
