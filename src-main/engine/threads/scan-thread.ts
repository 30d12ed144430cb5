/** Walks folders: one job at a time, synchronously, so that nothing else waits for a slow disk. */
import { parentPort } from 'node:worker_threads';
import { toErrorData } from '../../../shared/errors.ts';
import { systemClock } from '../../ports/clock.ts';
import { openFileFinder } from '../../ports/fs/open-for-writing.ts';
import { inventoryReader, surveyWalk, walkStorage } from '../../watching/in-scan-thread.ts';
import { openWorkstation } from '../../workstation/open-workstation.ts';
import { BEAT, CANCELLED, WORKED_OFF, type FromScan, type ToScan } from '../scan-messages.ts';

/** Batches under way to the engine before the walk waits. */
const MOST_AHEAD = 4;

const engine = parentPort;
if (engine === null) throw new Error('scan-thread runs as a worker');
const send = (message: FromScan): void => {
  engine.postMessage(message);
};
const openFiles = openFileFinder(systemClock);

engine.on('message', (message: ToScan) => {
  void run(message).catch((error: unknown) => {
    send({ type: 'failed', error: toErrorData(error) });
  });
});

async function run(message: ToScan): Promise<void> {
  const { control } = message;
  const cancelled = (): boolean => Atomics.load(control, CANCELLED) === 1;
  const now = (): number => {
    // Asked at every entry: a walk whose drive hangs shows by this standing still.
    Atomics.add(control, BEAT, 1);
    return systemClock.monotonic();
  };
  if (message.type === 'writers') {
    send({ type: 'writing', files: openFiles(message.files) });
    return;
  }
  if (message.type === 'survey') {
    const tell = (counts: ReturnType<typeof surveyWalk>): boolean => {
      send({ type: 'counts', counts });
      return !cancelled();
    };
    send({ type: 'surveyed', counts: surveyWalk(message.root, tell, now) });
    return;
  }
  const { request } = message;
  const workstation = await openWorkstation(message.workstation, { readonly: true, beside: true });
  try {
    let sent = 0;
    const give = (batch: Extract<FromScan, { type: 'batch' }>['batch']): boolean => {
      send({ type: 'batch', batch });
      sent += 1;
      while (!cancelled()) {
        const worked = Atomics.load(control, WORKED_OFF);
        if (sent - worked < MOST_AHEAD) break;
        Atomics.wait(control, WORKED_OFF, worked, 1000);
      }
      return !cancelled();
    };
    const totals = walkStorage(request, inventoryReader(workstation, request.storageUid), give, now);
    send({ type: 'scanned', totals });
  } finally {
    await workstation.db.destroy();
  }
}
