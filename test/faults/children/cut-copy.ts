/**
 * Cuts the power of the disk of a managed storage after files were saved into it and confirmed; the registry is on
 * another disk, which goes on. Prints what is wrong afterwards as JSON. Runs in a mount namespace of its own.
 */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { rawToDisplay } from '../../../src-main/ports/fs/raw-path.ts';
import { OPERATIONS } from '../crash/all-operations.ts';
import { makeInstance, openCrashBench, watchedRoot } from '../crash/crash-bench.ts';
import { checkBytes } from '../crash/oracle-bytes.ts';
import { examine } from '../crash/oracle.ts';
import type { Acknowledged } from '../crash/operations.ts';
import { powerDisk } from './power-disk.ts';

const [base = ''] = process.argv.slice(2);
const saving = OPERATIONS.find(({ name }) => name.startsWith('save'));
mkdirSync(join(base, 'lab'));
const disk = powerDisk(join(base, 'lab.img'), join(base, 'lab'));
const prepared = await makeInstance(base);
await saving?.prepare(prepared);
await prepared.close();
execFileSync('sync');

const plant = JSON.parse(process.env['BK_PLANT'] ?? '{}') as Record<string, string>;
const writer = spawn(
  process.execPath,
  [join(import.meta.dirname, '../crash/children/operate.ts'), base, saving?.name ?? ''],
  {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...plant },
  },
);
let told = '';
const ended = once(writer, 'exit');
await new Promise<void>((resolve) => {
  writer.stdout.on('data', (text: Buffer) => {
    told += text.toString();
    // At once when the second is confirmed, while the next is being saved.
    if (told.split('\n').length > 2) resolve();
  });
});
disk.cut();
writer.kill('SIGKILL');
await ended;
await disk.startAgain();
const bench = await openCrashBench(base);
await bench.close();
const acknowledged = told
  .split('\n')
  .filter((line) => line.startsWith('ACK ') && line.endsWith('}'))
  .map((line) => JSON.parse(line.slice(4)) as Acknowledged);
const folder = rawToDisplay(bench.context.folder);
const { violations } = examine(folder, watchedRoot(base), acknowledged, join(base, 'home'));
violations.push(...checkBytes(base, folder, new Set()).filter((text) => !text.includes('never was a whole file')));
disk.remove();
process.stdout.write(JSON.stringify(violations));
