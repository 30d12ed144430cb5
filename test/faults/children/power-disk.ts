/** A disk in a file (ext4) that can lose its power. For programs in a mount namespace of their own. */
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { mount } from '../../storage/mounts.ts';

const EXT4_SHUTDOWN = '0x8004587d';
const NO_LOG_FLUSH = 2;

export interface PowerDisk {
  /** Drops what was not synced; nothing is written to the disk any more. */
  cut(): void;
  /** After the programs that used it are gone: as at the next start of the computer, when disks get other numbers. */
  startAgain(): Promise<void>;
  remove(): void;
}

export function powerDisk(image: string, folder: string): PowerDisk {
  mkdirSync(folder, { recursive: true });
  execFileSync('truncate', ['-s', '64M', image]);
  execFileSync('mkfs.ext4', ['-q', '-F', '-O', '^has_journal', '-E', 'lazy_itable_init=0', image]);
  execFileSync('tune2fs', ['-O', 'has_journal', image], { stdio: 'ignore' });
  let device = attach(image, null);
  mount(device, folder);
  letGoWhenUnmounted(device);
  return {
    cut() {
      execFileSync('perl', [
        '-e',
        `open(my $d, "<", $ARGV[0]) or die; my $f = pack("L", ${String(NO_LOG_FLUSH)}); ioctl($d, ${EXT4_SHUTDOWN}, $f) or die $!`,
        folder,
      ]);
    },
    async startAgain() {
      // The kernel may hold it a moment longer than the process lives.
      for (let attempt = 0; ; attempt++) {
        try {
          execFileSync('umount', [folder], { stdio: 'ignore' });
          break;
        } catch (error) {
          if (attempt === 50) throw error;
          await pause(20);
        }
      }
      device = attach(image, device);
      mount(device, folder);
      letGoWhenUnmounted(device);
    },
    remove() {
      execFileSync('umount', [folder]);
    },
  };
}

/** On another device than it was last. */
function attach(image: string, last: string | null): string {
  const next = (): string => execFileSync('losetup', ['-f', '--show', image], { encoding: 'utf8' }).trim();
  const device = next();
  if (device !== last) return device;
  const other = next();
  execFileSync('losetup', ['-d', device]);
  return other;
}

/** So that none is left behind by a program that is killed. */
function letGoWhenUnmounted(device: string): void {
  execFileSync('losetup', ['-d', device]);
}
