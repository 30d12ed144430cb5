/** Opens an instance and starts what works on it: hashing, reading, scanning, watching, the local socket. */
import type { MessagePort } from 'node:worker_threads';
import { inlineReads, type Reads } from './reads.ts';
import { queuedUploads, readContext } from '../artifacts/index.ts';
import {
  claimLostStorages,
  defaultRootOf,
  headOf,
  joinPublished,
  keepBackups,
  keepPublished,
  oneByOne,
  openInstance,
  registryWork,
  watchRegistry,
  type BackupKeeper,
  type InstanceContext,
  type OpenInstance,
  type PublishedKeeper,
  type RecordWatch,
  type RegistryWork,
  type Workbench,
} from '../instance/index.ts';
import { wait } from '../ports/clock.ts';
import { listenLocally, localSocketPaths, type FramePort } from '../ports/local-socket.ts';
import { rawToDisplay } from '../ports/fs/raw-path.ts';
import {
  followArrivals,
  foldersAtRest,
  inboxCounts,
  startWatching,
  type ReconcileContext,
  type Arrivals,
  type Watching,
} from '../watching/index.ts';
import { keepCache, onceADay, sweepAbandonedSaves, sweepOrphanUploads } from '../transfers/index.ts';
import { startScrubbing, type Scrubbing } from '../scrubbing/index.ts';
import type { EventHub } from './events.ts';
import { finishEarlier } from './finish-earlier.ts';
import { hashPool } from './hash-pool.ts';
import { hintThread } from './hint-client.ts';
import { previewsApart, startReader, type Reader } from './reader-client.ts';
import { registryThreads } from './registry-client.ts';
import { scanThreads } from './scan-client.ts';

/** What is at work on the open instance. */
export interface Services {
  context: OpenInstance;
  /** The context with the scanner: for passes over watched folders. */
  scanning: ReconcileContext;
  reads: Reads;
  watching: Watching;
  scrubbing: Scrubbing;
  /** Null where the registry is published nowhere. */
  published: PublishedKeeper;
  /** Backups and checks of the registry's files. */
  registryWork: RegistryWork;
  close(): Promise<void>;
}

export interface ServicesOptions {
  workbench: Workbench;
  name: string;
  events: EventHub;
  watch: boolean;
  /** Work on what is queued for uploading. */
  transfers: boolean;
  listen: boolean;
  threads: boolean;
  attach: (port: MessagePort | FramePort) => void;
  /** Of places, kept from one opening to the next. */
  records: RecordWatch;
  /** Who may write has changed, or what others published: it is to be opened anew. */
  onTurn: () => void;
}

/** Ms. */
const LONGEST_CLOSE = 1000;

