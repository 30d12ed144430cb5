/**
 * Cuts the power of a disk under a running program, and looks at what is on it afterwards; prints that as JSON. Runs in
 * a mount namespace of its own.
 */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { powerDisk } from './power-disk.ts';

const [base = '', synchronous = 'FULL', lines = '60'] = process.argv.slice(2);
const image = join(base, `${synchronous}.img`);
const disk = join(base, `disk-${synchronous}`);
const powered = powerDisk(image, disk);

const plant = JSON.parse(process.env['BK_PLANT'] ?? '{}') as Record<string, string>;
const writer = spawn(process.execPath, [join(import.meta.dirname, 'write-until-cut.ts'), disk, synchronous], {
  stdio: ['ignore', 'pipe', 'pipe'],
  env: { ...process.env, ...plant },
});
let told = '';
let complaints = '';
writer.stderr.on('data', (text: Buffer) => (complaints += text.toString()));
const enough = new Promise<void>((resolve, reject) => {
  writer.stdout.on('data', (text: Buffer) => {
    told += text.toString();
    if (told.split('\n').length > Number(lines)) resolve();
  });
  writer.once('exit', () => {
    reject(new Error(`the writer ended by itself: ${complaints}`));
  });
});
await enough;
const ended = once(writer, 'exit');
powered.cut();
writer.kill('SIGKILL');
await ended;
await powered.startAgain();
const found = execFileSync(process.execPath, [join(import.meta.dirname, 'look-after-cut.ts'), disk], {
  encoding: 'utf8',
});
powered.remove();
const confirmed = told
  .split('\n')
  .filter((line) => line.startsWith('ACK '))
  .map((line) => line.slice(4));
process.stdout.write(JSON.stringify({ confirmed, found: JSON.parse(found) as unknown }));
