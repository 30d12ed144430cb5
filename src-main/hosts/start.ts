/** `npm start`: opens the window in Electron where it is or can be had quickly, otherwise in the browser. */
import { join, resolve } from 'node:path';
import process from 'node:process';
import { reviveError, toErrorData } from '../../shared/errors.ts';
import { systemClock } from '../ports/clock.ts';
import { leaveProcess } from '../ports/leave-process.ts';
import { nodeFs } from '../ports/fs/node-fs.ts';
import { systemRandom } from '../ports/random.ts';
import { hasDisplay } from './browser/open-browser.ts';
import { dataFolder } from './data-folder.ts';
import { chooseHost, inBrowser, type HostChoice } from './start/choose-host.ts';
import { downloadElectron } from './start/download-electron.ts';
import { findElectron, noteFailure, readFailure, readVersion } from './start/electron-files.ts';
import { runElectronApp } from './start/run-electron-app.ts';

const DOWNLOAD_LIMIT_MS = 20_000;

// `dist/main/start.js` and `src-main/hosts/start.ts` lie two folders below the project's.
const root = resolve(import.meta.dirname, '../..');
const electronFolder = join(root, 'node_modules/electron');
const failureNote = join(root, 'node_modules/.cache/benchkeep/electron-failed');
const fs = nodeFs(systemRandom);
const print = (line: string): void => void process.stdout.write(`${line}\n`);

const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    stop.abort();
  });
}

async function choose(version: string | null): Promise<HostChoice> {
  const { env, platform } = process;
  return chooseHost({
    platform,
    hasDisplay: hasDisplay({ env, platform }),
    isRoot: process.getuid?.() === 0,
    noOpen: Boolean(env['BENCHKEEP_NO_OPEN']),
    electron: env['BENCHKEEP_ELECTRON'],
    binary: await findElectron(fs, electronFolder),
    now: systemClock.now(),
    lastFailure: await readFailure(fs, failureNote, version ?? ''),
  });
}

async function download(version: string | null): Promise<HostChoice> {
  if (version === null) return inBrowser('Electron is not installed');
  print('Getting Electron …');
  const context = { clock: systemClock, node: process.execPath, platform: process.platform, env: process.env };
  const result = await downloadElectron(context, join(electronFolder, 'install.js'), DOWNLOAD_LIMIT_MS);
  const binary = result.done ? await findElectron(fs, electronFolder) : null;
  if (binary !== null) return { host: 'electron', binary };
  await noteFailure(fs, failureNote, version, systemClock.now()).catch((error: unknown) => {
    // A project folder that this person may not write to: each start tries again.
    print(`The failed download could not be noted (${toErrorData(error).message}).`);
  });
  return inBrowser(result.done ? 'Electron could not be downloaded' : result.reason);
}

async function openInBrowser(open: boolean, why: string | null): Promise<number> {
  if (why !== null) print(why);
  const { offerNewAddresses, startBrowserHost } = await import('./browser/main.ts');
  const host = await startBrowserHost({ open, home: dataFolder(process.env, process.platform), print });
  offerNewAddresses(host, process.stdin, print);
  const close = (): void => void host.close();
  if (stop.signal.aborted) close();
  stop.signal.addEventListener('abort', close, { once: true });
  const { error } = await host.closed;
  if (error !== null) throw reviveError(error);
  return 0;
}

async function start(): Promise<number> {
  const version = await readVersion(fs, electronFolder);
  let choice = await choose(version);
  if (choice.host === 'download') choice = await download(version);
  if (stop.signal.aborted) return 0;
  if (choice.host === 'electron') {
    const run = { clock: systemClock, env: process.env, signal: stop.signal };
    const end = await runElectronApp(run, choice.binary, root);
    if ('code' in end) return end.code;
    choice = inBrowser('Electron did not start here');
  }
  return choice.host === 'browser' ? openInBrowser(choice.open, choice.why) : 1;
}

start().then(leaveProcess, (error: unknown) => {
  const { message, remedy } = toErrorData(error);
  process.stderr.write(`${message}. ${remedy}\n`);
  process.exit(1);
});
