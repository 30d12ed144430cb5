/** A running browser host with a tiny engine, and raw requests to it as an attacker or a browser would send them. */
import { mkdtempSync, rmSync } from 'node:fs';
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { WebSocket, type ClientOptions } from 'ws';
import { systemClock } from '../../../src-main/ports/clock.ts';
import type { StaticFile } from '../../../src-main/ports/fs/static-files.ts';
import { systemRandom } from '../../../src-main/ports/random.ts';
import { checkRequest } from '../../../src-main/hosts/browser/check-request.ts';
import {
  runBrowserHost,
  type BrowserHost,
  type BrowserHostOptions,
  type BrowserHostParts,
} from '../../../src-main/hosts/browser/start-browser-host.ts';
import { startTinyEngine, type TinyEngine } from './tiny-engine.ts';

const file = (text: string, type: string): StaticFile => ({ bytes: new Uint8Array(Buffer.from(text)), type });
const index = file('<!doctype html><title>Benchkeep</title>', 'text/html; charset=utf-8');
export const pageFiles = new Map([
  ['/', index],
  ['/index.html', index],
  ['/assets/app.js', file('window.ran = true', 'text/javascript; charset=utf-8')],
]);

export interface RunningHost extends BrowserHost {
  engine: TinyEngine;
  port: number;
  own: string;
  printed: string[];
  home: string;
}

export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'benchkeep-host-'));
  onTestFinished(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  return folder;
}

export function hostParts(changes: Partial<BrowserHostParts> = {}): BrowserHostParts {
  return {
    startEngine: startTinyEngine,
    readFiles: () => Promise.resolve(pageFiles),
    check: checkRequest,
    clock: systemClock,
    random: systemRandom,
    env: {},
    platform: 'linux',
    ...changes,
  };
}

export async function startHost(
  parts: Partial<BrowserHostParts> = {},
  options: Partial<BrowserHostOptions> = {},
): Promise<RunningHost> {
  const printed: string[] = [];
  const home = join(temporaryFolder(), 'home');
  const print = (line: string): void => void printed.push(line);
  const host = await runBrowserHost(hostParts(parts), { open: false, home, print, ...options });
  onTestFinished(() => host.close());
  const port = Number(new URL(host.address).port);
  return Object.assign(host, {
    engine: host.engine as TinyEngine,
    port,
    own: `http://127.0.0.1:${String(port)}`,
    printed,
    home,
  });
}

export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
}

/** Sends exactly these headers and this path, as no well-behaved client would. */
export function send(
  host: { port: number },
  method: string,
  path: string,
  headers: Record<string, string | string[]> = {},
  body?: string,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const length = body === undefined ? {} : { 'Content-Length': String(Buffer.byteLength(body)) };
    const request = httpRequest(
      { host: '127.0.0.1', port: host.port, method, path, agent: false, headers: { ...length, ...headers } },
      (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => (text += chunk));
        response.on('end', () => {
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text });
        });
      },
    );
    request.on('error', reject);
    request.end(body);
  });
}

export const codeOf = (address: string): string => new URL(address).hash.slice('#code='.length);

export function exchange(host: RunningHost, code: string, headers: Record<string, string> = {}): Promise<Answer> {
  const all = { Origin: host.own, 'Content-Type': 'application/json', 'Sec-Fetch-Site': 'same-origin', ...headers };
  return send(host, 'POST', '/session', all, JSON.stringify({ code }));
}

export interface SignedIn {
  cookie: string;
  token: string;
}

export async function signIn(host: RunningHost): Promise<SignedIn> {
  const answer = await exchange(host, codeOf(host.newAddress()));
  const cookie = answer.headers['set-cookie']?.[0]?.split(';')[0] ?? '';
  return { cookie, token: (JSON.parse(answer.body) as { token: string }).token };
}

/** Resolves with the open socket, or with the HTTP status that refused it. */
export function openSocket(
  host: { port: number },
  protocols: string[],
  options: ClientOptions,
  path = '/rpc',
): Promise<WebSocket | number> {
  const socket = new WebSocket(`ws://127.0.0.1:${String(host.port)}${path}`, protocols, options);
  onTestFinished(() => {
    socket.terminate();
  });
  return new Promise((resolve, reject) => {
    socket.on('open', () => {
      resolve(socket);
    });
    socket.on('unexpected-response', (_request, response) => {
      resolve(response.statusCode ?? 0);
    });
    socket.on('error', reject);
  });
}

export async function pageSocket(host: RunningHost, signedIn?: SignedIn): Promise<WebSocket> {
  const { cookie, token } = signedIn ?? (await signIn(host));
  const socket = await openSocket(host, ['benchkeep', `benchkeep.${token}`], {
    origin: host.own,
    headers: { Cookie: cookie },
  });
  if (typeof socket === 'number') throw new Error(`refused with ${String(socket)}`);
  return socket;
}
