/** The window in a browser on this computer: `benchkeep serve`, and `node dist/main/browser.js`. */
import process from 'node:process';
import { reviveError, toErrorData } from '../../../shared/errors.ts';
import { startEngine } from '../../engine/start-engine.ts';
import { systemClock } from '../../ports/clock.ts';
import { leaveProcess } from '../../ports/leave-process.ts';
import { findWindowFolder, readStaticFiles } from '../../ports/fs/static-files.ts';
import { systemRandom } from '../../ports/random.ts';
import { dataFolder } from '../data-folder.ts';
import { checkRequest } from './check-request.ts';
import { readArguments } from './read-arguments.ts';
import { runBrowserHost, type BrowserHost, type BrowserHostOptions } from './start-browser-host.ts';

export type { BrowserHost, BrowserHostOptions };

/** Errors: `locked` (port or instance in use), `refused` (unsafe data folder), `file_not_found` (window not built). */
export function startBrowserHost(options: BrowserHostOptions): Promise<BrowserHost> {
  // What the engine writes is for this person only, whatever a library asks for.
  process.umask(0o077);
  return runBrowserHost(
    {
      startEngine,
      readFiles: () => readStaticFiles(findWindowFolder(import.meta.dirname)),
      check: checkRequest,
      clock: systemClock,
      random: systemRandom,
      env: process.env,
      platform: process.platform,
    },
    options,
  );
}

/** A printed address works once and for a minute; whoever comes later presses Enter for another. */
export function offerNewAddresses(host: BrowserHost, input: NodeJS.ReadStream, print: (line: string) => void): void {
  if (!input.isTTY) return;
  input.on('data', () => {
    print(host.newAddress());
  });
  void host.closed.finally(() => input.pause());
}

async function serve(): Promise<void> {
  const print = (line: string): void => {
    process.stdout.write(`${line}\n`);
  };
  const home = dataFolder(process.env, process.platform);
  const host = await startBrowserHost({ ...readArguments(process.argv.slice(2)), home, print });
  offerNewAddresses(host, process.stdin, print);
  const stop = (): void => void host.close();
  process.once('SIGINT', stop).once('SIGTERM', stop).once('SIGHUP', stop);
  const { error } = await host.closed;
  if (error !== null) throw reviveError(error);
}

if (import.meta.main) {
  serve().then(
    () => {
      leaveProcess(0);
    },
    (error: unknown) => {
      const { message, remedy } = toErrorData(error);
      process.stderr.write(`${message}. ${remedy}\n`);
      process.exit(1);
    },
  );
}
