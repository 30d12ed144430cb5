/** The app ends only after the engine has closed its databases, and after 5 seconds at the latest. */
import type { App } from 'electron';
import type { EngineHandle } from '../../engine/engine-handle.ts';
import { wait, type Clock } from '../../ports/clock.ts';

export const QUIT_MS = 5_000;

export function quitWithEngine(
  app: Pick<App, 'on' | 'exit'>,
  clock: Clock,
  engine: Promise<Pick<EngineHandle, 'close'>>,
): void {
  let quitting = false;
  app.on('before-quit', (event) => {
    event.preventDefault();
    if (quitting) return;
    quitting = true;
    const closed = engine.then((running) => running.close());
    // An engine that failed to start, or to close, has been reported where it failed; what is on disk stays sound
    // without a close.
    void Promise.race([closed.catch(() => undefined), wait(clock, QUIT_MS)]).then(() => {
      app.exit(0);
    });
  });
}
