/** Google Cloud Storage for tests: fake-gcs-server behind `gcs-shim`, with a bucket. Ends with the test's process. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { createInterface } from 'node:readline';
import { startGcsShim, type GcsShim } from './gcs-shim.ts';
import { programOf } from './install-server.ts';

export interface Gcs {
  endpoint: string;
  bucket: string;
  /** As a person gives it. */
  root: string;
  shim: GcsShim;
  stop(): Promise<void>;
}

const BUCKET = 'benchkeep-test';
const ATTEMPTS = 5;

export async function startGcs(): Promise<Gcs> {
  for (let attempt = 1; ; attempt++) {
    const upstream = await freePort();
    const shim = await startGcsShim(upstream);
    const endpoint = `http://127.0.0.1:${String(shim.port)}`;
    const server = await startServer(upstream, endpoint);
    if (server !== null) {
      await makeBucket(endpoint);
      return {
        endpoint,
        bucket: BUCKET,
        root: `gs://${BUCKET}?api_endpoint=${endpoint}`,
        shim,
        async stop() {
          await shim.stop();
          const ended = once(server, 'exit');
          server.stdin?.end();
          await ended;
        },
      };
    }
    await shim.stop();
    // Somebody else may have taken the port in between.
    if (attempt === ATTEMPTS) throw new Error('fake-gcs-server does not start');
  }
}

/** Null where it ended at once. */
function startServer(port: number, endpoint: string): Promise<ChildProcess | null> {
  const options = ['-scheme', 'http', '-host', '127.0.0.1', '-port', String(port), '-backend', 'memory'];
  const own = ['-external-url', endpoint, '-public-host', new URL(endpoint).host, '-log-level', 'info'];
  // The input ends with this process, however that ends, and the server with the input.
  const watched = 'exec 3<&0; (cat <&3 >/dev/null; kill $$) & exec "$0" "$@" </dev/null';
  const child = spawn('sh', ['-c', watched, programOf('fake-gcs-server'), ...options, ...own], {
    stdio: ['pipe', 'ignore', 'pipe'],
  });
  return new Promise((resolve) => {
    child.once('error', () => {
      resolve(null);
    });
    child.once('exit', () => {
      resolve(null);
    });
    // Says this when it listens, and a line for each request after that, which have to go somewhere.
    createInterface(child.stderr).on('line', (line) => {
      if (line.includes('server started at')) resolve(child);
    });
  });
}

async function makeBucket(endpoint: string): Promise<void> {
  const answer = await fetch(`${endpoint}/storage/v1/b?project=test`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name: BUCKET }),
  });
  if (!answer.ok) throw new Error(`the bucket could not be made: ${await answer.text()}`);
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
}
