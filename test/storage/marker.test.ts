import { expect, test } from 'vitest';
import { parseMounts, mountOf } from '../../src-main/ports/fs/file-system.ts';
import { rawFromText } from '../../src-main/ports/fs/raw-path.ts';
import { markerText, parseMarker } from '../../src-main/storage/marker.ts';

test('a marker is read back as it was written, also with the line ends of Windows', () => {
  const text = markerText({ uid: 'AbCdEfGhIjKl', instanceUid: 'ZyXwVuTsRqPo', instanceName: 'lab', owner: 'ada' });
  const marker = { uid: 'AbCdEfGhIjKl', instanceUid: 'ZyXwVuTsRqPo', instanceSlug: 'ada/lab' };
  expect(parseMarker(text)).toEqual(marker);
  expect(parseMarker(text.replaceAll('\n', '\r\n'))).toEqual(marker);
  // Older releases of LaminDB wrote the first line only.
  expect(parseMarker('AbCdEfGhIjKl')).toEqual({ uid: 'AbCdEfGhIjKl', instanceUid: null, instanceSlug: null });
  expect(parseMarker('').uid).toBe(null);
});

test('a path lies on the deepest mount, and of several at one place on the last', () => {
  const mounts = parseMounts(
    [
      '22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw',
      '30 22 0:40 / /mnt/lab\\040share rw - cifs //server/lab\\040share rw',
      '31 22 8:17 / /mnt/usb rw - vfat /dev/sdb1 rw',
      '32 31 8:33 / /mnt/usb ro master:3 - exfat /dev/sdc1 ro',
      'not a line',
    ].join('\n'),
  );
  const typeAt = (path: string): string | undefined => mountOf(mounts, rawFromText(path))?.type;
  expect(typeAt('/home/ada')).toBe('ext4');
  expect(typeAt('/mnt/lab share/run')).toBe('cifs');
  expect(typeAt('/mnt/lab share2')).toBe('ext4');
  expect(typeAt('/mnt/usb')).toBe('exfat');
});
