/** Running a program in a mount namespace of its own, where it may mount what it likes. Needs root. */
import { execFileSync, spawnSync } from 'node:child_process';

/** Null where it works, else why not. With REQUIRE_ROOT_TESTS=1 not to have it is a failure. */
export function whyNoMounts(): string | null {
  const works = spawnSync('unshare', ['-m', 'sh', '-c', 'mount -t tmpfs none /mnt'], { encoding: 'utf8' });
  if (works.status === 0) return null;
  const why = `mounts can not be tried here: ${works.stderr.trim()}`;
  if (process.env['REQUIRE_ROOT_TESTS'] === '1') throw new Error(why);
  console.warn(why);
  return why;
}

/** What the program printed, as JSON. */
export function runWithMounts(program: string, ...args: string[]): unknown {
  const text = execFileSync('unshare', ['-m', process.execPath, program, ...args], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    // A program that hangs fails its test, and not the whole run.
    timeout: 170_000,
    killSignal: 'SIGKILL',
  });
  return JSON.parse(text);
}

/** Inside such a program. */
export function mount(...args: string[]): void {
  execFileSync('mount', args);
}

export function unmount(folder: string): void {
  execFileSync('umount', ['-l', folder]);
}
