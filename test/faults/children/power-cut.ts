/**
 * Cuts the power of a disk under a running program, and looks at what is on it afterwards; prints that as JSON. Runs in
 * a mount namespace of its own. The disk is an image with ext4; `ioctl 0x8004587d` makes it drop what was not synced.
 */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { mount } from '../../storage/mounts.ts';

const EXT4_SHUTDOWN = '0x8004587d';
const NO_LOG_FLUSH = 2;

const [base = '', synchronous = 'FULL', lines = '60'] = process.argv.slice(2);
const image = join(base, `${synchronous}.img`);
const disk = join(base, `disk-${synchronous}`);
mkdirSync(disk);
execFileSync('truncate', ['-s', '64M', image]);
execFileSync('mkfs.ext4', ['-q', '-F', '-O', '^has_journal', '-E', 'lazy_itable_init=0', image]);
execFileSync('tune2fs', ['-O', 'has_journal', image], { stdio: 'ignore' });
mount('-o', 'loop', image, disk);

const writer = spawn(process.execPath, [join(import.meta.dirname, 'write-until-cut.ts'), disk, synchronous], {
  stdio: ['ignore', 'pipe', 'pipe'],
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
execFileSync('perl', [
  '-e',
  `open(my $d, "<", $ARGV[0]) or die; my $f = pack("L", ${String(NO_LOG_FLUSH)}); ioctl($d, ${EXT4_SHUTDOWN}, $f) or die $!`,
  disk,
]);
writer.kill('SIGKILL');
await ended;
// The kernel may hold it a moment longer than the process lives.
for (let attempt = 0; ; attempt++) {
  try {
    execFileSync('umount', [disk], { stdio: 'ignore' });
    break;
  } catch (error) {
    if (attempt === 50) throw error;
    await pause(20);
  }
}
mount('-o', 'loop', image, disk);
const found = execFileSync(process.execPath, [join(import.meta.dirname, 'look-after-cut.ts'), disk], {
  encoding: 'utf8',
});
execFileSync('umount', [disk]);
const confirmed = told
  .split('\n')
  .filter((line) => line.startsWith('ACK '))
  .map((line) => line.slice(4));
process.stdout.write(JSON.stringify({ confirmed, found: JSON.parse(found) as unknown }));
