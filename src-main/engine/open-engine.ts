/** Composition: one engine of a workstation, with the instance it has open. */
import type { MessagePort } from 'node:worker_threads';
import { BenchkeepError } from '../../shared/errors.ts';
import { connectedInstanceFolder, oneByOne, openWorkbench, recordWatch, type Workbench } from '../instance/index.ts';
import { systemClock } from '../ports/clock.ts';
import { nodeFs } from '../ports/fs/node-fs.ts';
import { rawFromText, rawToDisplay } from '../ports/fs/raw-path.ts';
import { connectLocally, localSocketPaths, type FramePort } from '../ports/local-socket.ts';
import { systemRandom } from '../ports/random.ts';
import { openStores } from '../storage/index.ts';
import type { EngineOptions } from './engine-handle.ts';
import { eventHub } from './events.ts';
import type { Scanner } from '../watching/index.ts';
import type { Host } from './host.ts';
import { registryThreads } from './registry-client.ts';
import { openServices, type Services } from './open-services.ts';
import { engineRouter, type EngineRouter, type RouterContext } from './router/index.ts';
import { scanThreads } from './scan-client.ts';
import { clientHandler } from './serve-client.ts';
import { smallFileThread } from './small-file-client.ts';

export interface OpenEngineOptions extends EngineOptions {
  /** Keep watched folders watched. */
  watch: boolean;
  /** Work on what is queued for uploading. Without: only on what somebody waits for. */
  transfers?: boolean;
  /** Let the command line of this user in over the local socket. */
  listen: boolean;
  /** Read on a thread of its own; without, reading is done on this one. */
  threads: boolean;
  /** Open the instance at once (true). Without, what needs none can be done even where the connected one is damaged. */
  open?: boolean;
  /**
   * Serve also where the instance can't be opened, and say why to whoever asks for it: a window can then show backups
   * and repair it.
   */
  serveUnopened?: boolean;
}

export interface Engine {
  router: EngineRouter;
  context: RouterContext;
  attach(port: MessagePort | FramePort): void;
  /** Stops watching, closes the databases. Can be called again. */
  close(): Promise<void>;
}

/**
 * Opens the asked-for or the connected instance, or none if there is none yet. Errors: those of opening a registry;
 * `locked` where another process owns the instance; `not_found` for a name that is not there.
 */
export async function openEngine(options: OpenEngineOptions, host: Host): Promise<Engine> {
  const clock = systemClock;
  const { watch, listen, threads, open = true, transfers = watch } = options;
  const events = eventHub(clock);
  const files = threads ? registryThreads() : null;
  const smallFiles = smallFileThread(clock);
  const workbench = await openWorkbench({
    ...(files === null ? {} : { registryWork: oneByOne(files) }),
    home: rawFromText(options.home),
    fs: nodeFs(systemRandom),
    clock,
    random: systemRandom,
    stores: openStores({
      keychain: {
        isThere: host.capabilities.keychain,
        seal: (secret) => host.sealSecret(secret),
        unseal: (sealed) => host.unsealSecret(sealed),
      },
      sender: smallFiles,
    }),
  });
  const records = recordWatch(clock);
  let services: Services | null = null;
  /** Why the instance could not be opened when that was tried last. */
  let unopened: BenchkeepError | null = null;
  let closed: Promise<void> | null = null;
  // Before there is an instance a folder can be counted already; the scanner needs no inventory for that.
  let surveyor: Scanner | null = null;
  const surveyScanner = (): Scanner => (surveyor ??= scanThreads(workbench.home));

  // One after the other: of two that open at once, one would find it locked and leave none open.
  let turn: Promise<unknown> = Promise.resolve();
  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const mine = turn.then(work, work);
    turn = mine.catch(() => undefined);
    return mine;
  }

  async function closeNow(): Promise<void> {
    const before = services;
    services = null;
    await before?.close();
  }

  async function openNow(name: string | null): Promise<void> {
    await closeNow();
    try {
      const wanted = name ?? workbench.settings().instance;
      if (wanted === null) throw noInstance();
      // Of this opening alone: one that was closed since says nothing any more.
      let opened: Services | null = null;
      const onTurn = (): void => {
        void inTurn(() => (services === opened && opened !== null ? openNow(wanted) : Promise.resolve())).catch(
          () => undefined,
        );
      };
      opened = await openServices({
        workbench,
        name: wanted,
        events,
        attach,
        watch,
        transfers,
        listen,
        threads,
        records,
        onTurn,
      });
      services = opened;
      unopened = null;
    } catch (error) {
      unopened = error instanceof BenchkeepError ? error : null;
      throw error;
    } finally {
      events.instanceChanged();
    }
  }

  const leave = (): Promise<void> =>
    inTurn(async () => {
      unopened = null;
      await closeNow();
    });
  const enter = (name: string | null): Promise<void> => inTurn(() => openNow(name));

  /** Opened again also where the work failed, if it was open. */
  function whileClosed<T>(name: string, work: () => Promise<T>): Promise<T> {
    return inTurn(async () => {
      const wasOpen = services !== null;
      await closeNow();
      let result: T;
      try {
        result = await work();
      } catch (error) {
        if (wasOpen) await openNow(name);
        throw error;
      }
      await openNow(name);
      return result;
    });
  }

  const context: RouterContext = {
    workbench,
    host,
    events,
    surveying: () => ({ fs: workbench.fs, scanner: services?.scanning.scanner ?? surveyScanner() }),
    services: () => {
      if (services === null) throw unopened ?? noInstance();
      return services;
    },
    isOpen: () => services !== null,
    unopened: () => (services === null ? unopened : null),
    asked: () => options.instance ?? workbench.settings().instance,
    enter,
    ensureOpen: (name) => inTurn(() => (services === null ? openNow(name) : Promise.resolve())),
    leave,
    whileClosed,
  };
  const router = engineRouter();
  const serve = clientHandler(router);
  const clients = new Set<MessagePort | FramePort>();
  function attach(port: MessagePort | FramePort): void {
    clients.add(port);
    port.on('close', () => clients.delete(port));
    serve(port, context);
  }

  const name = options.instance ?? workbench.settings().instance;
  if (open && name !== null) {
    await enter(name).catch((error: unknown) => {
      // Another program has it, or it is not there: then there is nothing to show.
      if (options.serveUnopened !== true || unopened === null || ['locked', 'not_found'].includes(unopened.code))
        throw error;
    });
  }

  return {
    router,
    context,
    attach,
    close() {
      closed ??= (async () => {
        events.close();
        await leave();
        for (const port of clients) port.close();
        await surveyor?.close();
        await files?.close();
        await smallFiles.close();
      })();
      return closed;
    },
  };
}

function noInstance(): BenchkeepError {
  return new BenchkeepError('no_instance', 'No instance is connected', 'Make one: benchkeep init --storage FOLDER');
}

/** A port to the engine that owns the instance in another process of this user; null where none runs. */
export async function findRunningEngine(options: EngineOptions): Promise<FramePort | null> {
  const workbench: Pick<Workbench, 'home' | 'fs'> = { home: rawFromText(options.home), fs: nodeFs(systemRandom) };
  const folder = await connectedInstanceFolder(workbench, options.instance);
  return folder === null ? null : connectLocally(localSocketPaths(rawToDisplay(folder)));
}
