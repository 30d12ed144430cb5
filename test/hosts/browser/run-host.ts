/** A browser host in a process of its own, for tests that look at it from outside: `run-host.ts HOME [open]`. */
import process from 'node:process';
import { WebSocket } from 'ws';
import { runBrowserHost } from '../../../src-main/hosts/browser/start-browser-host.ts';
import { systemClock } from '../../../src-main/ports/clock.ts';
import { systemRandom } from '../../../src-main/ports/random.ts';
import { checkRequest } from '../../../src-main/hosts/browser/check-request.ts';
import { startTinyEngine } from './tiny-engine.ts';

const [home = '', open] = process.argv.slice(2);
process.umask(0o077);
const host = await runBrowserHost(
  {
    startEngine: startTinyEngine,
    readFiles: () => Promise.resolve(new Map()),
    check: checkRequest,
    clock: systemClock,
    random: systemRandom,
    env: process.env,
    platform: process.platform,
  },
  { open: open === 'open', home, print: (line) => process.stdout.write(`${line}\n`) },
);
// The secrets of a window that is signed in, so that they are in use while others look.
const origin = new URL(host.address).origin;
const body = JSON.stringify({ code: new URL(host.newAddress()).hash.slice(6) });
const headers = { 'Content-Type': 'application/json', Origin: origin };
if (open !== 'open') {
  const answer = await fetch(`${origin}/session`, { method: 'POST', headers, body });
  const { token } = (await answer.json()) as { token: string };
  new WebSocket(`${origin.replace('http', 'ws')}/rpc`, ['benchkeep'], {
    headers: { Authorization: `Bearer ${token}` },
  });
}
process.once('SIGTERM', () => void host.close().then(() => process.exit(0)));
