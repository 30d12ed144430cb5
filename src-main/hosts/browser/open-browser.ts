/**
 * Opens the window in the person's browser. Other users of the computer can read every process's arguments, so the
 * address with its code is not one of them: the browser is given a private file that leads there (rules S-15, S-17).
 */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import type { Clock } from '../../ports/clock.ts';
import { makePrivateFolder, removePrivateFile, writePrivateFile } from '../../ports/fs/private-folder.ts';
import type { Random } from '../../ports/random.ts';
import { CODE_LIFETIME_MS } from './session.ts';

export interface OpenContext {
  clock: Pick<Clock, 'after'>;
  random: Random;
  env: NodeJS.ProcessEnv;
  platform: NodeJS.Platform;
}

/** Whether there is a screen here to open a browser on. */
export function hasDisplay({ env, platform }: Pick<OpenContext, 'env' | 'platform'>): boolean {
  if (platform === 'darwin') return env['SSH_CONNECTION'] === undefined;
  return platform === 'win32' || Boolean(env['DISPLAY']) || Boolean(env['WAYLAND_DISPLAY']);
}

/**
 * Resolves with a function that removes the file again (call it when the code was used); it goes by itself when the
 * code is dead. Rejects if the system has no command to open a browser.
 */
export async function openBrowser(context: OpenContext, home: string, address: string): Promise<() => void> {
  const folder = join(home, 'run');
  makePrivateFolder(folder);
  const file = join(folder, `open-${Buffer.from(context.random(9)).toString('hex')}.html`);
  writePrivateFile(file, redirectPage(address));
  const cancel = context.clock.after(CODE_LIFETIME_MS, remove);
  function remove(): void {
    cancel();
    removePrivateFile(file);
  }
  try {
    await start(openCommand(context.platform), file, context.env);
  } catch (error) {
    remove();
    throw error;
  }
  return remove;
}

function openCommand(platform: NodeJS.Platform): [string, ...string[]] {
  if (platform === 'darwin') return ['open'];
  // Not `cmd /c start`: it would read special characters of the path as its own.
  if (platform === 'win32') return ['rundll32.exe', 'url.dll,FileProtocolHandler'];
  return ['xdg-open'];
}

function start([command, ...args]: [string, ...string[]], file: string, env: NodeJS.ProcessEnv): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, [...args, file], { detached: true, stdio: 'ignore', env });
    child.once('error', reject);
    child.once('spawn', () => {
      child.unref();
      resolve();
    });
  });
}

/** `address` has no character that HTML treats as markup: digits, dots and base64url. */
function redirectPage(address: string): string {
  const head = `<meta charset="utf-8"><meta name="referrer" content="no-referrer"><title>Benchkeep</title>`;
  const refresh = `<meta http-equiv="refresh" content="0;url=${address}">`;
  return `<!doctype html><html lang="en"><head>${head}${refresh}</head><body><a href="${address}">Open Benchkeep</a></body></html>\n`;
}
