import { expect, test } from 'vitest';
import { unsafePlace } from '../../src-main/instance/unsafe-place.ts';

test.each([
  ['/mnt/share/benchkeep', 'nfs4', 'network'],
  ['/mnt/share/benchkeep', 'cifs', 'network'],
  ['/mnt/share/benchkeep', 'smb3', 'network'],
  ['/home/ada/x', 'fuse.sshfs', 'network'],
  ['//server/share/benchkeep', 'ntfs', 'network'],
  ['/home/ada/Dropbox/benchkeep', 'ext4', 'Dropbox'],
  ['/home/ada/Dropbox (Institute)/benchkeep', 'ext4', 'Dropbox'],
  ['C:/Users/ada/OneDrive/benchkeep', 'ntfs', 'OneDrive'],
  ['C:/Users/ada/OneDrive - Institute/benchkeep', 'ntfs', 'OneDrive'],
  ['/Users/ada/Library/CloudStorage/OneDrive-Institute/x', 'apfs', 'OneDrive'],
  ['/Users/ada/Library/Mobile Documents/com~apple~CloudDocs/x', 'apfs', 'iCloud'],
  ['C:/Users/ada/iCloudDrive/x', 'ntfs', 'iCloud'],
  ['/Users/ada/Library/CloudStorage/GoogleDrive-ada@x.org/My Drive/x', 'apfs', 'Google Drive'],
  ['G:/My Drive/benchkeep', 'fat32', 'Google Drive'],
  ['/home/ada/Nextcloud/benchkeep', 'ext4', 'synchronises'],
])('F-DB09 the data folder %s on %s is refused: %s', (folder, type, word) => {
  expect(unsafePlace(folder, type)).toContain(word);
});

test.each([
  ['/home/ada/.local/share/benchkeep', 'ext4'],
  ['C:/Users/ada/AppData/Roaming/Benchkeep', 'ntfs'],
  ['/Users/ada/Library/Application Support/Benchkeep', 'apfs'],
  ['/home/ada/toolbox/boxes/benchkeep', 'xfs'],
  ['/data/benchkeep', 'fuseblk'],
])('F-DB09 the data folder %s on %s is fine', (folder, type) => {
  expect(unsafePlace(folder, type)).toBe(null);
});
