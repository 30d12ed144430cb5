/** What operations on storages get; an open instance has all of it. */
import type { Kysely } from 'kysely';
import type { Clock } from '../ports/clock.ts';
import type { Fs } from '../ports/fs/fs.ts';
import type { RawPath } from '../ports/fs/raw-path.ts';
import type { Random } from '../ports/random.ts';
import type { Author, Committed } from '../registry/change-log.ts';
import type { Registry } from '../registry/open-registry.ts';
import type { RegistryDB } from '../registry/schema.ts';
import type { Workstation } from '../workstation/open-workstation.ts';
import type { WorkstationDB } from '../workstation/schema.ts';
import type { Stores } from './stores.ts';

export interface StorageContext {
  home: RawPath;
  instanceUid: string;
  instanceName: string;
  workstationUid: string;
  registry: Registry;
  workstation: Workstation;
  fs: Fs;
  stores: Stores;
  clock: Clock;
  random: Random;
  author: () => Promise<Author>;
  onCommitted: (committed: Committed) => void;
}

/** For reading records; also on connections that can't write. */
export interface StorageReadContext {
  registry: Kysely<RegistryDB>;
  workstation: Kysely<WorkstationDB>;
  workstationUid: string;
}
