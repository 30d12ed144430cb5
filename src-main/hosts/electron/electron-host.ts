/** What Electron can do for the engine. Files are only shown in their folder, never opened (rule S-25). */
import type { BrowserWindow, Dialog, OpenDialogOptions, Shell } from 'electron';
import type { ElectronKeychain } from './keychain.ts';
import type { Host } from '../../engine/host.ts';

export interface ElectronHostContext {
  dialog: Pick<Dialog, 'showOpenDialog'>;
  shell: Pick<Shell, 'showItemInFolder'>;
  keychain: ElectronKeychain;
  /** Dialogs belong to the window where there is one. */
  window: () => BrowserWindow | null;
}

export function createElectronHost({ dialog, shell, keychain, window }: ElectronHostContext): Host {
  const ask = async (properties: OpenDialogOptions['properties']): Promise<string[]> => {
    const options: OpenDialogOptions = { ...(properties === undefined ? {} : { properties }) };
    const parent = window();
    const answer = await (parent === null ? dialog.showOpenDialog(options) : dialog.showOpenDialog(parent, options));
    return answer.canceled ? [] : answer.filePaths;
  };
  return {
    capabilities: {
      kind: 'electron',
      folder_picker: true,
      reveal: true,
      dropped_paths: true,
      keychain: keychain.isThere,
    },
    sealSecret: (secret) => keychain.sealSecret(secret),
    unsealSecret: (sealed) => keychain.unsealSecret(sealed),
    pickFolder: async () => (await ask(['openDirectory', 'createDirectory']))[0] ?? null,
    pickFiles: () => ask(['openFile', 'multiSelections']),
    reveal(path) {
      shell.showItemInFolder(path);
      return Promise.resolve();
    },
  };
}
