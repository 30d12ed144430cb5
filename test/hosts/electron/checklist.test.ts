/** Electron's security checklist, item by item, on the calls that the app makes (numbers as in its documentation). */
import { EventEmitter } from 'node:events';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { preventable } from './fake-electron.ts';
import { startApp } from './electron-fixture.ts';

const sources = join(import.meta.dirname, '../../../src-main');
const electronSources = readdirSync(join(sources, 'hosts/electron'))
  .filter((name) => name.endsWith('.ts'))
  .map((name) => readFileSync(join(sources, 'hosts/electron', name), 'utf8'))
  .join('\n');

const urls: [string, 'own' | 'foreign'][] = [
  ['app://bundle/index.html', 'own'],
  ['app://bundle/', 'own'],
  ['app://bundle/index.html#/files', 'own'],
  ['app://bundle.evil/', 'foreign'],
  ['app://bundle.evil/index.html', 'foreign'],
  ['app://evil/bundle/', 'foreign'],
  ['app://bundle@evil/', 'foreign'],
  ['app://user@bundle/', 'foreign'],
  ['app://user:pass@bundle/', 'foreign'],
  ['app://bundle:80/', 'foreign'],
  ['app:///bundle/', 'foreign'],
  ['app:bundle', 'foreign'],
  ['app2://bundle/', 'foreign'],
  ['preview://bundle/', 'foreign'],
  ['http://bundle/', 'foreign'],
  ['https://bundle/', 'foreign'],
  ['https://docs.lamin.ai/', 'foreign'],
  ['http://127.0.0.1:8000/', 'foreign'],
  ['javascript:alert(1)//app://bundle/', 'foreign'],
  ['file:///etc/passwd', 'foreign'],
  ['file://app://bundle/', 'foreign'],
  ['data:text/html,<script>1</script>', 'foreign'],
  ['blob:app://bundle/0000', 'foreign'],
  ['about:blank', 'foreign'],
  ['chrome://settings', 'foreign'],
  ['devtools://devtools/bundled/inspector.html', 'foreign'],
  ['view-source:app://bundle/', 'foreign'],
  ['', 'foreign'],
];

describe('1: nothing from outside is loaded', () => {
  it.each([
    ['app://bundle/index.html', true],
    ['preview://x/y', true],
    ['blob:app://bundle/1', true],
    ['data:image/png;base64,AA', true],
    ['http://example.org/', false],
    ['https://example.org/', false],
    ['http://127.0.0.1:9000/', false],
    ['ws://example.org/', false],
    ['wss://example.org/', false],
    ['file:///etc/passwd', false],
    ['ftp://example.org/', false],
    ['chrome-extension://x/y', false],
    ['devtools://devtools/x', false],
    ['', false],
  ])('%s: %s', async (url, allowed) => {
    const app = await startApp();
    const filter =
      app.handler<(details: object, answer: (verdict: { cancel: boolean }) => void) => void>(
        'webRequest.onBeforeRequest',
      );
    const verdicts: boolean[] = [];
    filter({ url }, ({ cancel }) => verdicts.push(cancel));
    expect(verdicts).toEqual([!allowed]);
  });

  it('developer tools load while the app is not packaged', async () => {
    const app = await startApp({ packaged: false });
    const filter =
      app.handler<(details: object, answer: (verdict: object) => void) => void>('webRequest.onBeforeRequest');
    filter({ url: 'devtools://devtools/x' }, (verdict) => {
      expect(verdict).toEqual({ cancel: false });
    });
  });
});

