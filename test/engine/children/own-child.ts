/** Takes the lock at the path it is given ("take"), says what came of it, and gives it back ("free"). */
import { createInterface } from 'node:readline';
import { rawFromText } from '../../../src-main/ports/fs/raw-path.ts';
import { takeOwnership, type OwnerLock } from '../../../src-main/workstation/owner-lock.ts';

const [path = ''] = process.argv.slice(2);
let lock: OwnerLock | null = null;
let rounds = 0;

function take(): string {
  rounds += 1;
  try {
    lock = takeOwnership(rawFromText(path), {
      what: 'The instance lab',
      holder: { pid: process.pid, since: '2026-11-21T08:00:00.000Z' },
      token: `${String(process.pid)}-${String(rounds)}`,
    });
    return 'owner';
  } catch (error) {
    const { code, details } = error as { code: string; details?: { pid: number } };
    return `${code} ${String(details?.pid)}`;
  }
}

createInterface({ input: process.stdin }).on('line', (line) => {
  if (line === 'take') console.log(take());
  else {
    lock?.release();
    lock = null;
    console.log('free');
  }
});
console.log('ready');
