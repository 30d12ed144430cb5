/**
 * The app's life in Electron: everything that must be set before the app is ready, the engine, the window, the end.
 * Electron is an argument, so that tests can watch every call.
 */
import { join } from 'node:path';
import type { BrowserWindow } from 'electron';
import { toErrorData, type ErrorData } from '../../../shared/errors.ts';
import type { EngineHandle, EngineOptions } from '../../engine/engine-handle.ts';
import type { Host } from '../../engine/host.ts';
import type { Clock } from '../../ports/clock.ts';
import { makePrivateFolder } from '../../ports/fs/private-folder.ts';
import type { StaticFiles } from '../../ports/fs/static-files.ts';
import { registerAppScheme, serveApp } from './app-protocol.ts';
import { createElectronHost } from './electron-host.ts';
import { createWindow } from './create-window.ts';
import { offerEnginePort } from './engine-port.ts';
import { electronKeychain } from './keychain.ts';
import { setMenu } from './menu.ts';
import { lockDownContents } from './navigation.ts';
import { openLink } from './open-link.ts';
import { lockDownSession } from './permissions.ts';
import { quitWithEngine } from './quit-with-engine.ts';

export type Electron = typeof import('electron');

export interface ElectronParts {
  startEngine: (options: EngineOptions, host: Host) => Promise<EngineHandle>;
  readFiles: () => Promise<StaticFiles>;
  clock: Clock;
  platform: NodeJS.Platform;
  home: string;
  instance: string | null;
  /** Absolute path of the built preload script. */
  preload: string;
}

/**
 * Its part before the first `await` runs before the app is ready; so don't wait for the result at the top level of
 * the entry module, which Electron waits for before it is ready.
 */
export async function runElectron(electron: Electron, parts: ElectronParts): Promise<void> {
  const { app } = electron;
  const packaged = app.isPackaged;
  let window: BrowserWindow | null = null;

  try {
    // Also the place of the lock: each data folder has one app.
    makePrivateFolder(parts.home);
    makePrivateFolder(join(parts.home, 'window'));
  } catch (error) {
    tell(electron, toErrorData(error));
    app.exit(1);
    return;
  }
  app.setPath('userData', join(parts.home, 'window'));
  app.enableSandbox();
  registerAppScheme(electron.protocol);
  if (!app.requestSingleInstanceLock()) {
    app.quit();
    return;
  }
  app.on('second-instance', () => {
    if (window === null) return;
    if (window.isMinimized()) window.restore();
    window.focus();
  });
  app.on('session-created', (session) => {
    lockDownSession(session, { packaged });
  });
  app.on('web-contents-created', (_event, contents) => {
    lockDownContents(contents, (url) => openLink(electron, url));
  });

  await app.whenReady();
  setMenu(electron.Menu, parts.platform);
  lockDownSession(electron.session.defaultSession, { packaged });
  const engine = parts.startEngine(
    { home: parts.home, instance: parts.instance },
    createElectronHost({
      dialog: electron.dialog,
      shell: electron.shell,
      keychain: electronKeychain(electron.safeStorage, parts.platform),
      window: () => window,
    }),
  );
  quitWithEngine(app, parts.clock, engine);
  offerEnginePort({
    ipcMain: electron.ipcMain,
    MessageChannelMain: electron.MessageChannelMain,
    engine,
    window: () => window,
  });

  const show = (): void => {
    window = createWindow({
      BrowserWindow: electron.BrowserWindow,
      clock: parts.clock,
      preload: parts.preload,
      packaged,
      gaveUp: () => {
        tell(electron, CRASHING);
        app.quit();
      },
    });
    window.once('closed', () => {
      window = null;
    });
  };
  app.on('window-all-closed', () => {
    if (parts.platform !== 'darwin') app.quit();
  });
  app.on('activate', () => {
    if (window === null) show();
  });
  try {
    const shown = parts.readFiles().then((files) => {
      serveApp(electron.protocol, files);
      show();
    });
    const [running] = await Promise.all([engine, shown]);
    const { error } = await running.stopped;
    if (error !== null) tell(electron, error);
  } catch (error) {
    tell(electron, toErrorData(error));
  }
  app.quit();
}

const CRASHING: ErrorData = {
  code: 'internal',
  message: "The window can't be shown",
  remedy: 'Your files and records are safe. Start Benchkeep again; if it stays, use: benchkeep serve.',
  retry: true,
};

function tell({ dialog }: Pick<Electron, 'dialog'>, { message, remedy }: ErrorData): void {
  dialog.showErrorBox('Benchkeep', `${message}.\n\n${remedy}`);
}
