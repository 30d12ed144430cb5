/** Work that is to be done about once a day while the program runs, also where it is started anew every hour. */
import { timestamp } from '../ports/clock.ts';
import { readSetting, writeSetting } from '../workstation/settings.ts';
import type { TransferContext } from './transfer-context.ts';

const DAY = 24 * 3600 * 1000;
/** Ms after the start, and between two looks whether a day is over. */
const FIRST_LOOK = 5 * 60_000;
const LOOK = 3600_000;

/** `setting`: where it is kept when it was done last. What fails is tried again at the next look. */
export function onceADay(
  { clock, workstation }: Pick<TransferContext, 'clock' | 'workstation'>,
  setting: string,
  work: (signal: AbortSignal) => Promise<unknown>,
): { close(): Promise<void> } {
  const stop = new AbortController();
  let running: Promise<void> = Promise.resolve();
  let cancel = (): void => undefined;
  const lookIn = (ms: number): void => {
    if (stop.signal.aborted) return;
    cancel = clock.after(ms, () => {
      running = look()
        // A store that can't be asked, or a database that can't be written.
        .catch(() => undefined)
        .finally(() => {
          lookIn(LOOK);
        });
    });
  };
  async function look(): Promise<void> {
    const last = await readSetting<string>(workstation, setting);
    if (last !== null && Math.abs(clock.now() - Date.parse(last)) < DAY) return;
    await work(stop.signal);
    await writeSetting(workstation, setting, timestamp(clock));
  }
  lookIn(FIRST_LOOK);
  return {
    async close() {
      stop.abort();
      cancel();
      await running;
    },
  };
}
