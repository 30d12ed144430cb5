/** Item 17: who gets a port to the engine. And the frames that pass through it. */
import { createORPCClient } from '@orpc/client';
import { RPCLink } from '@orpc/client/message-port';
import { describe, expect, it, vi } from 'vitest';
import type { TinyClient } from '../browser/tiny-engine.ts';
import { fakeFrame, type FakeFrame } from './fake-electron.ts';
import { startApp, type RunningApp } from './electron-fixture.ts';

interface Sender {
  sender: unknown;
  senderFrame: FakeFrame | null;
}

async function ask(app: RunningApp, event: Sender, ...input: unknown[]): Promise<void> {
  app.ipcMain.emit('benchkeep-port', event, ...input);
  // The app awaits its engine; by the next turn of the event loop it has answered.
  await new Promise((resolve) => setImmediate(resolve));
}

const own = (app: RunningApp): Sender => ({
  sender: app.window.webContents,
  senderFrame: app.window.webContents.mainFrame,
});

async function connect(app: RunningApp): Promise<TinyClient> {
  await ask(app, own(app));
  const port = app.window.webContents.mainFrame.ports.at(-1);
  if (port === undefined) throw new Error('no port came');
  const client: TinyClient = createORPCClient(new RPCLink({ port }));
  port.start();
  return client;
}

describe('17: the sender', () => {
  it('control: the window’s own main frame gets a port', async () => {
    const app = await startApp();
    await ask(app, own(app));
    expect(app.window.webContents.mainFrame.ports).toHaveLength(1);
    expect(app.engine.counts.ports).toBe(1);
  });

  const strangers: [string, (app: RunningApp) => Sender][] = [
    ['an iframe of the page', (app) => ({ ...own(app), senderFrame: fakeFrame('app://bundle/index.html') })],
    ['a frame that is gone (null)', (app) => ({ ...own(app), senderFrame: null })],
    ['another window', (app) => ({ sender: {}, senderFrame: app.window.webContents.mainFrame })],
    ['a whole other page', () => ({ sender: {}, senderFrame: fakeFrame('app://bundle/index.html') })],
    ['the main frame while destroyed', (app) => {
      app.window.webContents.mainFrame.destroyed = true;
      return own(app);
    }],
    ['a destroyed window', (app) => {
      app.window.destroyed = true;
      return own(app);
    }],
    ['a closed window', (app) => {
      app.window.emit('closed');
      return own(app);
    }],
    ...['https://evil.example/', 'app://bundle.evil/', 'app://bundle@evil/', 'file:///index.html', 'about:blank', 'blob:app://bundle/1', '']
      .map((url): [string, (app: RunningApp) => Sender] => [`the main frame at '${url}'`, (app) => {
        app.window.webContents.mainFrame.url = url;
        return own(app);
      }]),
  ]; // prettier-ignore
  it.each(strangers)('%s gets none', async (_name, event) => {
    const app = await startApp();
    const sender = event(app);
    await ask(app, sender);
    expect(sender.senderFrame?.ports ?? []).toEqual([]);
    expect(app.window.webContents.mainFrame.ports).toEqual([]);
    expect(app.engine.counts.ports).toBe(0);
  });

  it.each([[null], [{}], ['x'], [0], [undefined]])('a message that holds %s gets none', async (input) => {
    const app = await startApp();
    await ask(app, own(app), input);
    expect(app.engine.counts.ports).toBe(0);
  });

  it('there is one channel and no other', async () => {
    const app = await startApp();
    expect(app.ipcMain.eventNames()).toEqual(['benchkeep-port']);
    expect(app.named('ipcMain.handle')).toEqual([]);
  });
});

describe('frames through the port', () => {
  it('carry answers, errors, text and bytes of 1 MB, and events until they are stopped', async () => {
    const app = await startApp();
    const client = await connect(app);
    expect(await client.add({ a: 2, b: 3 })).toBe(5);
    await expect(client.fail()).rejects.toMatchObject({ code: 'BENCHKEEP', data: { code: 'refused' } });
    const text = 'é'.repeat(524_288);
    expect((await client.echo(text)) === text).toBe(true);
    const bytes = Buffer.alloc(
      1_048_576,
      Uint8Array.from({ length: 256 }, (_, n) => n),
    );
    expect(Buffer.from(await (await client.file(new Blob([bytes]))).arrayBuffer()).equals(bytes)).toBe(true);
    const events = await client.count();
    for (const n of [0, 1, 2]) expect(await events.next()).toEqual({ done: false, value: n });
    expect(app.engine.counts.iterators).toBe(1);
    await events.return?.();
    await vi.waitFor(() => {
      expect(app.engine.counts.iterators).toBe(0);
    });
  });

  it('end with the page: closing it, or loading it again, ends the engine’s part', async () => {
    const app = await startApp();
    await (await (await connect(app)).count()).next();
    app.window.webContents.mainFrame.ports.at(-1)?.close();
    await vi.waitFor(() => {
      expect(app.engine.counts).toMatchObject({ ports: 0, iterators: 0 });
    });
    await (await (await connect(app)).count()).next();
    const again = await connect(app);
    await vi.waitFor(() => {
      expect(app.engine.counts).toMatchObject({ ports: 1, iterators: 0 });
    });
    expect(await again.add({ a: 1, b: 1 })).toBe(2);
  });

  it('that are no frames end the connection', async () => {
    const app = await startApp();
    await connect(app);
    app.window.webContents.mainFrame.ports.at(-1)?.postMessage({ not: 'a frame' });
    await vi.waitFor(() => {
      expect(app.engine.counts.ports).toBe(0);
    });
  });
});
