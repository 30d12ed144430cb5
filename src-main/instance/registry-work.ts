/** Work on whole registry files: takes seconds for large ones, so the engine gives it to a thread. */
import type { BackupRecord } from '../../shared/contract/index.ts';
import type { Fs } from '../ports/fs/fs.ts';
import type { RawPath } from '../ports/fs/raw-path.ts';
import { checkSoundFile } from './check-sound.ts';
import { examineRegistry, type Examined } from './examine-registry.ts';
import { listBackups, type ListBackups, type ProvenBackup } from './list-backups.ts';
import { makeBackup, type MakeBackup } from './make-backup.ts';
import { proveBackup, type BackupProof } from './prove-backup.ts';
import { makeSnapshot, type MakeSnapshot, type Snapshot } from './publishing/make-snapshot.ts';

/** Inputs and outputs are plain data. */
export interface RegistryWork {
  makeBackup(request: MakeBackup): Promise<BackupRecord>;
  listBackups(request: ListBackups): Promise<ProvenBackup[]>;
  /** Reads every page of a file that is open nowhere. */
  proveBackup(request: { path: RawPath; uid: string }): Promise<BackupProof>;
  /** To be published; whoever asked removes it. */
  makeSnapshot(request: MakeSnapshot): Promise<Snapshot>;
  /** Problems of the registry that is open; empty where it is sound. */
  checkRegistry(request: { registry: RawPath }): Promise<string[]>;
  /** Everything that can be told from the registry alone; takes about a minute for a million artifacts. */
  examineRegistry(request: { registry: RawPath }): Promise<Examined>;
}

export type RegistryWorkName = keyof RegistryWork;

/** In this thread. */
export function registryWork(fs: Fs): RegistryWork {
  return {
    makeBackup: (request) => makeBackup(fs, request),
    listBackups: (request) => listBackups(fs, request),
    proveBackup: ({ path, uid }) => proveBackup(path, uid),
    makeSnapshot: (request) => makeSnapshot(fs, request),
    checkRegistry: ({ registry }) => Promise.resolve(checkSoundFile(registry)),
    examineRegistry: ({ registry }) => Promise.resolve(examineRegistry(registry)),
  };
}

/** One after the other: two backups at once would take each other for what a crash left. */
export function oneByOne(work: RegistryWork): RegistryWork {
  let last: Promise<unknown> = Promise.resolve();
  const queued =
    <I, O>(run: (input: I) => Promise<O>) =>
    (input: I): Promise<O> => {
      const turn = last.then(() => run(input));
      last = turn.catch(() => undefined);
      return turn;
    };
  return {
    makeBackup: queued((request) => work.makeBackup(request)),
    listBackups: queued((request) => work.listBackups(request)),
    proveBackup: queued((request) => work.proveBackup(request)),
    makeSnapshot: queued((request) => work.makeSnapshot(request)),
    checkRegistry: queued((request) => work.checkRegistry(request)),
    examineRegistry: queued((request) => work.examineRegistry(request)),
  };
}
