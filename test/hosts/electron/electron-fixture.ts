/** A running app under the stand-in for Electron. */
import { join } from 'node:path';
import { vi } from 'vitest';
import { systemClock, type Clock } from '../../../src-main/ports/clock.ts';
import { runElectron, type ElectronParts } from '../../../src-main/hosts/electron/run-electron.ts';
import { pageFiles, temporaryFolder } from '../browser/host-fixture.ts';
import { startTinyEngine, type TinyEngine } from '../browser/tiny-engine.ts';
import { fakeElectron, type FakeElectron, type FakeOptions, type FakeWindow } from './fake-electron.ts';

export interface RunningApp extends FakeElectron {
  window: FakeWindow;
  engine: TinyEngine;
  parts: ElectronParts;
}

export function electronParts(changes: Partial<ElectronParts> = {}): ElectronParts {
  return {
    startEngine: startTinyEngine,
    readFiles: () => Promise.resolve(pageFiles),
    clock: systemClock,
    platform: 'linux',
    home: join(temporaryFolder(), 'home'),
    instance: null,
    preload: '/app/dist/main/preload.cjs',
    ...changes,
  };
}

export async function startApp(options: FakeOptions = {}, changes: Partial<ElectronParts> = {}): Promise<RunningApp> {
  const fake = fakeElectron(options);
  const { promise, resolve } = Promise.withResolvers<TinyEngine>();
  const parts = electronParts({
    async startEngine(engineOptions) {
      const engine = await startTinyEngine(engineOptions);
      resolve(engine);
      return engine;
    },
    ...changes,
  });
  void runElectron(fake.electron, parts);
  const window = await vi.waitUntil(() => fake.windows[0]);
  return { ...fake, window, engine: await promise, parts };
}

/** A clock that a test moves. */
export function manualClock(): Clock & { ms: number; advance(ms: number): void } {
  let due: { at: number; run: () => void }[] = [];
  const clock = {
    ms: 0,
    now: (): number => clock.ms,
    monotonic: (): number => clock.ms,
    after(ms: number, run: () => void): () => void {
      const timer = { at: clock.ms + ms, run };
      due.push(timer);
      return () => {
        due = due.filter((other) => other !== timer);
      };
    },
    advance(ms: number): void {
      clock.ms += ms;
      const now = due.filter((timer) => timer.at <= clock.ms);
      due = due.filter((timer) => timer.at > clock.ms);
      for (const timer of now) timer.run();
    },
  };
  return clock;
}
