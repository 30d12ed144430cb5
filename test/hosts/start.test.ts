import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { chooseHost, RETRY_AFTER_MS, type StartFacts } from '../../src-main/hosts/start/choose-host.ts';
import { downloadElectron } from '../../src-main/hosts/start/download-electron.ts';
import { findElectron, noteFailure, readFailure, readVersion } from '../../src-main/hosts/start/electron-files.ts';
import { runElectronApp } from '../../src-main/hosts/start/run-electron-app.ts';
import { systemClock } from '../../src-main/ports/clock.ts';
import { nodeFs } from '../../src-main/ports/fs/node-fs.ts';
import { systemRandom } from '../../src-main/ports/random.ts';

const fs = nodeFs(systemRandom);
const context = { clock: systemClock, node: process.execPath, platform: process.platform, env: process.env };

const desktop: StartFacts = {
  platform: 'linux',
  hasDisplay: true,
  isRoot: false,
  noOpen: false,
  electron: undefined,
  binary: '/app/electron',
  now: 1_000_000_000_000,
  lastFailure: null,
};

describe('which window is opened', () => {
  it('is Electron where its program is', () => {
    expect(chooseHost(desktop)).toEqual({ host: 'electron', binary: '/app/electron' });
  });

  it('downloads Electron where it is missing', () => {
    expect(chooseHost({ ...desktop, binary: null })).toEqual({ host: 'download' });
  });

  it('is the browser for a day after a download failed, and says so in one line', () => {
    const failed = { ...desktop, binary: null, lastFailure: desktop.now - RETRY_AFTER_MS + 1 };
    const choice = chooseHost(failed);
    expect(choice).toMatchObject({ host: 'browser', open: true });
    expect('why' in choice && choice.why).toMatch(/^Electron could not be downloaded .*browser\.$/);
    expect(chooseHost({ ...failed, lastFailure: desktop.now - RETRY_AFTER_MS })).toEqual({ host: 'download' });
    expect(chooseHost({ ...failed, electron: 'retry' })).toEqual({ host: 'download' });
    expect(chooseHost({ ...failed, lastFailure: desktop.now + 5 })).toEqual({ host: 'download' });
    expect(chooseHost({ ...failed, binary: '/app/electron' })).toMatchObject({ host: 'electron' });
  });

  it('is an address where there is no display', () => {
    const choice = chooseHost({ ...desktop, hasDisplay: false });
    expect(choice).toEqual({ host: 'browser', open: false, why: expect.stringContaining('no display') as string });
  });

  it('is only an address if asked for with BENCHKEEP_NO_OPEN, without a reason', () => {
    expect(chooseHost({ ...desktop, noOpen: true })).toEqual({ host: 'browser', open: false, why: null });
  });

  it('is the browser if asked for, without a reason', () => {
    expect(chooseHost({ ...desktop, electron: 'no' })).toEqual({ host: 'browser', open: true, why: null });
  });

  it('is the browser for root on Linux, where Electron would need its sandbox off', () => {
    expect(chooseHost({ ...desktop, isRoot: true })).toMatchObject({ host: 'browser', open: true });
    expect(chooseHost({ ...desktop, isRoot: true, platform: 'darwin' })).toMatchObject({ host: 'electron' });
  });
});

