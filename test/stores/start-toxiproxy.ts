/** A bad network in front of a server: slow, silent, cut, reset. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { programOf } from './install-server.ts';
import { runServer } from './run-server.ts';

/** `upstream`: what the client sends. `downstream`: what it is answered. */
export type Toxic = { stream: 'upstream' | 'downstream' } & (
  | { type: 'latency'; attributes: { latency: number; jitter?: number } }
  /** Resets the connection after so many ms. */
  | { type: 'reset_peer'; attributes: { timeout: number } }
  /** Nothing goes through any more; with 0 the connection stays, without a byte. */
  | { type: 'timeout'; attributes: { timeout: number } }
  /** Closes after so many bytes of each connection. */
  | { type: 'limit_data'; attributes: { bytes: number } }
  /** KB/s. */
  | { type: 'bandwidth'; attributes: { rate: number } }
);

export interface BadNetwork {
  endpoint: string;
  /** Its name, for `remove`. Open connections get it too. */
  add(toxic: Toxic): Promise<string>;
  remove(name: string): Promise<void>;
  /** Refuses and breaks connections until it is plugged in again. */
  unplug(): Promise<void>;
  plugIn(): Promise<void>;
  stop(): Promise<void>;
}

/** In front of `endpoint`, an `http:` address. */
export async function startToxiproxy(endpoint: string): Promise<BadNetwork> {
  const folder = mkdtempSync(join(tmpdir(), 'benchkeep-toxiproxy-'));
  const running = await runServer({
    program: programOf('toxiproxy'),
    folder,
    args: (port) => ['-host', '127.0.0.1', '-port', String(port)],
    health: (port) => `http://127.0.0.1:${String(port)}/version`,
  });
  const control = `http://127.0.0.1:${String(running.port)}/proxies`;
  const ask = async (method: string, path: string, body?: object): Promise<unknown> => {
    const answer = await fetch(control + path, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`toxiproxy: ${text}`);
    return text === '' ? null : JSON.parse(text);
  };
  const upstream = new URL(endpoint).host;
  const proxy = (await ask('POST', '', { name: 'store', listen: '127.0.0.1:0', upstream, enabled: true })) as {
    listen: string;
  };
  let added = 0;
  return {
    endpoint: `http://${proxy.listen}`,
    async add(toxic) {
      const name = `${toxic.type}-${String(++added)}`;
      await ask('POST', '/store/toxics', { name, ...toxic });
      return name;
    },
    async remove(name) {
      await ask('DELETE', `/store/toxics/${name}`);
    },
    async unplug() {
      await ask('POST', '/store', { enabled: false });
    },
    async plugIn() {
      await ask('POST', '/store', { enabled: true, listen: proxy.listen, upstream });
    },
    async stop() {
      await running.kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
