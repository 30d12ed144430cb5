/** Where the data lie, what the port and the browser may be, and which files are served. */
import { chmodSync, existsSync, mkdirSync, readdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { dataFolder } from '../../../src-main/hosts/data-folder.ts';
import { browserHost } from '../../../src-main/hosts/browser/browser-host.ts';
import { hasDisplay, openBrowser } from '../../../src-main/hosts/browser/open-browser.ts';
import { readArguments } from '../../../src-main/hosts/browser/read-arguments.ts';
import { runBrowserHost } from '../../../src-main/hosts/browser/start-browser-host.ts';
import { makePrivateFolder, writePrivateFile } from '../../../src-main/ports/fs/private-folder.ts';
import { findWindowFolder, readStaticFiles } from '../../../src-main/ports/fs/static-files.ts';
import { systemClock } from '../../../src-main/ports/clock.ts';
import { systemRandom } from '../../../src-main/ports/random.ts';
import { hostParts, send, startHost, temporaryFolder } from './host-fixture.ts';

const posix = process.platform !== 'win32';

describe('the data folder', () => {
  it.each([
    [{ BENCHKEEP_HOME: '/lab/bk', HOME: '/home/a', XDG_DATA_HOME: '/x' }, 'linux', '/lab/bk'],
    [{ BENCHKEEP_HOME: '', HOME: '/home/a' }, 'linux', '/home/a/.local/share/benchkeep'],
    [{ HOME: '/home/a', XDG_DATA_HOME: '/data' }, 'linux', '/data/benchkeep'],
    [{ HOME: '/home/a', XDG_DATA_HOME: 'relative' }, 'linux', '/home/a/.local/share/benchkeep'],
    [{ HOME: '/Users/a', XDG_DATA_HOME: '/data' }, 'darwin', '/Users/a/Library/Application Support/Benchkeep'],
    [{ APPDATA: 'C:\\Users\\a\\AppData\\Roaming' }, 'win32', 'C:\\Users\\a\\AppData\\Roaming\\Benchkeep'],
    [{ USERPROFILE: 'C:\\Users\\a' }, 'win32', 'C:\\Users\\a\\AppData\\Roaming\\Benchkeep'],
  ] as const)('%j on %s is %s', (env, platform, folder) => {
    expect(dataFolder({ ...env }, platform)).toBe(folder);
  });

  it.runIf(posix)('is made for its person alone, whatever the umask, and closed if others could read it', () => {
    const folder = join(temporaryFolder(), 'a', 'b');
    makePrivateFolder(folder);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    chmodSync(folder, 0o755);
    makePrivateFolder(folder);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
  });

  it.runIf(posix).each([0o777, 0o1777, 0o702])(
    'is refused where everybody can write to it (mode %o), and left as it is',
    async (mode) => {
      const home = join(temporaryFolder(), 'open');
      mkdirSync(home);
      chmodSync(home, mode);
      await expect(runBrowserHost(hostParts(), { open: false, home })).rejects.toMatchObject({
        code: 'refused',
        remedy: expect.stringContaining(`chmod 700 ${home}`) as string,
      });
      expect(statSync(home).mode & 0o7777).toBe(mode);
      expect(readdirSync(home)).toEqual([]);
    },
  );

  it('is refused with a remedy where it can’t be made', () => {
    const file = join(temporaryFolder(), 'file');
    writeFileSync(file, '');
    expect(() => { makePrivateFolder(join(file, 'home')); }).toThrow(expect.objectContaining({ code: 'io_error' })); // prettier-ignore
  });
});

describe('the address', () => {
  it('has the port that was asked for; one that is in use is refused, and nothing is left running', async () => {
    const first = await startHost();
    await expect(startHost({}, { port: first.port })).rejects.toMatchObject({ code: 'locked' });
    await first.close();
    const second = await startHost({}, { port: first.port });
    expect(second.port).toBe(first.port);
  });

  it('is given up if the engine can’t start', async () => {
    const free = await startHost();
    await free.close();
    const startEngine = (): Promise<never> => Promise.reject(new Error('no'));
    await expect(startHost({ startEngine }, { port: free.port })).rejects.toThrow('no');
    await expect(send({ port: free.port }, 'GET', '/')).rejects.toThrow('ECONNREFUSED');
  });

  it.each([
    [[], { open: true, instance: null }],
    [['--port', '0', '--no-open'], { open: false, instance: null, port: 0 }],
    [['--instance', 'lab', '--port=65535'], { open: true, instance: 'lab', port: 65_535 }],
  ])('options %j', (args, options) => {
    expect(readArguments(args)).toEqual(options);
  });

  it.each([['--port', '65536'], ['--port', '-1'], ['--port', 'x'], ['--port', ''], ['--port'], ['--else'], ['word']])(
    'refuses the options %s %s',
    (...args) => {
      expect(() => readArguments(args)).toThrow(expect.objectContaining({ code: 'invalid_argument' }));
    },
  );

  it('reaches the engine with home and instance, and a host that can do nothing outside the page', async () => {
    const host = await startHost({}, { instance: 'lab' });
    expect(host.engine.options).toEqual({ home: host.home, instance: 'lab' });
    for (const ask of [() => browserHost.pickFolder(), () => browserHost.pickFiles(), () => browserHost.reveal('/x')]) {
      await expect(ask()).rejects.toMatchObject({ code: 'not_supported' });
    }
  });
});

describe('the person’s browser', () => {
  it.each([
    ['linux', {}, false],
    ['linux', { DISPLAY: ':0' }, true],
    ['linux', { WAYLAND_DISPLAY: 'wayland-0' }, true],
    ['darwin', {}, true],
    ['darwin', { SSH_CONNECTION: '1' }, false],
    ['win32', {}, true],
  ] as const)('is there on %s with %j: %s', (platform, env, there) => {
    expect(hasDisplay({ platform, env })).toBe(there);
  });

  it('that can’t be started leaves the printed address, says so, and leaves no file', async () => {
    const env = { DISPLAY: ':0', PATH: temporaryFolder() };
    const host = await startHost({ env }, { open: true });
    expect(host.printed).toEqual([host.address, expect.stringContaining('Open the address above')]);
    expect(readdirSync(join(host.home, 'run'))).toEqual([]);
  });

  it.runIf(posix)('loses its file when the code is dead', async () => {
    const home = temporaryFolder();
    const bin = temporaryFolder();
    writeFileSync(join(bin, 'xdg-open'), '#!/bin/sh\n', { mode: 0o755 });
    let expire = (): void => undefined;
    const clock = {
      ...systemClock,
      after: (ms: number, run: () => void) => ((expire = run), expect(ms).toBe(60_000), () => undefined),
    };
    const context = { clock, random: systemRandom, env: { PATH: bin }, platform: 'linux' as const };
    await openBrowser(context, home, 'http://127.0.0.1:1/#code=x');
    expect(readdirSync(join(home, 'run'))).toHaveLength(1);
    expire();
    expect(readdirSync(join(home, 'run'))).toEqual([]);
  });

  it('never writes through a file or link that is there already', () => {
    const folder = temporaryFolder();
    const target = join(folder, 'target');
    symlinkSync(target, join(folder, 'open.html'));
    expect(() => { writePrivateFile(join(folder, 'open.html'), 'secret'); }).toThrow('Something is there already'); // prettier-ignore
    expect(existsSync(target)).toBe(false);
  });

  it.runIf(posix)('gets a file that only this person can read, whatever the umask', () => {
    const file = join(temporaryFolder(), 'open.html');
    writePrivateFile(file, 'secret');
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });
});

describe('the window’s files', () => {
  it('are those of known types, by their address; no source maps, no links, no hidden rest', async () => {
    const root = temporaryFolder();
    mkdirSync(join(root, 'renderer', 'assets'), { recursive: true });
    for (const name of ['index.html', 'assets/a b.js', 'assets/a.js.map', 'assets/x.css', '.env', 'notes.txt']) {
      writeFileSync(join(root, 'renderer', name), name);
    }
    writeFileSync(join(root, 'secret.js'), 'secret');
    symlinkSync(join(root, 'secret.js'), join(root, 'renderer', 'link.js'));
    symlinkSync(root, join(root, 'renderer', 'up'));
    const folder = findWindowFolder(join(root, 'main'));
    const files = await readStaticFiles(folder);
    expect([...files.keys()].sort()).toEqual(['/', '/assets/a%20b.js', '/assets/x.css', '/index.html']);
    expect(files.get('/assets/x.css')).toEqual({
      bytes: new Uint8Array(Buffer.from('assets/x.css')),
      type: 'text/css; charset=utf-8',
    });
  });

  it('that were never built are named with the way to build them', () => {
    expect(() => findWindowFolder(join(temporaryFolder(), 'a', 'b', 'c'))).toThrow(
      expect.objectContaining({ code: 'file_not_found' }),
    );
  });
});
