/** S-18: secrets go to the keychain of the system, or nowhere. */
import { describe, expect, it } from 'vitest';
import { electronKeychain } from '../../../src-main/hosts/electron/keychain.ts';
import { noKeychain } from '../../../src-main/hosts/no-keychain.ts';
import { fakeElectron, type FakeOptions } from './fake-electron.ts';

const SECRET = 'canary/secret+0123';

function open(keychain: NonNullable<FakeOptions['keychain']>, platform: NodeJS.Platform = 'linux') {
  const fake = fakeElectron({ keychain });
  return { fake, keychain: electronKeychain(fake.electron.safeStorage, platform) };
}

describe('S-18 the keychain of Electron', () => {
  it.each(['gnome_libsecret', 'kwallet', 'kwallet5', 'kwallet6'])('keeps a secret with %s', async (backend) => {
    const { fake, keychain } = open({ backend });
    expect(keychain.isThere).toBe(true);
    const sealed = await keychain.sealSecret(SECRET);
    expect(Buffer.from(sealed, 'base64').toString('latin1')).not.toContain(SECRET);
    expect(await keychain.unsealSecret(sealed)).toBe(SECRET);
    const used = new Set(fake.calls.map(({ name }) => name));
    expect([...used].sort()).toEqual([
      'safeStorage.decryptStringAsync',
      'safeStorage.encryptStringAsync',
      'safeStorage.getSelectedStorageBackend',
      'safeStorage.isAsyncEncryptionAvailable',
    ]);
  });

  it.each(['basic_text', 'unknown'])('keeps nothing on Linux with %s', async (backend) => {
    const { fake, keychain } = open({ backend });
    expect(keychain.isThere).toBe(false);
    await expect(keychain.sealSecret(SECRET)).rejects.toMatchObject({ code: 'not_supported' });
    expect(fake.named('safeStorage.encryptStringAsync')).toEqual([]);
    expect(fake.named('safeStorage.setUsePlainTextEncryption')).toEqual([]);
  });

  it('keeps nothing where the keychain can not be used at all', async () => {
    const { fake, keychain } = open({ available: false }, 'darwin');
    await expect(keychain.sealSecret(SECRET)).rejects.toMatchObject({ code: 'not_supported' });
    expect(fake.named('safeStorage.encryptStringAsync')).toEqual([]);
  });

  it.each(['darwin', 'win32'] as const)('asks %s for no backend: there is one', (platform) => {
    const { fake, keychain } = open({ backend: 'basic_text' }, platform);
    expect(keychain.isThere).toBe(true);
    expect(fake.calls).toEqual([]);
  });

  it('browser and command line have none', async () => {
    await expect(noKeychain.sealSecret()).rejects.toMatchObject({ code: 'not_supported' });
  });
});
