/** Uploads files of these sizes at once with the command line, and tells the most memory that it had. */
import { randomBytes } from 'node:crypto';
import { closeSync, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs';
import { setTimeout as later } from 'node:timers/promises';
import { commandLine } from '../hosts/cli/command-line.ts';
import type { OutsideStore } from '../stores/outside-store.ts';

/** Ms between two looks: what a process had at most is told by Linux until it ends. */
const LOOK = 10;

/** Bytes. */
export async function memoryOfUploads(store: OutsideStore, folder: string, sizes: readonly number[]): Promise<number> {
  const cli = commandLine({ env: { ...store.env } });
  const done = async (...words: string[]): Promise<void> => {
    const { code, err } = await cli.run(...words);
    if (code !== 0) throw new Error(`benchkeep ${words.join(' ')}: ${err}`);
  };
  try {
    await done('init', '--storage', store.root(folder), '--name', 'lab');
    await done('settings', 'keep-artifacts-local', 'on');
    await done('settings', 'uploads-at-once', String(sizes.length));
    await done('storage', 'add', './local');
    const names = sizes.map((_, n) => `large-${String(n)}.raw`);
    for (const [n, name] of names.entries()) {
      // Mostly holes: a disk has little to do with it, and what is sent is all of it.
      const file = openSync(cli.path('local', name), 'wx');
      writeSync(file, randomBytes(1024 ** 2));
      ftruncateSync(file, sizes[n]);
      closeSync(file);
    }
    await done('save', ...names.map((name) => `./local/${name}`));
    const { child, ended } = cli.start('upload', ...names);
    let most = 0;
    let isOver = false;
    void ended.then(() => (isOver = true));
    while (!isOver) {
      most = Math.max(most, highWater(child.pid ?? 0));
      await later(LOOK);
    }
    const { code, err } = await ended;
    if (code !== 0) throw new Error(err);
    return most;
  } finally {
    await cli.close();
  }
}

/** 0 where it has ended. */
function highWater(pid: number): number {
  try {
    const [, kib = '0'] = /^VmHWM:\s*(\d+) kB$/m.exec(readFileSync(`/proc/${String(pid)}/status`, 'utf8')) ?? [];
    return Number(kib) * 1024;
  } catch (error) {
    if (['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) return 0;
    throw error;
  }
}
