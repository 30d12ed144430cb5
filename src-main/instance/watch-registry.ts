/**
 * Looks after the files of an open registry: whether they are still the ones that were opened (`faults.md`, F-DB18),
 * whether the `-wal` grows (F-DB19), and once, in the background, whether a large one is sound after a crash.
 */
import { BenchkeepError } from '../../shared/errors.ts';
import type { Clock } from '../ports/clock.ts';
import type { Fs } from '../ports/fs/fs.ts';
import { rawFromText, type RawPath } from '../ports/fs/raw-path.ts';
import type { Registry } from '../registry/open-registry.ts';
import { sqliteCode, sqliteError } from '../registry/sqlite-error.ts';
import type { Workstation } from '../workstation/open-workstation.ts';
import { writeSetting } from '../workstation/settings.ts';
import { CHECKED_SETTING } from './open-databases.ts';
import type { RegistryWork } from './registry-work.ts';
import { warningSlot } from './warning-slot.ts';

export interface WatchRegistryContext {
  fs: Fs;
  clock: Clock;
  registry: Registry;
  workstation: Workstation;
  /** Opened without every page having been looked at. */
  unchecked: boolean;
  warnings: string[];
  /** Bytes of a `-wal` from which on it is folded in. */
  largeWal?: number;
  onWarning: () => void;
}

/** Ms. */
const LOOK_EVERY = 20_000;
/** Bytes. */
const LARGE_WAL = 256 * 1024 * 1024;

/** The returned function ends it. */
export function watchRegistry(
  context: WatchRegistryContext,
  work: Pick<RegistryWork, 'checkRegistry'>,
): () => Promise<void> {
  const { clock, registry, workstation, warnings, onWarning } = context;
  const ofFile = warningSlot(warnings);
  const ofCheck = warningSlot(warnings);
  let closed = false;
  let cancel = clock.after(LOOK_EVERY, look);
  let looking: Promise<void> = Promise.resolve();
  const checking = context.unchecked ? check() : Promise.resolve();

  function look(): void {
    looking = lookOnce().finally(() => {
      if (!closed) cancel = clock.after(LOOK_EVERY, look);
    });
  }

  async function lookOnce(): Promise<void> {
    try {
      registry.guard.check();
      workstation.guard.check();
      for (const file of [registry, workstation]) await foldIn(context.fs, file, context.largeWal ?? LARGE_WAL);
      if (ofFile(null)) onWarning();
    } catch (cause) {
      const error = sqliteError(cause, registry.path);
      if (!(error instanceof BenchkeepError)) throw error;
      if (ofFile(`${error.message}. ${error.remedy}`)) onWarning();
    }
  }

  async function check(): Promise<void> {
    const problems = await work.checkRegistry({ registry: registry.path }).catch((error: unknown) => [String(error)]);
    if (closed) return;
    if (problems.length === 0) await writeSetting(workstation, CHECKED_SETTING, clock.now());
    else if (ofCheck(`The registry is damaged: ${problems[0] ?? ''} Repair it with: benchkeep doctor --repair`))
      onWarning();
  }

  return async () => {
    closed = true;
    cancel();
    await looking;
    await checking;
  };
}

/** Only while nobody reads an old state; else the next look tries again. */
async function foldIn(fs: Fs, { path, sqlite }: Pick<Registry, 'path' | 'sqlite'>, largest: number): Promise<void> {
  const wal = await fs.look((path + rawFromText('-wal')) as RawPath);
  if (wal === null || wal.size <= largest || sqlite.inTransaction) return;
  sqlite.pragma('busy_timeout = 0');
  try {
    sqlite.pragma('wal_checkpoint(TRUNCATE)');
  } catch (error) {
    if (sqliteCode(error)?.startsWith('SQLITE_BUSY') !== true) throw error;
  } finally {
    sqlite.pragma('busy_timeout = 5000');
  }
}
