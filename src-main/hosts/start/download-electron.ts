/** Electron's own installer, with a time limit and without its output. */
import { spawn, type ChildProcess } from 'node:child_process';
import type { Clock } from '../../ports/clock.ts';

export type DownloadResult = { done: true } | { done: false; reason: string };

export interface DownloadContext {
  clock: Pick<Clock, 'after'>;
  /** The Node that runs the installer. */
  node: string;
  platform: NodeJS.Platform;
  env: NodeJS.ProcessEnv;
}

/** Resolves at the latest `limitMs` later, with no process of the installer left. Never rejects. */
export function downloadElectron(
  context: DownloadContext,
  installer: string,
  limitMs: number,
): Promise<DownloadResult> {
  return new Promise((resolve) => {
    const child = spawn(context.node, [installer], {
      stdio: 'ignore',
      env: context.env,
      // Its own group, so that what it started ends with it.
      detached: context.platform !== 'win32',
    });
    let timedOut = false;
    const cancel = context.clock.after(limitMs, () => {
      timedOut = true;
      killAll(child, context.platform);
    });
    const settle = (result: DownloadResult): void => {
      cancel();
      resolve(result);
    };
    child.once('error', () => {
      settle({ done: false, reason: 'Electron is not here and its installer did not start' });
    });
    child.once('exit', (code) => {
      if (timedOut) settle({ done: false, reason: `Electron could not be downloaded within ${seconds(limitMs)}` });
      else if (code === 0) settle({ done: true });
      else settle({ done: false, reason: 'Electron could not be downloaded' });
    });
  });
}

function killAll(child: ChildProcess, platform: NodeJS.Platform): void {
  try {
    if (platform !== 'win32' && child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    else child.kill('SIGKILL');
  } catch (error) {
    // Already ended: then its exit event is on the way.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

function seconds(ms: number): string {
  const count = Math.round(ms / 1000);
  return count === 1 ? 'a second' : `${String(count)} seconds`;
}
