/** Where the app keeps its own data: registry working copies, workstation database, backups, logs. */
import { homedir } from 'node:os';
import { posix, resolve, win32 } from 'node:path';

/**
 * `BENCHKEEP_HOME`, or the platform's place. Absolute. A relative `XDG_DATA_HOME` is ignored, as the XDG base
 * directory specification asks.
 */
export function dataFolder(env: NodeJS.ProcessEnv, platform: NodeJS.Platform): string {
  const chosen = env['BENCHKEEP_HOME'];
  if (chosen !== undefined && chosen !== '') return resolve(chosen);
  if (platform === 'win32') {
    const roaming = env['APPDATA'] ?? win32.join(env['USERPROFILE'] ?? homedir(), 'AppData', 'Roaming');
    return win32.join(roaming, 'Benchkeep');
  }
  const home = env['HOME'] ?? homedir();
  if (platform === 'darwin') return posix.join(home, 'Library', 'Application Support', 'Benchkeep');
  const xdg = env['XDG_DATA_HOME'];
  return posix.join(
    xdg !== undefined && posix.isAbsolute(xdg) ? xdg : posix.join(home, '.local', 'share'),
    'benchkeep',
  );
}
