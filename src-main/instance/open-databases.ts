/** Opens the two databases of an instance: for writing under its lock, or a copy of them where they can't be written. */
import { BenchkeepError } from '../../shared/errors.ts';
import type { Clock } from '../ports/clock.ts';
import { canWrite } from '../ports/fs/file-system.ts';
import type { Fs } from '../ports/fs/fs.ts';
import { canWriteFile, copyForReading } from '../ports/fs/own-folder.ts';
import { joinRaw, rawFromText, rawToDisplay, type RawPath } from '../ports/fs/raw-path.ts';
import { besideSqlite } from '../ports/fs/sqlite-file.ts';
import { makeTemporaryFolder } from '../ports/fs/temporary-folder.ts';
import type { Migration } from '../registry/migrations/index.ts';
import { closeRegistry, openRegistry, type Registry } from '../registry/open-registry.ts';
import { openWorkstation, type Workstation } from '../workstation/open-workstation.ts';
import { takeOwnership } from '../workstation/owner-lock.ts';
import { readSetting, writeSetting } from '../workstation/settings.ts';
import { backupRegistry } from './backup-registry.ts';
import { checkHead, readHead } from './head-file.ts';
import { registryPath, workstationPath, type InstanceCard } from './instance-card.ts';
import { proveRegistry, wasLeftUnclean } from './prove-registry.ts';
import { whileCountingAttempts } from './migration-attempts.ts';
import { matchInventory } from './match-inventory.ts';
import { openOwnWorkstation } from './open-own-workstation.ts';
import { endSwap, finishSwap } from './swap-registry.ts';
import { backupsFolder } from './backup-file.ts';
import { sweepTemporary } from './sweep-temporary.ts';

export interface Databases {
  registry: Registry;
  workstation: Workstation;
  /** Why it is open for reading only, in plain words; null where it can be written. */
  readOnly: string | null;
  /** What a person should know, in plain words. */
  warnings: string[];
  /** A large registry that nobody has looked at whole since it was left unclean, or for a week. */
  unchecked: boolean;
  close(): Promise<void>;
}

export interface OpenDatabasesContext {
  fs: Fs;
  clock: Clock;
  /** Unique to this opening. */
  token: string;
  migrations?: readonly Migration[];
}

/** Name of the setting with the time (ms since 1970) of the last check of every page. */
export const CHECKED_SETTING = 'registry_checked_at';
const WEEK = 7 * 24 * 3600 * 1000;
/** Bytes of a registry that is checked before it is opened: takes less than a second. A larger one is checked while it is open. */
const SOON_CHECKED = 200 * 1024 * 1024;

/** Errors: `locked`, `registry_foreign`, `registry_corrupt`, `newer_version`, `disk_full`. */
export async function openDatabases(
  context: OpenDatabasesContext,
  card: InstanceCard,
  folder: RawPath,
): Promise<Databases> {
  if ((await context.fs.look(folder)) === null) {
    throw new BenchkeepError(
      'not_found',
      `The folder of the instance ${card.name} is gone`,
      'See the others with: benchkeep instances.',
    );
  }
  if (
    (await canWrite(folder)) &&
    (await canWriteFile(registryPath(folder)).then(async (can) => can || (await isGone(context.fs, folder))))
  ) {
    return openForWriting(context, card, folder);
  }
  return openCopy(context.fs, card, folder);
}

async function isGone(fs: Fs, folder: RawPath): Promise<boolean> {
  return (await fs.look(registryPath(folder))) === null;
}

