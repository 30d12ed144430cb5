/** Does one piece of work on whole registry files, then ends. */
import { parentPort, workerData } from 'node:worker_threads';
import { toErrorData } from '../../../shared/errors.ts';
import { registryWork, type RegistryWork } from '../../instance/index.ts';
import { nodeFs } from '../../ports/fs/node-fs.ts';
import { systemRandom } from '../../ports/random.ts';
import type { FromRegistryThread, RegistryThreadData } from '../registry-messages.ts';

const engine = parentPort;
if (engine === null) throw new Error('registry-thread runs as a worker');
const { name, request } = workerData as RegistryThreadData;
const send = (message: FromRegistryThread): void => {
  engine.postMessage(message);
};
const work = registryWork(nodeFs(systemRandom)) as Record<keyof RegistryWork, (request: unknown) => Promise<unknown>>;

try {
  send({ type: 'value', value: await work[name](request) });
} catch (error) {
  send({ type: 'error', error: toErrorData(error) });
}