describe('2, 3, 4, 6, 8–11: the window', () => {
  it.each([true, false])('has exactly these preferences (packaged: %s)', async (packaged) => {
    const app = await startApp({ packaged });
    expect(app.named('new BrowserWindow')).toHaveLength(1);
    expect(app.window.options.webPreferences).toEqual({
      preload: '/app/dist/main/preload.cjs',
      nodeIntegration: false,
      nodeIntegrationInWorker: false,
      nodeIntegrationInSubFrames: false,
      contextIsolation: true,
      sandbox: true,
      webviewTag: false,
      spellcheck: false,
      devTools: !packaged,
    });
  });

  it('is sandboxed before the app is ready, and no switch weakens it', async () => {
    const app = await startApp();
    const names = app.calls.map((call) => call.name);
    expect(names.indexOf('app.enableSandbox')).toBeGreaterThanOrEqual(0);
    expect(names.indexOf('app.enableSandbox')).toBeLessThan(names.indexOf('app.whenReady'));
    expect(names.filter((name) => name.includes('commandLine'))).toEqual([]);
    expect(electronSources).not.toMatch(
      /no-sandbox|commandLine|appendSwitch|webSecurity|allowRunningInsecureContent|experimentalFeatures|enableBlinkFeatures/,
    );
  });

  it('shows only the app’s page', async () => {
    const app = await startApp();
    expect(app.named('window.loadURL')).toEqual([['app://bundle/index.html']]);
    expect(electronSources).not.toMatch(/loadFile|file:\/\/\//);
  });
});

const permissions = [
  'ar', 'automatic-fullscreen', 'background-fetch', 'background-sync', 'captured-surface-control', 'clipboard-read',
  'deprecated-sync-clipboard-read', 'display-capture', 'fileSystem', 'fullscreen', 'geolocation',
  'geolocation-approximate', 'hand-tracking', 'hid', 'idle-detection', 'keyboardLock', 'local-fonts', 'local-network',
  'local-network-access', 'loopback-network', 'media', 'mediaKeySystem', 'midi', 'midiSysex', 'nfc', 'notifications',
  'openExternal', 'payment-handler', 'periodic-background-sync', 'persistent-storage', 'pointerLock',
  'screen-wake-lock', 'sensors', 'serial', 'smart-card', 'speaker-selection', 'storage-access', 'system-wake-lock',
  'top-level-storage-access', 'usb', 'vr', 'web-app-installation', 'web-printing', 'window-management', 'unknown',
  'a-permission-of-tomorrow', '',
]; // prettier-ignore

describe('5: permissions', () => {
  it('are all refused, asked or checked, but copying to the clipboard', async () => {
    const app = await startApp();
    const request = app.handler<(contents: null, permission: string, answer: (given: boolean) => void) => void>(
      'session.setPermissionRequestHandler',
    );
    const check = app.handler<(contents: null, permission: string, origin: string) => boolean>(
      'session.setPermissionCheckHandler',
    );
    const asked = (permission: string): boolean[] => {
      const answers: boolean[] = [];
      request(null, permission, (given) => answers.push(given));
      return answers;
    };
    for (const permission of permissions) {
      expect(asked(permission), permission).toEqual([false]);
      expect(check(null, permission, 'app://bundle'), permission).toBe(false);
    }
    expect(asked('clipboard-sanitized-write')).toEqual([true]);
    expect(check(null, 'clipboard-sanitized-write', 'app://bundle')).toBe(true);
  });

  it('know every name that this Electron has', () => {
    const declared = readFileSync(join(sources, '../node_modules/electron/electron.d.ts'), 'utf8');
    const list =
      /setPermissionRequestHandler\(handler: \(\(webContents: WebContents, permission: (?<names>[^,]+),/.exec(declared);
    const names = [...(list?.groups?.['names'] ?? '').matchAll(/'(?<name>[^']+)'/g)].map(
      (match) => match.groups?.['name'] ?? '',
    );
    expect(names.length).toBeGreaterThan(30);
    expect(names.filter((name) => name !== 'clipboard-sanitized-write' && !permissions.includes(name))).toEqual([]);
  });

  it('devices, the screen, downloads and dictionaries are refused too, in every session', async () => {
    const app = await startApp();
    const other = app.session;
    const before = app.named('session.setDevicePermissionHandler').length;
    app.app.emit('session-created', other);
    expect(app.named('session.setDevicePermissionHandler').length).toBe(before + 1);
    expect(app.handler<() => boolean>('session.setDevicePermissionHandler')()).toBe(false);
    const screen = app.handler<(request: object, answer: (streams: unknown) => void) => void>(
      'session.setDisplayMediaRequestHandler',
    );
    screen({}, (streams) => {
      expect(streams).toBeNull();
    });
    const download = preventable({});
    app.session.emit('will-download', download);
    expect(download.prevented).toBe(true);
    expect(app.named('session.setSpellCheckerEnabled')).toContainEqual([false]);
  });
});

describe('11, 12: webviews', () => {
  it('are not attached', async () => {
    const app = await startApp();
    const event = preventable({});
    app.window.webContents.emit('will-attach-webview', event, {}, {});
    expect(event.prevented).toBe(true);
  });
});

describe('13: navigation', () => {
  it.each(urls)('%s is %s', async (url, kind) => {
    const app = await startApp();
    for (const name of ['will-navigate', 'will-redirect', 'will-frame-navigate']) {
      const event = preventable({ url, isMainFrame: true });
      app.window.webContents.emit(name, event, url);
      expect(event.prevented, name).toBe(kind === 'foreign');
    }
    const frame = preventable({ url, isMainFrame: false });
    app.window.webContents.emit('will-frame-navigate', frame);
    expect(frame.prevented).toBe(true);
  });

  it('is guarded in every page there is, not in the window’s alone', async () => {
    const app = await startApp();
    const contents = Object.assign(new EventEmitter(), {
      setWindowOpenHandler: () => undefined,
      setWebRTCIPHandlingPolicy: () => undefined,
    });
    app.app.emit('web-contents-created', {}, contents);
    const event = preventable({ url: 'https://example.org/' });
    contents.emit('will-navigate', event);
    expect(event.prevented).toBe(true);
  });
});

describe('14: windows', () => {
  it.each([...urls.map(([url]) => url), 'https://docs.lamin.ai/'])('%s opens none', async (url) => {
    const app = await startApp();
    const open = app.handler<(details: { url: string }) => object>('contents.setWindowOpenHandler');
    expect(open({ url })).toEqual({ action: 'deny' });
    expect(app.windows).toHaveLength(1);
  });
});

describe('15: links to the outside', () => {
  const known = [
    'https://docs.lamin.ai/storage',
    'https://www.ebi.ac.uk/ols4/',
    'https://obofoundry.org/',
    'https://purl.obolibrary.org/obo/CL_0000084',
  ];
  const asked = [
    'http://docs.lamin.ai/', 'https://evil.example/', 'https://docs.lamin.ai.evil.example/', 'https://docs.lamin.ai@evil.example/',
    'https://user@docs.lamin.ai/', 'https://docs.lamin.ai:8443/', 'https://evil.example/#docs.lamin.ai', 'https://xn--docs-lamin.ai/',
    'https://docs.lamin.ai./', 'http://127.0.0.1/',
  ]; // prettier-ignore
  const dropped = [
    'javascript:alert(1)', 'file:///etc/passwd', 'smb://evil/share', 'ms-settings:', 'search-ms:query=x', 'data:text/html,x',
    'vbscript:x', 'app://bundle/', 'mailto:a@b.c', 'not a url', '',
  ]; // prettier-ignore
  const follow = async (url: string, button?: number) => {
    const app = await startApp(button === undefined ? {} : { button });
    app.handler<(details: { url: string }) => object>('contents.setWindowOpenHandler')({ url });
    await Promise.resolve();
    await Promise.resolve();
    return app;
  };

  it.each(known)('%s opens in the browser', async (url) => {
    const app = await follow(url);
    expect(app.named('shell.openExternal')).toEqual([[url]]);
  });

  it.each(asked)('%s is only offered to copy', async (url) => {
    const app = await follow(url);
    expect(app.named('dialog.showMessageBox')).toHaveLength(1);
    expect([app.named('shell.openExternal'), app.named('clipboard.writeText')]).toEqual([[], []]);
    const copied = await follow(url, 0);
    expect(copied.named('clipboard.writeText')).toEqual([[new URL(url).href]]);
    expect(copied.named('shell.openExternal')).toEqual([]);
  });

  it.each(dropped)('%s does nothing', async (url) => {
    const app = await follow(url, 0);
    for (const name of ['shell.openExternal', 'dialog.showMessageBox', 'clipboard.writeText'])
      expect(app.named(name)).toEqual([]);
  });
});

/** The newest major version known when this line was last touched; raise it with each update. */
const NEWEST_ELECTRON = 45;

describe('16: Electron itself', () => {
  it('is one of the three supported major versions', () => {
    const { devDependencies } = JSON.parse(readFileSync(join(sources, '../package.json'), 'utf8')) as {
      devDependencies: { electron: string };
    };
    expect(Number(devDependencies.electron.split('.')[0])).toBeGreaterThanOrEqual(NEWEST_ELECTRON - 2);
    expect(devDependencies.electron).toMatch(/^\d+\.\d+\.\d+$/);
  });
});

describe('19: fuses', () => {
  it.each([
    'runAsNode: false',
    'enableCookieEncryption: true',
    'enableNodeOptionsEnvironmentVariable: false',
    'enableNodeCliInspectArguments: false',
    'enableEmbeddedAsarIntegrityValidation: true',
    'onlyLoadAppFromAsar: true',
    'loadBrowserProcessSpecificV8Snapshot: false',
    'grantFileProtocolExtraPrivileges: false',
  ])('the package is built with %s', (fuse) => {
    const settings = readFileSync(join(sources, '../electron-builder.yml'), 'utf8');
    expect(
      settings
        .split('electronFuses:')[1]
        ?.split('\n')
        .map((line) => line.trim()),
    ).toContain(fuse);
  });
});

describe('the extra row', () => {
  it('keeps WebRTC to proxied ways, starts no crash reporter, claims no URL scheme, shows no menu', async () => {
    const app = await startApp();
    expect(app.named('contents.setWebRTCIPHandlingPolicy')).toEqual([['disable_non_proxied_udp']]);
    expect(app.calls.filter((call) => call.name.startsWith('crashReporter'))).toEqual([]);
    expect(app.named('app.setAsDefaultProtocolClient')).toEqual([]);
    expect(app.named('Menu.setApplicationMenu')).toEqual([[null]]);
  });

  it('has on macOS a menu of roles without developer tools or links', async () => {
    const app = await startApp({}, { platform: 'darwin' });
    expect(app.named('Menu.setApplicationMenu')).toEqual([
      [[{ role: 'appMenu' }, { role: 'editMenu' }, { role: 'windowMenu' }]],
    ]);
  });
});
