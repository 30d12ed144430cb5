/** A window in small: signs in as the real one does, asks the engine one thing, and shows the answer with Svelte. */
import { createORPCClient } from '@orpc/client';
import { RPCLink } from '@orpc/client/websocket';
import { mount } from 'svelte';
import type { TinyClient } from '../tiny-engine.ts';
import Page from './Page.svelte';

async function readToken(): Promise<string> {
  const code = new URLSearchParams(location.hash.slice(1)).get('code');
  history.replaceState(null, '', '/');
  const known = sessionStorage.getItem('token');
  const answer =
    code === null
      ? await fetch('/session', { headers: { Authorization: `Bearer ${known ?? ''}` } })
      : await fetch('/session', {
          method: 'POST',
          headers: { 'Content-Type': 'application/json' },
          body: JSON.stringify({ code }),
        });
  if (!answer.ok) throw new Error(`not signed in: ${String(answer.status)}`);
  const { token } = (await answer.json()) as { token: string };
  sessionStorage.setItem('token', token);
  return token;
}

async function start(): Promise<string> {
  const websocket = new WebSocket(`ws://${location.host}/rpc`, ['benchkeep', `benchkeep.${await readToken()}`]);
  const client: TinyClient = createORPCClient(new RPCLink({ websocket }));
  return `answer ${String(await client.add({ a: 40, b: 2 }))}`;
}

const lines = [await start().catch((error: unknown) => String(error)), '<b>text</b>'];
mount(Page, { target: document.body, props: { lines } });
