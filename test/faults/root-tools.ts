/** What a test needs that not every computer has. */
import { spawnSync } from 'node:child_process';

/** Null where the program is there and `check` succeeds, else why not. With REQUIRE_ROOT_TESTS=1 not to have it is a failure. */
export function whyNot(what: string, command: string, ...args: string[]): string | null {
  const tried = spawnSync(command, args, { encoding: 'utf8' });
  if (tried.status === 0) return null;
  const why = `${what} can not be tried here: ${tried.error?.message ?? tried.stderr.trim()}`;
  if (process.env['REQUIRE_ROOT_TESTS'] === '1') throw new Error(why);
  console.warn(why);
  return why;
}

/** Tracing a running process, as its own parent. */
export const whyNoTracing = (): string | null =>
  whyNot(
    'failing syncs',
    'sh',
    '-c',
    '[ "$(id -u)" = 0 ] || { echo "only root may" >&2; exit 1; }; strace -o /dev/null true',
  );

/** A disk in a file, and a way to cut its power. */
export const whyNoLoopDisk = (): string | null =>
  whyNot(
    'a power cut',
    'unshare',
    '-m',
    'sh',
    '-c',
    'perl -e 1 && folder=$(mktemp -d) && truncate -s 8M "$folder/disk" && mkfs.ext4 -q "$folder/disk" && mount -o loop "$folder/disk" /mnt && umount /mnt; code=$?; rm -rf "$folder"; exit $code',
  );
