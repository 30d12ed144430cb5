/**
 * Gives the window's page its port to the engine. The page's preload asks once the page is there; only the window's
 * own main frame on `app://bundle` is answered (item 17). Frames pass unchanged.
 */
import { MessageChannel, type MessagePort } from 'node:worker_threads';
import type { BrowserWindow, IpcMain, IpcMainEvent, MessageChannelMain, MessagePortMain } from 'electron';
import type { EngineHandle } from '../../engine/engine-handle.ts';
import { isAppUrl } from './app-protocol.ts';

/** The one IPC channel; `preload.ts` has it as text, because it can import nothing but Electron. */
export const PORT_CHANNEL = 'benchkeep-port';

export interface EnginePortContext {
  ipcMain: Pick<IpcMain, 'on'>;
  MessageChannelMain: typeof MessageChannelMain;
  engine: Promise<Pick<EngineHandle, 'attach'>>;
  window: () => BrowserWindow | null;
}

export function offerEnginePort({ ipcMain, MessageChannelMain, engine, window }: EnginePortContext): void {
  let close: () => void = () => undefined;
  handle(ipcMain, window, async (frame) => {
    const running = await engine;
    if (frame.isDestroyed()) return;
    // A reloaded page asks again; what its predecessor held ends here.
    close();
    const { port1, port2 } = new MessageChannelMain();
    const channel = new MessageChannel();
    close = bridgePorts(port1, channel.port1);
    running.attach(channel.port2);
    frame.postMessage(PORT_CHANNEL, null, [port2]);
  });
}

type Frame = NonNullable<IpcMainEvent['senderFrame']>;

/** The one way in from a page: the sender is checked, and the message may hold nothing. */
function handle(
  ipcMain: Pick<IpcMain, 'on'>,
  window: () => BrowserWindow | null,
  listener: (frame: Frame) => Promise<void>,
): void {
  ipcMain.on(PORT_CHANNEL, (event, ...input: unknown[]) => {
    const frame = trustedFrame(event, window());
    if (frame === null || input.length > 0) return;
    listener(frame).catch(() => {
      // The engine did not start; `run-electron.ts` waits for it too and says so to the person.
    });
  });
}

/** The sender's frame if it is the window's main frame showing our page, else null. */
export function trustedFrame(
  event: Pick<IpcMainEvent, 'sender' | 'senderFrame'>,
  window: BrowserWindow | null,
): Frame | null {
  const frame = event.senderFrame;
  if (window === null || window.isDestroyed() || frame === null || frame.isDestroyed()) return null;
  if (event.sender !== window.webContents || frame !== window.webContents.mainFrame) return null;
  return isAppUrl(frame.url) ? frame : null;
}

/** Copies frames both ways until either side ends. Returns the function that ends both. */
export function bridgePorts(page: MessagePortMain, engine: MessagePort): () => void {
  const close = (): void => {
    page.close();
    engine.close();
  };
  page.on('message', ({ data }: { data: unknown }) => {
    if (typeof data === 'string' || data instanceof Uint8Array) engine.postMessage(data);
    else close();
  });
  engine.on('message', (frame: unknown) => {
    page.postMessage(frame);
  });
  page.on('close', close);
  engine.on('close', close);
  page.start();
  return close;
}
