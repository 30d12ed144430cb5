/** In front of a store: counts what clients send to it. */
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

export interface CountingFront {
  endpoint: string;
  /** That clients sent so far. */
  bytes: number;
  /** Resolves when so many came. */
  reached(bytes: number): Promise<void>;
  stop(): Promise<void>;
}

/** In front of `endpoint`, an `http:` address. */
export async function startCountingFront(endpoint: string): Promise<CountingFront> {
  const { hostname, port } = new URL(endpoint);
  const sockets = new Set<Socket>();
  let waiting: { bytes: number; go(): void }[] = [];
  const server = createServer((client) => {
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
    client.on('data', (bytes: Buffer) => {
      front.bytes += bytes.length;
      const [due, rest] = [waiting.filter(isDue), waiting.filter((one) => !isDue(one))];
      waiting = rest;
      for (const { go } of due) go();
    });
    client.pipe(store).pipe(client);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const front: CountingFront = {
    endpoint: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`,
    bytes: 0,
    reached: (bytes) =>
      new Promise((go) => {
        if (isDue({ bytes })) go();
        else waiting.push({ bytes, go });
      }),
    async stop() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
  const isDue = ({ bytes }: { bytes: number }): boolean => front.bytes >= bytes;
  return front;
}