async function openForWriting(context: OpenDatabasesContext, card: InstanceCard, folder: RawPath): Promise<Databases> {
  const lock = takeOwnership(joinRaw(folder, rawFromText('owner.db')), {
    what: `The instance ${card.name}`,
    holder: { pid: process.pid, since: new Date(context.clock.now()).toISOString() },
    token: context.token,
  });
  const path = registryPath(folder);
  let workstation: Workstation | undefined;
  let registry: Registry | undefined;
  try {
    for (const own of [folder, backupsFolder(folder)]) await sweepTemporary(context.fs, own);
    const swapped = await finishSwap(context.fs, folder);
    const own = await openOwnWorkstation(context, folder);
    workstation = own.workstation;
    const due = (await wasLeftUnclean(context.fs, path)) || (await isCheckDue(workstation, context.clock));
    const isLarge = ((await context.fs.look(path))?.size ?? 0) > SOON_CHECKED;
    const thorough = due && !isLarge;
    await proveRegistry(path, card.uid, thorough);
    registry = await whileCountingAttempts({ workstation, clock: context.clock }, (begin) =>
      openRegistry(path, {
        readonly: false,
        ...(context.migrations === undefined ? {} : { migrations: context.migrations }),
        beforeMigration: async (sqlite, from) => {
          await begin();
          await backupRegistry(context.fs, sqlite, folder, `before-migration-${String(from)}`);
        },
      }),
    );
    if (thorough) await writeSetting(workstation, CHECKED_SETTING, context.clock.now());
    const opened = { registry, workstation };
    const warnings = [...own.warnings];
    const lost = await checkHead(registry, await readHead(context.fs, folder));
    if (lost !== null) warnings.push(lost);
    if (swapped || lost !== null || own.warnings.length > 0) await matchInventory({ registry, workstation });
    if (swapped) await endSwap(context.fs, folder);
    return {
      ...opened,
      readOnly: null,
      warnings,
      unchecked: due && isLarge,
      async close() {
        const doubtful = opened.registry.guard.ended() !== null && opened.workstation.guard.ended() === null;
        try {
          // Closing may fold the `-wal` in as if nothing had been: the next start looks at every page all the same.
          if (doubtful) await writeSetting(opened.workstation, CHECKED_SETTING, null);
        } catch (error) {
          // The disk fails here too; what it did to the databases shows when they are opened.
          if (opened.workstation.guard.ended() === null) throw error;
        } finally {
          await closeRegistry(opened.registry);
          await opened.workstation.db.destroy();
          lock.release();
        }
      },
    };
  } catch (error) {
    if (registry !== undefined) await closeRegistry(registry);
    await workstation?.db.destroy();
    lock.release();
    throw error;
  }
}

/** A clock that was set back or far ahead costs one check. */
async function isCheckDue(workstation: Workstation, clock: Clock): Promise<boolean> {
  const last = await readSetting<number>(workstation, CHECKED_SETTING);
  return last === null || Math.abs(clock.now() - last) > WEEK;
}

/** SQLite needs to write beside a database even to read it, so a copy is read instead; what is open elsewhere is not disturbed. */
async function openCopy(fs: Fs, card: InstanceCard, folder: RawPath): Promise<Databases> {
  const copies = await makeTemporaryFolder('benchkeep-reading');
  try {
    const place = rawFromText(copies.path);
    const [registryFile, workstationFile] = [registryPath(folder), workstationPath(folder)];
    const files = [registryFile, workstationFile].flatMap((file) => [file, ...besideSqlite(file)]);
    await copyForReading(files, place);
    await proveRegistry(registryPath(place), card.uid, true);
    const registry = await openRegistry(registryPath(place), { readonly: true });
    // Made first if it isn't there: then it is an empty one.
    await (await openWorkstation(workstationPath(place), { readonly: false })).db.destroy();
    const workstation = await openWorkstation(workstationPath(place), { readonly: true });
    const lost = await checkHead(registry, await readHead(fs, folder));
    return {
      registry,
      workstation,
      readOnly: `The registry in ${rawToDisplay(folder)} can't be written, so it is open for reading only. Check the permissions of the folder and that its disk is not read-only, then start Benchkeep again.`,
      warnings: lost === null ? [] : [lost],
      unchecked: false,
      async close() {
        await closeRegistry(registry);
        await workstation.db.destroy();
        await copies.remove();
      },
    };
  } catch (error) {
    await copies.remove();
    throw error;
  }
}
