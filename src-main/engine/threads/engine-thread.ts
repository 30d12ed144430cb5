/** The engine's thread: opens the engine and hands it its clients. */
import { parentPort, workerData } from 'node:worker_threads';
import { reviveError, toErrorData } from '../../../shared/errors.ts';
import type { Host } from '../host.ts';
import { openEngine } from '../open-engine.ts';
import type { EngineThreadData, FromEngine, HostMethod, ToEngine } from '../thread-messages.ts';

const main = parentPort;
if (main === null) throw new Error('engine-thread runs as a worker');
const { capabilities, ...options } = workerData as EngineThreadData;

const waiting = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>();
let calls = 0;
const send = (message: FromEngine): void => {
  main.postMessage(message);
};
function ask<T>(method: HostMethod, argument = ''): Promise<T> {
  const id = ++calls;
  return new Promise<T>((resolve, reject) => {
    waiting.set(id, { resolve: resolve as (value: unknown) => void, reject });
    send({ type: 'host', id, method, argument });
  });
}
const host: Host = {
  capabilities,
  pickFolder: () => ask('pickFolder'),
  pickFiles: () => ask('pickFiles'),
  reveal: (path) => ask('reveal', path),
  sealSecret: (secret) => ask('sealSecret', secret),
  unsealSecret: (sealed) => ask('unsealSecret', sealed),
};

try {
  const engine = await openEngine({ ...options, watch: true, listen: true, threads: true, serveUnopened: true }, host);
  main.on('message', (message: ToEngine) => {
    if (message.type === 'attach') engine.attach(message.port);
    else if (message.type === 'close') {
      void engine.close().finally(() => {
        // A thread below that waits for a drive that hangs keeps this one from its end.
        send({ type: 'closed' });
        main.close();
        process.exit(0);
      });
    } else {
      const call = waiting.get(message.id);
      waiting.delete(message.id);
      if ('error' in message) call?.reject(reviveError(message.error));
      else call?.resolve(message.value);
    }
  });
  send({ type: 'ready' });
} catch (error) {
  send({ type: 'failed', error: toErrorData(error) });
  main.close();
}
