/** The reader: serves lists, searches and previews on read-only connections, while the engine writes. */
import { parentPort, workerData } from 'node:worker_threads';
import { toErrorData } from '../../../shared/errors.ts';
import { nodeFs } from '../../ports/fs/node-fs.ts';
import { systemRandom } from '../../ports/random.ts';
import { closeRegistry, openRegistry } from '../../registry/open-registry.ts';
import { openWorkstation } from '../../workstation/open-workstation.ts';
import type { FromReader, ReaderThreadData, ToReader } from '../reader-messages.ts';
import { runRead } from '../reads.ts';

/**
 * Memory for pages. More buys nothing: lists read rows all over a file that is larger than any such memory, from what
 * the system keeps of it anyway; with 32 MiB they took a third longer than with 4.
 */
const PAGES_KIB = 8192;

const engine = parentPort;
if (engine === null) throw new Error('reader-thread runs as a worker');
const data = workerData as ReaderThreadData;
const send = (message: FromReader): void => {
  engine.postMessage(message);
};

try {
  const registry = await openRegistry(data.registry, { readonly: true, beside: true });
  registry.sqlite.pragma(`cache_size = -${String(PAGES_KIB)}`);
  const workstation = await openWorkstation(data.workstation, { readonly: true, beside: true });
  const context = {
    registry: registry.db,
    workstation: workstation.db,
    workstationUid: data.workstationUid,
    fs: nodeFs(systemRandom),
  };
  engine.on('message', (message: ToReader) => {
    if (message.type === 'close')
      void closeRegistry(registry)
        .then(() => workstation.db.destroy())
        .finally(() => {
          engine.close();
        });
    else {
      const { id, name, input } = message;
      // Each statement is read to its end at once: no read transaction stays open and holds the log (F-DB19).
      runRead(context, name, input).then(
        (value) => {
          send({ type: 'value', id, value });
        },
        (error: unknown) => {
          send({ type: 'error', id, error: toErrorData(error) });
        },
      );
    }
  });
  send({ type: 'ready' });
} catch (error) {
  send({ type: 'failed', error: toErrorData(error) });
  engine.close();
}
