/**
 * Everything that an operation may need of an open instance. Operations take a `Pick` of it; the engine makes it.
 * State lives in the two databases; what is here are the doors to it.
 */
import type { Room } from '../ports/room.ts';
import type { Clock } from '../ports/clock.ts';
import type { Fs } from '../ports/fs/fs.ts';
import type { Hasher } from '../ports/fs/hasher.ts';
import type { RawPath } from '../ports/fs/raw-path.ts';
import type { Random } from '../ports/random.ts';
import type { Author, Committed } from '../registry/change-log.ts';
import type { Registry } from '../registry/open-registry.ts';
import type { PartBuffers, Stores } from '../storage/index.ts';
import type { Evictions, TransferQueue, WorkAtHand } from '../transfers/index.ts';
import type { Workstation } from '../workstation/open-workstation.ts';

/** One download for all who wait for it; it is stopped when nobody does any more. */
export interface SharedDownload {
  done: Promise<RawPath>;
  /** Who is told of bytes that came. */
  listeners: Set<(bytes: number) => void>;
  /** Bytes that came so far, for who joins later. */
  bytes: number;
  stop: AbortController;
}

export interface InstanceContext {
  /** The app's data folder. */
  home: RawPath;
  /** The instance's folder in it: `registry.db`, `workstation.db`, head file, backups. */
  folder: RawPath;
  instanceUid: string;
  instanceName: string;
  /** This computer with this data folder, 12 characters: what `storage.workstation_uid` names. */
  workstationUid: string;
  registry: Registry;
  workstation: Workstation;
  fs: Fs;
  stores: Stores;
  hasher: Hasher;
  clock: Clock;
  random: Random;
  /** Who writes on this workstation now, as a row of the registry; no run. */
  author: () => Promise<Author>;
  /** Ids of runs of watched folders' instruments in this session, by storage uid. */
  sessionRuns: Map<string, Promise<number>>;
  /** Transfers, by id, that somebody in this process is at work on, and how far that is. */
  busyTransfers: Map<number, WorkAtHand>;
  /** Memory of parts that are being sent. */
  partBuffers: PartBuffers;
  /** Works on uploads. */
  queue: TransferQueue;
  /** Version families, by stem, for which bytes are being laid down: until that is done, whoever is next waits. */
  familiesAtWork: Map<string, Promise<unknown>>;
  /** Artifacts, by uid, whose content on this computer is being fetched, evicted, freed or brought back: one at a time. */
  contentsAtWork: Map<string, Promise<unknown>>;
  /** Content that is being fetched, by uid of its artifact: whoever wants the same waits for the same. */
  downloads: Map<string, SharedDownload>;
  /** Those of the cache that go on after a command was answered. */
  evictions: Evictions;
  /** For what comes from stores and is not on the disk yet. */
  downloadRoom: Room;
  /** Called after each committed transaction of the registry. */
  onCommitted: (committed: Committed) => void;
  /** Called when somebody begins or ends work on a transfer. */
  onTransfers: () => void;
  /** Called after the inbox or the health of watched folders changed. */
  onWatching: (what: 'inbox' | 'folders') => void;
}