describe('with real files and processes', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'start-'));
  });
  afterEach(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  async function installer(code: string): Promise<string> {
    const file = join(folder, 'install.cjs');
    await writeFile(file, code);
    return file;
  }

  it('finds Electron only when its installer went through', async () => {
    expect(await findElectron(fs, folder)).toBeNull();
    await mkdir(join(folder, 'dist'));
    await writeFile(join(folder, 'dist/electron'), '');
    expect(await findElectron(fs, folder)).toBeNull();
    await writeFile(join(folder, 'path.txt'), 'electron');
    expect(await findElectron(fs, folder)).toBe(join(folder, 'dist/electron'));
    await rm(join(folder, 'dist/electron'));
    expect(await findElectron(fs, folder)).toBeNull();
  });

  it('remembers a failed download for its version', async () => {
    const note = join(folder, 'cache/benchkeep/electron-failed');
    expect(await readFailure(fs, note, '45.4.1')).toBeNull();
    await noteFailure(fs, note, '45.4.1', 1234);
    expect(await readFailure(fs, note, '45.4.1')).toBe(1234);
    expect(await readFailure(fs, note, '46.0.0')).toBeNull();
  });

  it('reads the version of the package', async () => {
    expect(await readVersion(fs, folder)).toBeNull();
    await writeFile(join(folder, 'package.json'), '{ "name": "electron", "version": "45.4.1" }');
    expect(await readVersion(fs, folder)).toBe('45.4.1');
  });

  it('waits for an installer that is quick', async () => {
    expect(await downloadElectron(context, await installer(''), 15_000)).toEqual({ done: true });
  });

  it('says that an installer failed', async () => {
    const result = await downloadElectron(context, await installer('process.exit(3)'), 15_000);
    expect(result).toEqual({ done: false, reason: 'Electron could not be downloaded' });
  });

  it('says that an installer could not be started', async () => {
    const result = await downloadElectron({ ...context, node: join(folder, 'no-node') }, 'install.js', 15_000);
    expect(result).toEqual({ done: false, reason: expect.stringContaining('did not start') as string });
  });

  it('ends an installer that takes too long, with all it started', async () => {
    const pids = join(folder, 'pids');
    const slow = await installer(`
      const child = require('node:child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
      process.on('SIGTERM', () => {});
      require('node:fs').writeFileSync(${JSON.stringify(pids)}, process.pid + ' ' + child.pid);
      setInterval(() => {}, 1000);
    `);
    // The limit comes when the installer is at work, however slow this machine is.
    let timeUp = (): void => undefined;
    const clock = { after: (_ms: number, run: () => void) => ((timeUp = run), () => undefined) };
    const result = downloadElectron({ ...context, clock }, slow, 20_000);
    const started = await vi.waitUntil(() => readFile(pids, 'utf8').catch(() => ''), { timeout: 15_000 });
    timeUp();
    expect(await result).toEqual({ done: false, reason: 'Electron could not be downloaded within 20 seconds' });
    for (const pid of started.split(' ').map(Number)) await vi.waitUntil(() => !isAlive(pid), { timeout: 10_000 });
  });

  it('keeps to a real time limit', async () => {
    const slow = await installer('setInterval(() => {}, 1000)');
    const result = await downloadElectron(context, slow, 300);
    expect(result).toMatchObject({ done: false });
  });

  describe.skipIf(process.platform === 'win32')('a program in the place of Electron', () => {
    async function program(script: string): Promise<string> {
      const file = join(folder, 'electron');
      await writeFile(file, `#!/bin/sh\n${script}\n`);
      await chmod(file, 0o755);
      return file;
    }
    const run = { env: { ...process.env, ELECTRON_RUN_AS_NODE: '1' }, signal: new AbortController().signal };
    const quickClock = { monotonic: () => 0 };
    const slowClock = (): { monotonic: () => number } => {
      let time = 0;
      return { monotonic: () => (time += 10_000) };
    };

    it('gets the project as its app, and never runs as plain Node', async () => {
      const binary = await program(`[ "$1" = /the/app ] && [ -z "$ELECTRON_RUN_AS_NODE" ]`);
      expect(await runElectronApp({ ...run, clock: quickClock }, binary, '/the/app')).toEqual({ code: 0 });
    });

    it('that fails at once is told from one that failed later', async () => {
      const binary = await program('exit 7');
      expect(await runElectronApp({ ...run, clock: quickClock }, binary, '/')).toEqual({ failedAtOnce: true });
      expect(await runElectronApp({ ...run, clock: slowClock() }, binary, '/')).toEqual({ code: 7 });
      expect(await runElectronApp({ ...run, clock: quickClock }, join(folder, 'none'), '/')).toEqual({
        failedAtOnce: true,
      });
    });

    it('is ended when the person ends the start', async () => {
      const stop = new AbortController();
      const ready = join(folder, 'ready');
      const binary = await program(`echo > '${ready}'; exec sleep 600`);
      const end = runElectronApp({ ...run, clock: quickClock, signal: stop.signal }, binary, '/');
      await vi.waitUntil(() => readFile(ready).catch(() => null), { timeout: 10_000 });
      stop.abort();
      expect(await end).toEqual({ code: 0 });
    });
  });
});

/** A zombie that waits for its new parent has ended too. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
