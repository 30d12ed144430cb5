/** A proxy as labs have one: tunnels (CONNECT) and forwarded requests (http); names lead to where the test says. */
import { once } from 'node:events';
import { createServer, request as ask } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';

export interface Proxy {
  /** With a user and a password, where it wants them. */
  address: string;
  /** What it was asked for, in order: `CONNECT host:port` or `METHOD http://host:port/…`. */
  seen: string[];
  /** It answers every tunnel with this status. */
  refuse(status: number): void;
  stop(): Promise<void>;
}

/** `leads`: from `host:port` to a port of this computer. `user`: "name:password" that it wants. */
export async function startProxy(leads: ReadonlyMap<string, number>, { user = '' } = {}): Promise<Proxy> {
  const seen: string[] = [];
  const sockets = new Set<Socket>();
  let refusal: number | null = null;
  const isKnown = (proof: string | undefined): boolean =>
    user === '' || proof === `Basic ${Buffer.from(user).toString('base64')}`;

  const server = createServer((incoming, outgoing) => {
    seen.push(`${incoming.method ?? ''} ${incoming.url ?? ''}`);
    const { host, pathname, search } = new URL(incoming.url ?? '', 'http://proxy');
    const port = leads.get(host);
    if (port === undefined || !isKnown(incoming.headers['proxy-authorization'])) {
      outgoing.writeHead(port === undefined ? 502 : 407).end();
      return;
    }
    const { 'proxy-authorization': _own, 'proxy-connection': _kept, ...headers } = incoming.headers;
    const onward = ask(
      { host: '127.0.0.1', port, method: incoming.method, path: pathname + search, headers },
      (answer) => {
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(outgoing);
      },
    );
    onward.on('error', () => outgoing.destroy());
    incoming.pipe(onward);
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  server.on('connect', (request, client: Socket) => {
    seen.push(`CONNECT ${request.url ?? ''}`);
    client.on('error', () => undefined);
    const port = leads.get(request.url ?? '');
    const status =
      refusal ?? (isKnown(request.headers['proxy-authorization']) ? (port === undefined ? 502 : null) : 407);
    if (status !== null || port === undefined) {
      client.end(`HTTP/1.1 ${String(status)} Refused\r\n\r\n`);
      return;
    }
    const target = connect(port, '127.0.0.1', () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      client.pipe(target).pipe(client);
    });
    target.on('error', () => client.destroy());
    client.on('close', () => target.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const at = `127.0.0.1:${String((server.address() as AddressInfo).port)}`;
  return {
    address: `http://${user === '' ? '' : `${user}@`}${at}`,
    seen,
    refuse(status) {
      refusal = status;
    },
    async stop() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
