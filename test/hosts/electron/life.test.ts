/** Start, one app per data folder, crashes, dialogs, and the end. */
import { chmodSync, mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import type { Host } from '../../../src-main/engine/host.ts';
import { runElectron } from '../../../src-main/hosts/electron/run-electron.ts';
import { temporaryFolder } from '../browser/host-fixture.ts';
import { startTinyEngine } from '../browser/tiny-engine.ts';
import { fakeElectron, preventable, type FakeOptions } from './fake-electron.ts';
import { electronParts, manualClock, startApp } from './electron-fixture.ts';

describe('start', () => {
  it('keeps Chromium’s own files in the private data folder, set before the lock is asked for', async () => {
    const app = await startApp();
    const folder = join(app.parts.home, 'window');
    expect(app.named('app.setPath')).toEqual([['userData', folder]]);
    const names = app.calls.map((call) => call.name);
    expect(names.indexOf('app.setPath')).toBeLessThan(names.indexOf('app.requestSingleInstanceLock'));
    expect(statSync(app.parts.home).mode & 0o777).toBe(0o700);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
  });

  it('does all that must come before the app is ready in one go', () => {
    const fake = fakeElectron();
    void runElectron(fake.electron, electronParts());
    expect(fake.calls.map((call) => call.name)).toEqual([
      'app.setPath',
      'app.enableSandbox',
      'protocol.registerSchemesAsPrivileged',
      'app.requestSingleInstanceLock',
      'app.whenReady',
    ]);
  });

  it('a second start quits without an engine or a window; the first one comes to the front', async () => {
    const second = fakeElectron({ firstInstance: false });
    const startEngine = vi.fn(startTinyEngine);
    await runElectron(second.electron, electronParts({ startEngine }));
    expect(second.named('app.quit')).toHaveLength(1);
    expect([startEngine.mock.calls, second.windows]).toEqual([[], []]);
    const first = await startApp();
    first.app.emit('second-instance', {}, []);
    expect([first.named('window.restore'), first.named('window.focus')]).toEqual([[[]], [[]]]);
    expect(first.windows).toHaveLength(1);
  });

  it('says so and ends where everybody can write to the data folder', async () => {
    const home = join(temporaryFolder(), 'open');
    mkdirSync(home);
    chmodSync(home, 0o777);
    const fake = fakeElectron();
    await runElectron(fake.electron, electronParts({ home }));
    expect(fake.named('dialog.showErrorBox')).toEqual([['Benchkeep', expect.stringContaining('chmod 700')]]);
    expect(fake.named('app.exit')).toEqual([[1]]);
    expect(fake.windows).toEqual([]);
  });

  it('an engine that can’t start, or fails later, is reported and ends the app', async () => {
    const fake = fakeElectron();
    await runElectron(fake.electron, electronParts({ startEngine: () => Promise.reject(new Error('Locked')) }));
    expect(fake.named('dialog.showErrorBox')).toHaveLength(1);
    expect(fake.named('app.quit')).toHaveLength(1);
    const app = await startApp();
    app.engine.fail({
      code: 'registry_corrupt',
      message: 'The registry is damaged',
      remedy: 'Restore it.',
      retry: false,
    });
    await vi.waitFor(() => {
      expect(app.named('dialog.showErrorBox')).toEqual([['Benchkeep', 'The registry is damaged.\n\nRestore it.']]);
      expect(app.named('app.quit')).toHaveLength(1);
    });
  });
});

describe('a page that crashes', () => {
  it('is shown again, but not for ever', async () => {
    const clock = manualClock();
    const app = await startApp({}, { clock });
    const crash = (reason: string): void => void app.window.webContents.emit('render-process-gone', {}, { reason });
    crash('clean-exit');
    expect(app.named('contents.reload')).toHaveLength(0);
    for (let n = 0; n < 3; n += 1) crash('crashed');
    expect(app.named('contents.reload')).toHaveLength(3);
    clock.ms += 60_001;
    crash('oom');
    expect(app.named('contents.reload')).toHaveLength(4);
    for (let n = 0; n < 3; n += 1) crash('crashed');
    expect(app.named('contents.reload')).toHaveLength(6);
    expect(app.named('dialog.showErrorBox')).toHaveLength(1);
    expect(app.named('app.quit')).toHaveLength(1);
  });
});

describe('the end', () => {
  it('waits for the engine, once', async () => {
    const app = await startApp();
    const events = [preventable({}), preventable({})];
    for (const event of events) app.app.emit('before-quit', event);
    expect(events.map((event) => event.prevented)).toEqual([true, true]);
    await vi.waitFor(() => {
      expect(app.named('app.exit')).toEqual([[0]]);
    });
    expect(app.engine.counts.closes).toBe(1);
  });

  it('comes after 5 seconds where the engine does not close', async () => {
    const clock = manualClock();
    const stuck = await startTinyEngine({ home: '', instance: null });
    const startEngine = () => Promise.resolve({ ...stuck, close: () => new Promise<void>(() => undefined) });
    const fake = fakeElectron();
    void runElectron(fake.electron, electronParts({ clock, startEngine }));
    await vi.waitUntil(() => fake.windows[0]);
    fake.app.emit('before-quit', preventable({}));
    clock.advance(4_999);
    await new Promise((resolve) => setImmediate(resolve));
    expect(fake.named('app.exit')).toEqual([]);
    clock.advance(1);
    await vi.waitFor(() => {
      expect(fake.named('app.exit')).toEqual([[0]]);
    });
  });

  it('follows the last window, but on macOS, where a click shows it again', async () => {
    const linux = await startApp();
    linux.app.emit('window-all-closed');
    expect(linux.named('app.quit')).toHaveLength(1);
    const mac = await startApp({}, { platform: 'darwin' });
    mac.app.emit('activate');
    expect(mac.windows).toHaveLength(1);
    mac.window.emit('closed');
    mac.app.emit('window-all-closed');
    expect(mac.named('app.quit')).toHaveLength(0);
    mac.app.emit('activate');
    expect(mac.windows).toHaveLength(2);
  });
});

describe('what Electron does for the engine', () => {
  async function hostOf(options: FakeOptions): Promise<{ app: ReturnType<typeof fakeElectron>; host: Host }> {
    const app = fakeElectron(options);
    const { promise, resolve } = Promise.withResolvers<Host>();
    void runElectron(app.electron, electronParts({
      startEngine: (engineOptions, host) => {
        resolve(host);
        return startTinyEngine(engineOptions);
      },
    })); // prettier-ignore
    const host = await promise;
    await vi.waitUntil(() => app.windows[0]);
    return { app, host };
  }

  it('asks for a folder or files in the window’s own dialog', async () => {
    const { app, host } = await hostOf({ paths: ['/data/run 1'] });
    expect(host.capabilities).toEqual({
      kind: 'electron',
      folder_picker: true,
      reveal: true,
      dropped_paths: true,
      keychain: true,
    });
    expect(await host.pickFolder()).toBe('/data/run 1');
    expect(await host.pickFiles()).toEqual(['/data/run 1']);
    expect(app.named('dialog.showOpenDialog')).toEqual([
      [app.windows[0], { properties: ['openDirectory', 'createDirectory'] }],
      [app.windows[0], { properties: ['openFile', 'multiSelections'] }],
    ]);
  });

  it('gets null, or nothing, from a dialog that was closed', async () => {
    const { host } = await hostOf({});
    expect(await host.pickFolder()).toBeNull();
    expect(await host.pickFiles()).toEqual([]);
  });

  it('S-25: shows files in their folder and never opens one', async () => {
    const { app, host } = await hostOf({});
    const endings = [
      'exe',
      'bat',
      'cmd',
      'ps1',
      'sh',
      'desktop',
      'app',
      'jar',
      'lnk',
      'js',
      'vbs',
      'url',
      'html',
      'csv',
      '',
    ];
    for (const ending of endings) await host.reveal(`/data/file.${ending}`);
    expect(app.named('shell.showItemInFolder')).toEqual(endings.map((ending) => [`/data/file.${ending}`]));
    expect([app.named('shell.openPath'), app.named('shell.openExternal')]).toEqual([[], []]);
  });
});
