/** Runs `children/act.ts`, paused or killed at a failpoint, under another program or not. */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, realpathSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Act, Acted } from './children/act.ts';

const CHILD = join(import.meta.dirname, 'children', 'act.ts');

export function newBase(): string {
  return realpathSync(mkdtempSync(join(tmpdir(), 'benchkeep-act-')));
}

export interface RunOptions {
  /** `BK_FAILPOINT`. */
  failpoint?: string;
  /** Paused at this failpoint, `then` is done, and it goes on. */
  pauseAt?: string;
  then?: () => void;
  /** Program and arguments that run it, for example `setpriv …`. */
  under?: string[];
}

/** What it printed; null where it was killed. */
export async function runAct(
  base: string,
  act: Act,
  { failpoint, pauseAt, then, under = [] }: RunOptions = {},
): Promise<Acted | null> {
  const gate = join(base, 'gate');
  const point = pauseAt === undefined ? failpoint : `${pauseAt}=pause:${gate}`;
  const [command = '', ...args] = [...under, process.execPath, CHILD, base];
  writeFileSync(join(base, 'act.json'), JSON.stringify(act));
  const child = spawn(command, args, {
    env: { ...process.env, HOME: base, ...(point === undefined ? {} : { BK_FAILPOINT: point }) },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let out = '';
  let errors = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
  let over = false;
  const ended = new Promise<NodeJS.Signals | number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      over = true;
      resolve(signal ?? code);
    });
  });
  if (pauseAt !== undefined) {
    while (!existsSync(`${gate}.reached`) && !over) await pause(5);
    then?.();
    writeFileSync(gate, '');
  }
  const end = await ended;
  if (end === 'SIGKILL' || end === 137) return null;
  if (end !== 0) throw new Error(`ended with ${String(end)}: ${errors}${out}`);
  return JSON.parse(out) as Acted;
}
