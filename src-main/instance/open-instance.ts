/** Opens an instance: takes its lock, proves and opens its databases, and makes what operations get. */
import { newUid } from '../../shared/uid.ts';
import { BenchkeepError } from '../../shared/errors.ts';
import { openRoom } from '../ports/room.ts';
import type { Hasher } from '../ports/fs/hasher.ts';
import { systemNetwork, type Network } from '../ports/network.ts';
import { keptSignIns, partBuffers } from '../storage/index.ts';
import { finishInstrumentRuns } from '../provenance/index.ts';
import { bandwidth, evictions, transferQueue, type RunTools, type Settled } from '../transfers/index.ts';
import type { TransferRow } from '../workstation/schema.ts';
import type { Author, Committed } from '../registry/change-log.ts';
import { currentAuthor } from './current-author.ts';
import { findInstance } from './find-instance.ts';
import { keepHead } from './head-file.ts';
import { instanceFolder } from './instance-card.ts';
import type { InstanceContext } from './instance-context.ts';
import { openDatabases } from './open-databases.ts';
import { refreshCard } from './refresh-card.ts';
import { refuseUnsafePlace } from './unsafe-place.ts';
import type { Workbench } from './workbench.ts';

/** Bytes of downloads in memory, of all together. */
const DOWNLOAD_ROOM = 64 * 1024 ** 2;

export interface OpenInstanceOptions {
  /** Null opens the connected one. */
  name: string | null;
  hasher: Hasher;
  /** Why nothing may be written although it could be, in plain words. */
  readOnly?: string | null;
  /** Done before whoever writes first learns who the author is. */
  beforeWriting?: () => Promise<void>;
  onCommitted?: (committed: Committed) => void;
  onWatching?: (what: 'inbox' | 'folders') => void;
  /** Brings an upload that is queued to its end; without, nothing is uploaded. */
  upload?: (context: InstanceContext, row: TransferRow, tools: RunTools) => Promise<Settled>;
  /** That of this computer by default. */
  network?: Network;
  /** Something of what `transfers.list` tells is another. */
  onTransfers?: () => void;
}

export interface OpenInstance extends InstanceContext {
  /** What a person should know, in plain words; opening went well all the same. */
  warnings: string[];
  /** Why nothing can be written, in plain words; null where it can. */
  readOnly: string | null;
  /** See `Databases`. */
  unchecked: boolean;
  /** Ends the session: writes what is outstanding, closes the databases, gives the lock back. Can be called again. */
  close(): Promise<void>;
}

/** Errors: `no_instance`, `not_found`, `refused` (an unsafe place), and those of `openDatabases`. */
export async function openInstance(workbench: Workbench, options: OpenInstanceOptions): Promise<OpenInstance> {
  const { home, fs, clock, random } = workbench;
  const name = options.name ?? workbench.settings().instance;
  if (name === null)
    throw new BenchkeepError('no_instance', 'No instance is connected', 'Make one: benchkeep init --storage FOLDER');
  const card = await findInstance(workbench, name);
  await refuseUnsafePlace(home);
  const folder = instanceFolder(home, card.uid);
  const databases = await openDatabases({ fs, clock, token: newUid(random, 16) }, card, folder);
  const { registry, workstation } = databases;
  const stores = workbench.stores.ofInstance(keptSignIns(workstation));
  const readOnly = databases.readOnly ?? options.readOnly ?? null;
  if (readOnly !== null) registry.guard.forbid(readOnlyError(readOnly));
  const warnings = [...workbench.warnings, ...databases.warnings];
  const say = (error: unknown): void => {
    warnings.push(
      error instanceof Error ? `The end of the history could not be kept: ${error.message}` : String(error),
    );
  };
  const heads = keepHead({ fs, clock, folder, onError: say });

  const onCommitted = (committed: Committed): void => {
    heads.committed(committed.head);
    options.onCommitted?.(committed);
  };
  const people = new Map<string, Promise<Author>>();
  const limit = bandwidth(clock);
  const onTransfers = options.onTransfers ?? (() => undefined);
  const queue = transferQueue({
    workstation,
    clock,
    random,
    network: options.network ?? systemNetwork,
    bandwidth: limit,
    run: (row, tools) => options.upload?.(context, row, tools) ?? Promise.reject(cannotUpload()),
    onChange: onTransfers,
  });
  const context: InstanceContext = {
    home,
    folder,
    instanceUid: card.uid,
    instanceName: card.name,
    workstationUid: workbench.workstationUid,
    registry,
    workstation,
    fs,
    stores,
    hasher: options.hasher,
    clock,
    random,
    sessionRuns: new Map(),
    busyTransfers: new Map(),
    partBuffers: partBuffers(),
    queue,
    familiesAtWork: new Map(),
    contentsAtWork: new Map(),
    downloads: new Map(),
    evictions: evictions(clock),
    downloadRoom: openRoom(DOWNLOAD_ROOM),
    onCommitted,
    onTransfers,
    onWatching: options.onWatching ?? (() => undefined),
    async author() {
      await options.beforeWriting?.();
      const { handle, name: fullName } = workbench.settings();
      const known = people.get(handle);
      if (known !== undefined) return known;
      const asked = currentAuthor({ registry, clock, random, onCommitted }, { handle, name: fullName });
      people.set(handle, asked);
      asked.catch(() => people.delete(handle));
      return asked;
    },
  };

  let closed: Promise<void> | null = null;
  async function close(): Promise<void> {
    try {
      await queue.close();
      await context.evictions.close();
      if (readOnly !== null) return;
      if (registry.guard.ended() === null) await finishInstrumentRuns(context);
      await heads.close();
      await refreshCard(context, card);
    } catch (error) {
      // What ended the writing was told to whoever wrote; it must not keep the lock from being given back.
      if (registry.guard.ended() === null && workstation.guard.ended() === null) throw error;
    } finally {
      stores.close();
      await databases.close();
    }
  }
  return {
    ...context,
    warnings,
    readOnly,
    unchecked: databases.unchecked,
    close() {
      closed ??= close();
      return closed;
    },
  };
}

function cannotUpload(): BenchkeepError {
  return new BenchkeepError('not_supported', 'Nothing is uploaded here', 'Upload it with the whole program.');
}

/** The reason's first sentence as message, the rest as remedy. */
export function readOnlyError(reason: string): BenchkeepError {
  const [, what = reason, remedy = ''] = /^(.*?)\. (.*)$/s.exec(reason) ?? [];
  return new BenchkeepError('registry_read_only', what, remedy === '' ? 'You can look at everything.' : remedy);
}
