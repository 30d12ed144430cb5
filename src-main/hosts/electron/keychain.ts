/**
 * Secrets in the keychain of the system, by Electron's `safeStorage` (rule S-18): its asynchronous calls only, and never
 * where the "keychain" of Linux is a key that everybody knows (`basic_text`).
 */
import type { SafeStorage } from 'electron';
import { BenchkeepError } from '../../../shared/errors.ts';

export interface ElectronKeychain {
  isThere: boolean;
  sealSecret(secret: string): Promise<string>;
  unsealSecret(sealed: string): Promise<string>;
}

export type SafeStoragePart = Pick<
  SafeStorage,
  'encryptStringAsync' | 'decryptStringAsync' | 'isAsyncEncryptionAvailable' | 'getSelectedStorageBackend'
>;

/** After the app is ready. */
export function electronKeychain(safeStorage: SafeStoragePart, platform: NodeJS.Platform): ElectronKeychain {
  const isThere = platform !== 'linux' || !['basic_text', 'unknown'].includes(safeStorage.getSelectedStorageBackend());
  async function check(): Promise<void> {
    if (isThere && (await safeStorage.isAsyncEncryptionAvailable())) return;
    throw new BenchkeepError(
      'not_supported',
      'This computer has no keychain that protects secrets, so none are stored',
      'Unlock or set up the keychain of the system (on Linux: GNOME Keyring or KWallet), use a profile, or sign in for this session only.',
    );
  }
  return {
    isThere,
    async sealSecret(secret) {
      await check();
      return (await safeStorage.encryptStringAsync(secret)).toString('base64');
    },
    async unsealSecret(sealed) {
      await check();
      return (await safeStorage.decryptStringAsync(Buffer.from(sealed, 'base64'))).result;
    },
  };
}
