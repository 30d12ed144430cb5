/**
 * Cuts the power of a disk while an operation is under way, starts again and lets the judge look. Arguments: folder, name
 * of the operation, name of the folder in it that is on that disk (all else is on one that goes on), and when: after so
 * many confirmations, or at a failpoint. Prints what is wrong afterwards as JSON. Runs in a mount namespace of its own.
 */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as later } from 'node:timers/promises';
import { rawToDisplay } from '../../../src-main/ports/fs/raw-path.ts';
import { OPERATIONS } from '../crash/all-operations.ts';
import { makeInstance, openCrashBench, watchedRoot } from '../crash/crash-bench.ts';
import { bytesBelow, checkBytes } from '../crash/oracle-bytes.ts';
import { examine } from '../crash/oracle.ts';
import type { Acknowledged } from '../crash/operations.ts';
import { powerDisk } from './power-disk.ts';

const [base = '', name = '', place = '', when = ''] = process.argv.slice(2);
const operation = OPERATIONS.find((one) => one.name === name);
if (operation === undefined) throw new Error(`There is no operation ${name}`);
mkdirSync(join(base, place), { recursive: true });
const disk = powerDisk(join(base, 'disk.img'), join(base, place));
const prepared = await makeInstance(base);
await operation.prepare(prepared);
await prepared.close();
execFileSync('sync', ['-f', join(base, place)]);
const before = bytesBelow(base);

const pause = join(base, 'pause');
const point = when.includes('.') ? { BK_FAILPOINT: `${when}=pause:${pause}` } : {};
const plant = JSON.parse(process.env['BK_PLANT'] ?? '{}') as Record<string, string>;
const worker = spawn(process.execPath, [join(import.meta.dirname, '../crash/children/operate.ts'), base, name], {
  // What it says when its disk is gone under it is no news.
  stdio: ['ignore', 'pipe', 'ignore'],
  env: { ...process.env, ...plant, ...point },
});
let told = '';
worker.stdout.on('data', (text: Buffer) => (told += text.toString()));
const ended = once(worker, 'exit');
const over = new AbortController();
void ended.then(() => {
  over.abort();
});
// At once, while it goes on.
const reached = (): boolean =>
  'BK_FAILPOINT' in point ? existsSync(`${pause}.reached`) : told.split('\n').length > Number(when);
while (!reached() && !over.signal.aborted) await later(1);
disk.cut();
const confirmed = told;
worker.kill('SIGKILL');
await ended;
await disk.startAgain();
const bench = await openCrashBench(base);
await bench.passTwice();
await bench.close();
const acknowledged = confirmed
  .split('\n')
  .filter((line) => line.startsWith('ACK ') && line.endsWith('}'))
  .map((line) => JSON.parse(line.slice(4)) as Acknowledged);
const folder = rawToDisplay(bench.context.folder);
const { violations } = examine(folder, watchedRoot(base), acknowledged, join(base, 'home'));
violations.push(...checkBytes(base, folder, before));
disk.remove();
process.stdout.write(JSON.stringify(violations));
