/** The one window: sandboxed, isolated, without Node (items 2 to 6 and 8 to 12 of the checklist). */
import type { BrowserWindow, WebPreferences } from 'electron';
import type { Clock } from '../../ports/clock.ts';
import { APP_PAGE } from './app-protocol.ts';

export interface WindowContext {
  BrowserWindow: typeof BrowserWindow;
  clock: Pick<Clock, 'monotonic'>;
  /** Absolute path of the built preload script (CommonJS, one file: a sandboxed preload can be nothing else). */
  preload: string;
  packaged: boolean;
  /** Told when the page can't be shown, or crashed too often to be shown again. */
  gaveUp: () => void;
}

/** A page that crashes more often than this within a minute would do so for ever. */
const MAX_RELOADS = 3;
const RELOAD_WINDOW_MS = 60_000;

export function createWindow(context: WindowContext): BrowserWindow {
  const window = new context.BrowserWindow({
    title: 'Benchkeep',
    width: 1280,
    height: 800,
    minWidth: 640,
    minHeight: 480,
    show: false,
    webPreferences: webPreferences(context),
  });
  window.once('ready-to-show', () => {
    window.show();
  });
  reloadAfterCrash(context, window);
  window.loadURL(APP_PAGE).catch(() => {
    if (!window.isDestroyed()) context.gaveUp();
  });
  return window;
}

function webPreferences({ preload, packaged }: WindowContext): WebPreferences {
  return {
    preload,
    nodeIntegration: false,
    nodeIntegrationInWorker: false,
    nodeIntegrationInSubFrames: false,
    contextIsolation: true,
    sandbox: true,
    webviewTag: false,
    spellcheck: false,
    devTools: !packaged,
  };
}

function reloadAfterCrash({ clock, gaveUp }: WindowContext, window: BrowserWindow): void {
  let reloads: number[] = [];
  window.webContents.on('render-process-gone', (_event, { reason }) => {
    if (reason === 'clean-exit' || window.isDestroyed()) return;
    const now = clock.monotonic();
    reloads = [...reloads.filter((time) => now - time < RELOAD_WINDOW_MS), now];
    if (reloads.length > MAX_RELOADS) gaveUp();
    else window.webContents.reload();
  });
}