/** Closes again what was opened before an error. */
export async function openServices(options: ServicesOptions): Promise<Services> {
  const { workbench, events } = options;
  const { clock } = workbench;
  // Of what looks at watched folders: a drive may hang, and nobody waits for it to quit.
  const soon = (closing: () => Promise<unknown>) => () => Promise.race([closing(), wait(clock, LONGEST_CLOSE)]);
  const closers: (() => Promise<unknown>)[] = [];
  const close = async (): Promise<void> => {
    for (const closer of closers.reverse()) await closer();
    closers.length = 0;
  };
  try {
    const files = options.threads ? registryThreads() : null;
    const work = oneByOne(files ?? registryWork(workbench.fs));
    if (files !== null) closers.push(soon(() => files.close()));
    const joined = await joinPublished(workbench, options.name, { takes: options.watch, records: options.records });
    let keeper: PublishedKeeper | null = null;
    closers.push(() => {
      joined.workbench.stores.close();
      return Promise.resolve();
    });
    // Pushed first, so done last: once the databases are closed.
    closers.push(() => keeper?.leave() ?? Promise.resolve());
    const hasher = hashPool();
    closers.push(soon(() => hasher.close()));
    let watching: Watching | null = null;
    let arrivals: Arrivals | null = null;
    let backups: BackupKeeper | null = null;
    const context: OpenInstance = await openInstance(workbench, {
      name: options.name,
      hasher,
      readOnly: joined.readOnly,
      beforeWriting: () => keeper?.beforeWriting() ?? Promise.resolve(),
      onCommitted(committed) {
        events.registryChanged(committed);
        keeper?.committed(committed);
        backups?.committed();
        // A storage that was added or changed is watched (or not) from now on.
        if (committed.registries.has('storage')) void watching?.refresh();
        if (committed.registries.has('artifact')) arrivals?.soon();
      },
      upload: queuedUploads(),
      onTransfers: () => {
        events.transfersChanged();
      },
      onWatching(what) {
        if (what === 'folders') events.foldersChanged();
        else events.inboxChanged(() => inboxCounts(context.workstation));
      },
    });
    closers.push(
      () => context.close(),
      soon(() => context.queue.close()),
    );
    context.warnings.push(...joined.warnings);
    const onWarning = (): void => {
      events.instanceChanged();
    };
    const published = await keepPublished({
      workbench: joined.workbench,
      joined: context.readOnly === joined.readOnly ? joined : { ...joined, readOnly: context.readOnly, blocked: null },
      warnings: context.warnings,
      stays: options.watch,
      work,
      head: headOf(context.registry.sqlite),
      storage: await defaultRootOf(context.registry.db),
      onNews: onWarning,
      onTurn: options.onTurn,
    });
    keeper = published;
    closers.push(soon(() => published.stop()));
    if (context.readOnly === null) {
      await claimLostStorages(context, joined);
      const asking = await finishEarlier(context, onWarning);
      // Commands are short: at their end a store that was asked has a moment to answer.
      closers.push(
        soon(() => asking.stop()),
        soon(() => asking.ended),
      );
    }
    if (options.watch && context.readOnly === null) {
      backups = keepBackups({ ...context, onWarning }, work);
      const backing = backups;
      closers.push(() => backing.close(), watchRegistry({ ...context, onWarning }, work));
    }

    const scanner = scanThreads(context.workstation.path);
    closers.push(soon(() => scanner.close()));
    const scanning = { ...context, scanner };
    const reads = options.threads ? await readerThread(context, closers) : inlineReads(readContext(context));
    if (options.watch && context.readOnly === null) {
      const hints = hintThread();
      closers.push(() => hints.close());
      const started = await startWatching({ ...scanning, hints });
      watching = started;
      closers.push(soon(() => started.close()));
    }
    const scrubbing = startScrubbing(context, options.watch && context.readOnly === null);
    closers.push(soon(() => scrubbing.close()));
    if (options.transfers && context.readOnly === null) {
      context.queue.start();
      const following = followArrivals(context);
      arrivals = following;
      const sweeping = onceADay(context, 'uploads_swept', (signal) => sweepOrphanUploads(context, signal));
      const savesSweeping = onceADay(context, 'saves_swept', (signal) => sweepAbandonedSaves(context, signal));
      closers.push(
        soon(() => sweeping.close()),
        soon(() => savesSweeping.close()),
        soon(() => following.close()),
      );
    }
    const cache = keepCache(context, options.watch && context.readOnly === null);
    closers.push(soon(() => cache.close()));
    if (options.listen) {
      const listener = await listenLocally(localSocketPaths(rawToDisplay(context.folder)), options.attach);
      closers.push(() => listener.close());
    }
    return {
      context,
      scanning,
      reads,
      watching: watching ?? notWatching(context),
      scrubbing,
      published,
      registryWork: work,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

async function readerThread(context: InstanceContext, closers: (() => Promise<unknown>)[]): Promise<Reads> {
  const { registry, workstation, workstationUid, clock } = context;
  const start = (): Promise<Reader> =>
    startReader({ registry: registry.path, workstation: workstation.path, workstationUid }, clock);
  const reader = previewsApart(await start(), start);
  closers.push(() => reader.close());
  return reader.reads;
}

function notWatching(context: InstanceContext): Watching {
  const nothing = (): Promise<void> => Promise.resolve();
  return {
    refresh: nothing,
    look: nothing,
    wake: () => undefined,
    folders: () => foldersAtRest(context),
    close: nothing,
  };
}
