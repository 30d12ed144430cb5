/** What the browser can do for the engine: nothing outside its page. The window has its own ways for all of it. */
import { BenchkeepError } from '../../../shared/errors.ts';
import { noKeychain } from '../no-keychain.ts';
import type { Host } from '../../engine/host.ts';

export const browserHost: Host = {
  // `reveal` would open on the computer that runs the engine, which may not be the one the person sits at.
  capabilities: { kind: 'browser', folder_picker: false, reveal: false, dropped_paths: false, keychain: false },
  ...noKeychain,
  pickFolder: () => Promise.reject(notSupported('open a folder dialog', 'Choose the folder in the window.')),
  pickFiles: () => Promise.reject(notSupported('open a file dialog', 'Type the path, or use: benchkeep save FILE.')),
  reveal: () => Promise.reject(notSupported('show files in the file manager', 'Copy the path and open it yourself.')),
};

function notSupported(what: string, remedy: string): BenchkeepError {
  return new BenchkeepError('not_supported', `A browser can't ${what}`, remedy);
}
