/** A lab's own certificate authority and a server that it proves, made anew for each test; and a TLS front for a store. */
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer } from 'node:tls';

export interface OwnCertificates {
  /** Path of the authority's certificate. */
  ca: string;
  key: Buffer;
  cert: Buffer;
  remove(): void;
}

/** Null, or why they can't be made here. */
export function certificatesMissing(): string | null {
  try {
    execFileSync('openssl', ['version'], { stdio: 'ignore' });
    return null;
  } catch {
    return 'no openssl';
  }
}

/** For `host`, an address or a name. */
export function makeCertificates(host = '127.0.0.1'): OwnCertificates {
  const folder = mkdtempSync(join(tmpdir(), 'benchkeep-tls-'));
  const path = (name: string): string => join(folder, name);
  const openssl = (...words: string[]): void => {
    execFileSync('openssl', words, { cwd: folder, stdio: 'ignore' });
  };
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  openssl('req', '-x509', ...curve, '-keyout', 'ca.key', '-out', 'ca.pem', '-days', '2', '-subj', '/CN=Lab authority');
  openssl('req', ...curve, '-keyout', 'server.key', '-out', 'server.csr', '-subj', '/CN=store');
  const kind = /^[\d.]+$/.test(host) ? 'IP' : 'DNS';
  writeFileSync(path('extensions'), `subjectAltName=${kind}:${host}\n`);
  const signed = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-extfile', 'extensions'];
  openssl('x509', '-req', '-in', 'server.csr', ...signed, '-out', 'server.pem', '-days', '2');
  return {
    ca: path('ca.pem'),
    key: readFileSync(path('server.key')),
    cert: readFileSync(path('server.pem')),
    remove: () => {
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export interface TlsFront {
  endpoint: string;
  /** Connections that were made so far, and bytes that clients sent through them. */
  connections: number;
  bytes: number;
  stop(): Promise<void>;
}

/** In front of `endpoint`, an `http:` address. */
export async function startTlsFront(endpoint: string, { key, cert }: OwnCertificates): Promise<TlsFront> {
  const { hostname, port } = new URL(endpoint);
  const sockets = new Set<Socket>();
  const server = createServer({ key, cert }, (client) => {
    front.connections++;
    const store = connect(Number(port), hostname);
    for (const socket of [client, store]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        sockets.delete(socket);
        client.destroy();
        store.destroy();
      });
    }
    client.on('data', (bytes: Buffer) => (front.bytes += bytes.length));
    client.pipe(store).pipe(client);
  });
  server.on('tlsClientError', () => undefined);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const front: TlsFront = {
    endpoint: `https://127.0.0.1:${String((server.address() as AddressInfo).port)}`,
    connections: 0,
    bytes: 0,
    async stop() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
  return front;
}
