/** What there is before any instance is open: the data folder, this computer, its settings. */
import { homedir, userInfo } from 'node:os';
import type { Clock } from '../ports/clock.ts';
import type { Fs } from '../ports/fs/fs.ts';
import { makePrivateFolder } from '../ports/fs/private-folder.ts';
import { joinRaw, rawFromText, rawToDisplay, type RawPath } from '../ports/fs/raw-path.ts';
import type { Random } from '../ports/random.ts';
import { FILES_FOLDER, openStores, type Stores } from '../storage/index.ts';
import { registryWork, type RegistryWork } from './registry-work.ts';
import { readSettings, saveSettings, type Settings } from './settings-file.ts';

export interface WorkbenchOptions {
  /** The app's data folder, absolute. */
  home: RawPath;
  fs: Fs;
  clock: Clock;
  random: Random;
  /** Of buckets; ours by default. */
  stores?: Stores;
  /** In this thread by default. */
  registryWork?: FileWork;
  /** Login name of the person, for the first handle. */
  login?: string;
  /** The person's home folder. */
  personHome?: string;
  /** Where `init --storage default` makes its folder: in sight, or with the data folder where that was chosen. */
  defaultBase?: RawPath;
}

/** On registries that are not open: of large ones it takes seconds, for which nobody may have to wait. */
export type FileWork = Pick<RegistryWork, 'makeBackup' | 'proveBackup'>;

export interface Workbench {
  home: RawPath;
  fs: Fs;
  clock: Clock;
  random: Random;
  stores: Stores;
  registryWork: FileWork;
  /** This computer with this data folder, 12 characters. */
  workstationUid: string;
  /** `init --storage default` makes a folder of the instance's name in it. */
  defaultBase: RawPath;
  personHome: RawPath;
  /** As last read or written. */
  settings: () => Settings;
  /** Read from disk once more (the command line may have changed them), changed, written. */
  changeSettings: (patch: Partial<Omit<Settings, 'workstation_uid'>>) => Promise<Settings>;
  /** What a person should know of, for example that damaged settings were set aside. */
  warnings: string[];
}

/** Makes the data folder and the settings if there are none. Errors: `refused` for a folder that others can write. */
export async function openWorkbench(options: WorkbenchOptions): Promise<Workbench> {
  const { home, fs, clock, random } = options;
  const personHome = rawFromText(options.personHome ?? homedir());
  const login = options.login ?? loginName();
  makePrivateFolder(rawToDisplay(home));
  const read = { home, fs, random, login };
  const first = await readSettings(read);
  let settings = first.settings;
  return {
    home,
    fs,
    clock,
    random,
    stores: options.stores ?? openStores(),
    registryWork: options.registryWork ?? registryWork(fs),
    workstationUid: settings.workstation_uid,
    defaultBase: options.defaultBase ?? defaultBase(home, personHome, process.env),
    personHome,
    settings: () => settings,
    async changeSettings(patch) {
      const latest = await readSettings(read);
      settings = { ...latest.settings, ...patch, workstation_uid: settings.workstation_uid };
      await saveSettings(read, settings);
      return settings;
    },
    warnings: first.warnings,
  };
}

function defaultBase(home: RawPath, personHome: RawPath, env: NodeJS.ProcessEnv): RawPath {
  const chosen = (env['BENCHKEEP_HOME'] ?? '') !== '';
  return chosen ? joinRaw(home, FILES_FOLDER) : joinRaw(personHome, rawFromText('Benchkeep'));
}

function loginName(): string {
  try {
    return userInfo().username;
  } catch {
    // A user id without an entry in the list of users, as in containers.
    return 'user';
  }
}
