/** Runs the app in Electron until its window is closed. */
import { spawn } from 'node:child_process';
import type { Clock } from '../../ports/clock.ts';

export interface ElectronRun {
  clock: Pick<Clock, 'monotonic'>;
  env: NodeJS.ProcessEnv;
  /** Aborts when the person ends `npm start`. */
  signal: AbortSignal;
}

export type ElectronEnd = { code: number } | { failedAtOnce: true };

/** An Electron that fails this early never showed its window (no usable sandbox, a missing library). */
const STARTED_AFTER_MS = 3000;

/** `root` is the folder whose package.json names the app. Never rejects. */
export function runElectronApp(run: ElectronRun, binary: string, root: string): Promise<ElectronEnd> {
  // Electron started from one that runs as plain Node would run as plain Node too.
  const { ELECTRON_RUN_AS_NODE: _plain, ...env } = run.env;
  const began = run.clock.monotonic();
  return new Promise((resolve) => {
    const child = spawn(binary, [root], { stdio: ['ignore', 'inherit', 'inherit'], env });
    const stop = (): void => void child.kill('SIGTERM');
    run.signal.addEventListener('abort', stop, { once: true });
    child.once('error', () => {
      resolve({ failedAtOnce: true });
    });
    child.once('exit', (code) => {
      run.signal.removeEventListener('abort', stop);
      const early = run.clock.monotonic() - began < STARTED_AFTER_MS;
      if (code !== 0 && early && !run.signal.aborted) resolve({ failedAtOnce: true });
      else resolve({ code: run.signal.aborted ? 0 : (code ?? 1) });
    });
  });
}
