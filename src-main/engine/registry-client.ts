/** The engine's side of the work on whole registry files: a thread for each, so that nobody waits. */
import { Worker } from 'node:worker_threads';
import { BenchkeepError, reviveError } from '../../shared/errors.ts';
import type { RegistryWork, RegistryWorkName } from '../instance/index.ts';
import type { FromRegistryThread, RegistryThreadData } from './registry-messages.ts';
import { SMALL_THREAD, threadFile } from './threads/thread-file.ts';

export interface RegistryThreads extends RegistryWork {
  /** Ends what is being done; it leaves nothing behind that the next one would not clear away. */
  close(): Promise<void>;
}

export function registryThreads(): RegistryThreads {
  const workers = new Set<Worker>();
  let closed = false;

  function run<T>(name: RegistryWorkName, request: unknown): Promise<T> {
    if (closed) return Promise.reject(stopped());
    const data: RegistryThreadData = { name, request };
    const worker = new Worker(threadFile('registry-thread'), {
      workerData: data,
      name: 'benchkeep-registry',
      resourceLimits: SMALL_THREAD,
    });
    workers.add(worker);
    return new Promise<T>((resolve, reject) => {
      worker.once('message', (message: FromRegistryThread) => {
        if (message.type === 'value') resolve(message.value as T);
        else reject(reviveError(message.error));
      });
      worker.once('error', reject);
      worker.once('exit', () => {
        workers.delete(worker);
        reject(stopped());
      });
    });
  }

  return {
    makeBackup: (request) => run('makeBackup', request),
    listBackups: (request) => run('listBackups', request),
    proveBackup: (request) => run('proveBackup', request),
    makeSnapshot: (request) => run('makeSnapshot', request),
    checkRegistry: (request) => run('checkRegistry', request),
    examineRegistry: (request) => run('examineRegistry', request),
    async close() {
      closed = true;
      await Promise.all([...workers].map((worker) => worker.terminate()));
    },
  };
}

function stopped(): BenchkeepError {
  return new BenchkeepError('cancelled', 'The instance was closed', 'Run it again.', { retry: true });
}
