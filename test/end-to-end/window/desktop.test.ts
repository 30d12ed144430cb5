/**
 * The window as the desktop app has it: no session and no WebSocket, but a port that the preload posts. The page here
 * gets one the same way, by a script that stands for the preload.
 */
import { MessageChannel as EngineChannel, type MessagePort as EnginePort } from 'node:worker_threads';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { StaticFiles } from '../../../src-main/ports/fs/static-files.ts';
import type { FakeEngine } from '../../renderer/fake-engine/fake-engine.ts';
import { arrive, freshWorld, labWorld } from '../../renderer/fake-engine/world.ts';
import { buildWindow, chromiumPath, launchChromium, openWindow, sayIfSkipped } from './open-window.ts';

sayIfSkipped();

interface PreloadPage extends Window {
  /** Of the test: the window asks for a port, and sends a frame. */
  askForPort(): Promise<void>;
  toEngine(frame: string): Promise<void>;
  /** Of the stand-in: hands a new port over, passes a frame on, ends the port. */
  handPort(message?: string): void;
  fromEngine(frame: string): void;
  endPort(): void;
}

/** Runs in the page before its own scripts, as `hosts/electron/preload.ts` does. */
function preload(): void {
  const page = window as unknown as PreloadPage & { benchkeep: unknown };
  page.benchkeep = Object.freeze({ host: 'electron', pathOf: (file: File) => `/data/instruments/${file.name}` });
  page.handPort = (message = 'benchkeep-port') => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = ({ data }: MessageEvent<string>) => void page.toEngine(data);
    page.fromEngine = (frame) => port1.postMessage(frame);
    page.endPort = () => port1.close();
    window.postMessage(message, location.origin, [port2]);
  };
  addEventListener('DOMContentLoaded', () => void page.askForPort());
}

/** What the main process does: one port to the engine for each that the page gets. */
async function bePreload(page: Page, engine: FakeEngine, message?: string): Promise<void> {
  let port: EnginePort | undefined;
  const attach = (): void => {
    port?.close();
    const channel = new EngineChannel();
    port = channel.port1;
    port.on('message', (frame: string) => {
      // A page that is gone or just being loaded takes no frames.
      page
        .evaluate((text) => (window as unknown as Partial<PreloadPage>).fromEngine?.(text), frame)
        .catch((error: unknown) => {
          const isGone = page.isClosed() || /context was destroyed|has been closed/.test(String(error));
          expect(isGone, String(error)).toBe(true);
        });
    });
    engine.attach(channel.port2);
  };
  await page.exposeFunction('askForPort', async () => {
    attach();
    await page.evaluate((text) => (window as unknown as PreloadPage).handPort(text), message);
  });
  await page.exposeFunction('toEngine', (frame: string) => port?.postMessage(frame));
  await page.addInitScript(preload);
  onTestFinished(() => port?.close());
}

describe.runIf(chromiumPath !== undefined)('in the desktop app', () => {
  let browser: Browser;
  let files: StaticFiles;
  beforeAll(async () => {
    files = await buildWindow();
    // Electron tells a page that the other end of a port is gone; a browser only behind this switch.
    browser = await launchChromium('--enable-blink-features=MessagePortCloseEvent');
  }, 60_000);
  afterAll(() => browser.close());

  it('all goes over the port, live events too', async () => {
    const sockets: string[] = [];
    const { page, world, complaints } = await openWindow({ browser, files }, labWorld(30), {
      prepare: ({ page: fresh, engine }) => {
        fresh.on('websocket', (socket) => sockets.push(socket.url()));
        fresh.on('request', (request) => request.url().endsWith('/session') && sockets.push(request.url()));
        return bePreload(fresh, engine);
      },
    });
    await page.getByRole('row', { name: /sample_00029/ }).waitFor();
    arrive(world, 'flow/by-the-port.fcs');
    await page.getByRole('row', { name: /by-the-port\.fcs/ }).waitFor();
    await page.reload();
    await page.getByRole('row', { name: /by-the-port\.fcs/ }).waitFor();
    expect({ sockets, complaints }).toEqual({ sockets: [], complaints: [] });
  });

  it('an engine that came back brings a new port: everything is read again', async () => {
    const { page, world } = await openWindow({ browser, files }, labWorld(30), {
      prepare: ({ page: fresh, engine }) => bePreload(fresh, engine),
    });
    await page.getByRole('row', { name: /sample_00029/ }).waitFor();
    await page.evaluate(() => (window as unknown as PreloadPage).endPort());
    await page.getByText('Benchkeep’s engine is not answering.').waitFor();
    arrive(world, 'flow/meanwhile.fcs');
    await page.evaluate(() => (window as unknown as PreloadPage).askForPort());
    await page.getByRole('row', { name: /meanwhile\.fcs/ }).waitFor();
    await expect.poll(() => page.getByText('Benchkeep’s engine is not answering.').count()).toBe(0);
  });

  it('a port under another name is not taken', async () => {
    const { page, world } = await openWindow({ browser, files }, labWorld(30), {
      prepare: ({ page: fresh, engine }) => bePreload(fresh, engine, 'another-port'),
    });
    await page.getByText('Opening Benchkeep…').waitFor();
    expect(world.calls).toEqual([]);
    // Control: under its own name the next one is.
    await page.evaluate(() => (window as unknown as PreloadPage).handPort());
    await page.getByRole('row', { name: /sample_00029/ }).waitFor();
  });

  it('a dropped folder is known by its path', async () => {
    const { page } = await openWindow({ browser, files }, freshWorld(), {
      prepare: ({ page: fresh, engine }) => bePreload(fresh, engine),
    });
    await page.getByRole('heading', { name: 'Where does your instrument save its files?' }).waitFor();
    await page.locator('.zone').evaluate((zone) => {
      const dataTransfer = new DataTransfer();
      dataTransfer.items.add(new File([], 'flow'));
      zone.dispatchEvent(new DragEvent('drop', { dataTransfer, bubbles: true, cancelable: true }));
    });
    await page.getByRole('heading', { name: 'Keep track of this folder?' }).waitFor();
    await page.getByText('/data/instruments/flow', { exact: true }).waitFor();
  });
});
