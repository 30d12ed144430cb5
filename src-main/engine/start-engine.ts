/** Starts an engine in its own thread, for hosts with a window. */
import { Worker, type MessagePort } from 'node:worker_threads';
import { BenchkeepError, reviveError, toErrorData, type ErrorData } from '../../shared/errors.ts';
import type { EngineHandle, EngineOptions } from './engine-handle.ts';
import type { Host } from './host.ts';
import type { FromEngine, HostMethod, ToEngine } from './thread-messages.ts';
import { threadFile } from './threads/thread-file.ts';

/** Resolves once the engine serves clients; errors of opening the instance are thrown. */
export async function startEngine(options: EngineOptions, host: Host): Promise<EngineHandle> {
  const worker = new Worker(threadFile('engine-thread'), {
    workerData: { ...options, capabilities: host.capabilities },
    name: 'benchkeep-engine',
  });
  const send = (message: ToEngine, transfer: MessagePort[] = []): void => {
    worker.postMessage(message, transfer);
  };

  let failure: ErrorData | null = null;
  let closing = false;
  const stopped = new Promise<{ error: ErrorData | null }>((resolve) => {
    worker.on('message', ({ type }: FromEngine) => {
      if (type === 'closed') resolve({ error: null });
    });
    worker.once('exit', () => {
      const lost = new BenchkeepError(
        'internal',
        'The engine stopped by itself',
        'Start Benchkeep again; nothing that was confirmed is lost.',
      );
      resolve({ error: closing ? null : (failure ?? toErrorData(lost)) });
    });
  });
  worker.on('error', (error) => {
    failure = toErrorData(error);
  });

  await new Promise<void>((resolve, reject) => {
    worker.on('message', (message: FromEngine) => {
      if (message.type === 'ready') resolve();
      else if (message.type === 'failed') {
        failure = message.error;
        reject(reviveError(message.error));
      } else if (message.type === 'host') void answer(message.id, message.method, message.argument);
    });
    void stopped.then(({ error }) => {
      if (error !== null) reject(reviveError(error));
    });
  });

  async function answer(id: number, method: HostMethod, argument: string): Promise<void> {
    try {
      const value =
        method === 'pickFolder' || method === 'pickFiles' ? await host[method]() : await host[method](argument);
      send({ type: 'host', id, value: value ?? null });
    } catch (error) {
      send({ type: 'host', id, error: toErrorData(error) });
    }
  }

  return {
    attach(port) {
      send({ type: 'attach', port }, [port]);
    },
    stopped,
    async close() {
      if (!closing) {
        closing = true;
        send({ type: 'close' });
      }
      await stopped;
    },
  };
}
