/**
 * Counts how often this version of the program tried to bring a registry along. It is written down before each try, so
 * that one which takes the whole program with it counts too; after three it stops (`faults.md`, F-DB16).
 */
import { BenchkeepError } from '../../shared/errors.ts';
import { VERSION } from '../../shared/version.ts';
import type { Clock } from '../ports/clock.ts';
import { writeWorkstation, type Workstation } from '../workstation/open-workstation.ts';
import { forgetSetting, readSetting, writeSetting } from '../workstation/settings.ts';

interface Attempts {
  version: string;
  n: number;
  /** Ms since 1970, of the last. */
  at: number;
}

const NAME = 'migration_attempts';
const MOST = 3;
/** Ms. */
const DAY = 24 * 3600 * 1000;

/**
 * `open` calls `begin` before it changes anything. A disk that was full does not count. Error: `refused` after three
 * tries within a day.
 */
export async function whileCountingAttempts<T>(
  { workstation, clock }: { workstation: Workstation; clock: Pick<Clock, 'now'> },
  open: (begin: () => Promise<void>) => Promise<T>,
): Promise<T> {
  let before: number | null = null;
  async function begin(): Promise<void> {
    const last = await readSetting<Attempts>(workstation, NAME);
    // Also where the clock was set back.
    const isLately = last !== null && Math.abs(clock.now() - last.at) < DAY;
    before = last !== null && isLately && last.version === VERSION ? last.n : 0;
    if (before >= MOST) throw tooOften();
    await count(before + 1);
  }
  const count = (n: number): Promise<void> =>
    writeSetting(workstation, NAME, { version: VERSION, n, at: clock.now() } satisfies Attempts);
  try {
    const opened = await open(begin);
    if (before !== null) await writeWorkstation(workstation, (tx) => forgetSetting(tx, NAME));
    return opened;
  } catch (error) {
    if (before !== null && error instanceof BenchkeepError && error.code === 'disk_full') await count(before);
    throw error;
  }
}

function tooOften(): BenchkeepError {
  return new BenchkeepError(
    'refused',
    `The registry could not be brought to the form that Benchkeep ${VERSION} needs: it was tried ${String(MOST)} times`,
    'Nothing was changed: use the Benchkeep that you had before, or a newer one. A copy of the registry is in its folder "backups". It is tried again tomorrow.',
  );
}
