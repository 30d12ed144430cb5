/** A stand-in for Electron that records what is set on it and lets a test raise its events. */
import { EventEmitter } from 'node:events';
import { MessageChannel, type MessagePort } from 'node:worker_threads';
import type { BrowserWindowConstructorOptions } from 'electron';
import type { Electron } from '../../../src-main/hosts/electron/run-electron.ts';

/** Name and arguments of each call, in order: `app.enableSandbox`, `protocol.handle`, … */
export type Calls = { name: string; args: unknown[] }[];

type Handler = (...args: never[]) => unknown;

/** An emitter whose other methods only record; `answers` gives some of them results. */
function recorder(name: string, calls: Calls, answers: Record<string, unknown> = {}): EventEmitter {
  const emitter = Object.assign(new EventEmitter(), answers);
  return new Proxy(emitter, {
    get(target, key, receiver) {
      // Not a promise, though it answers to every name.
      if (key === 'then') return undefined;
      if (typeof key === 'symbol' || key in target) {
        const value: unknown = Reflect.get(target, key, receiver);
        if (typeof value !== 'function' || typeof key === 'symbol' || !Object.hasOwn(answers, key)) return value;
        return (...args: unknown[]): unknown => {
          calls.push({ name: `${name}.${key}`, args });
          return (value as (...args: unknown[]) => unknown).apply(target, args);
        };
      }
      return (...args: unknown[]): void => {
        calls.push({ name: `${name}.${key}`, args });
      };
    },
  });
}

export interface FakeFrame {
  url: string;
  destroyed: boolean;
  ports: MessagePort[];
  isDestroyed(): boolean;
  postMessage(channel: string, message: unknown, transfer: FakePort[]): void;
}

export function fakeFrame(url: string): FakeFrame {
  return {
    url,
    destroyed: false,
    ports: [],
    isDestroyed() {
      return this.destroyed;
    },
    postMessage(_channel, _message, transfer) {
      this.ports.push(...transfer.map((port) => port.port));
    },
  };
}

export class FakePort extends EventEmitter {
  readonly port: MessagePort;
  constructor(port: MessagePort) {
    super();
    this.port = port;
    port.on('close', () => this.emit('close'));
  }
  postMessage(message: unknown): void {
    this.port.postMessage(message);
  }
  start(): void {
    this.port.on('message', (data: unknown) => this.emit('message', { data, ports: [] }));
  }
  close(): void {
    this.port.close();
  }
}

class FakeMessageChannelMain {
  readonly port1: FakePort;
  readonly port2: FakePort;
  constructor() {
    const { port1, port2 } = new MessageChannel();
    this.port1 = new FakePort(port1);
    this.port2 = new FakePort(port2);
  }
}

export type FakeContents = EventEmitter & {
  mainFrame: FakeFrame;
  reload(): void;
  openWindow: (details: { url: string }) => { action: string };
};

export type FakeWindow = EventEmitter & {
  options: BrowserWindowConstructorOptions;
  webContents: FakeContents;
  destroyed: boolean;
};

export interface FakeElectron {
  electron: Electron;
  calls: Calls;
  windows: FakeWindow[];
  app: EventEmitter;
  ipcMain: EventEmitter;
  session: EventEmitter;
  named(name: string): unknown[][];
  /** The one handler that was set by a call of this name. */
  handler<T extends Handler>(name: string, position?: number): T;
}

export interface FakeOptions {
  packaged?: boolean;
  firstInstance?: boolean;
  /** What dialogs answer. */
  paths?: string[];
  button?: number;
  /** What Linux keeps secrets with, and whether it answers. */
  keychain?: { backend?: string; available?: boolean };
}

export function fakeElectron({
  packaged = true,
  firstInstance = true,
  paths,
  button = 1,
  keychain = {},
}: FakeOptions = {}): FakeElectron {
  const calls: Calls = [];
  const windows: FakeWindow[] = [];
  const app = recorder('app', calls, {
    isPackaged: packaged,
    requestSingleInstanceLock: () => firstInstance,
    whenReady: () => Promise.resolve(),
  });
  const session = recorder('session', calls, { webRequest: recorder('webRequest', calls) });
  const ipcMain = recorder('ipcMain', calls);

  function newWindow(this: unknown, options: BrowserWindowConstructorOptions): FakeWindow {
    calls.push({ name: 'new BrowserWindow', args: [options] });
    const contents = recorder('contents', calls, { mainFrame: fakeFrame('app://bundle/index.html') }) as FakeContents;
    const window = recorder('window', calls, {
      options,
      webContents: contents,
      destroyed: false,
      isMinimized: () => true,
      isDestroyed(this: FakeWindow) {
        return this.destroyed;
      },
      loadURL: () => Promise.resolve(),
    }) as FakeWindow;
    app.emit('web-contents-created', {}, contents);
    windows.push(window);
    return window;
  }

  const electron = {
    app,
    ipcMain,
    session: { defaultSession: session },
    protocol: recorder('protocol', calls),
    shell: recorder('shell', calls, { openExternal: () => Promise.resolve() }),
    clipboard: recorder('clipboard', calls),
    crashReporter: recorder('crashReporter', calls),
    safeStorage: recorder('safeStorage', calls, fakeSafeStorage(keychain)),
    Menu: recorder('Menu', calls, { buildFromTemplate: (template: unknown) => template }),
    dialog: recorder('dialog', calls, {
      showOpenDialog: () => Promise.resolve({ canceled: paths === undefined, filePaths: paths ?? [] }),
      showMessageBox: () => Promise.resolve({ response: button }),
    }),
    BrowserWindow: newWindow,
    MessageChannelMain: FakeMessageChannelMain,
  } as unknown as Electron;

  const named = (name: string): unknown[][] => calls.filter((call) => call.name === name).map((call) => call.args);
  return {
    electron,
    calls,
    windows,
    app,
    ipcMain,
    session,
    named,
    handler<T extends Handler>(name: string, position = 0): T {
      const found = named(name);
      if (found.length === 0) throw new Error(`${name} was never called`);
      return found.at(-1)?.[position] as T;
    },
  };
}

/** Seals by turning each byte over: enough to tell what is sealed from what is not. */
function fakeSafeStorage({ backend = 'gnome_libsecret', available = true }: FakeOptions['keychain'] & object) {
  const turned = (bytes: Buffer): Buffer => Buffer.from(bytes.map((byte) => byte ^ 0xff));
  return {
    getSelectedStorageBackend: () => backend,
    isAsyncEncryptionAvailable: () => Promise.resolve(available),
    encryptStringAsync: (text: string) => Promise.resolve(turned(Buffer.from(text))),
    decryptStringAsync: (sealed: Buffer) =>
      Promise.resolve({ result: turned(sealed).toString(), shouldReEncrypt: false }),
  };
}

/** An event that counts whether it was prevented. */
export function preventable<T extends object>(details: T): T & { prevented: boolean; preventDefault(): void } {
  return {
    ...details,
    prevented: false,
    preventDefault() {
      this.prevented = true;
    },
  };
}
