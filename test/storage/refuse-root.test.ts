import { expect, test } from 'vitest';
import { rawFromText } from '../../src-main/ports/fs/raw-path.ts';
import { refuseRoot } from '../../src-main/storage/index.ts';

const surroundings = { home: rawFromText('/home/ada/.local/share/benchkeep'), personHome: rawFromText('/home/ada') };

test.each([
  ['/', 'system disk'],
  ['C:/', 'system disk'],
  ['/home/ada/.local/share/benchkeep', 'own data'],
  ['/home/ada/.local/share/benchkeep/instances/x', 'own data'],
  ['/home/ada/.local/share/benchkeep/files', 'own data'],
  ['/home/ada', 'own data lie in it'],
  ['/home/ada/.local', 'own data lie in it'],
  ['/data/runs/.lamindb', '.lamindb'],
  ['/data/runs/.lamindb/x', '.lamindb'],
  ['/home/grace', 'another user'],
  ['/root', 'another user'],
  ['/Users/grace', 'another user'],
  ['C:/Users/grace', 'another user'],
  ['/proc/1', 'system'],
  ['/etc', 'system'],
  ['/usr/share/doc', 'system'],
  ['/dev/disk', 'system'],
  ['/var/lib/data', 'system'],
  ['C:/Windows/Temp', 'system'],
  ['/home', 'shared'],
  ['/tmp', 'shared'],
  ['/mnt', 'shared'],
])('F-WA14 %s can not be a root: %s', (root, reason) => {
  expect(refuseRoot(rawFromText(root), surroundings)).toContain(reason);
});

test.each([
  '/home/ada/data',
  '/home/ada/.local/share/benchkeep/files/my-lab',
  '/home/grace/shared with me',
  '/Users/Shared',
  '/mnt/instrument',
  '/media/ada/USB',
  '/run/media/ada/USB',
  '/tmp/x',
  '/data',
  'D:/Runs',
  '/etcetera',
  '/usr/local/data',
])('F-WA14 %s can be a root', (root) => {
  expect(refuseRoot(rawFromText(root), surroundings)).toBe(null);
});

test("F-WA14 the home folder of whoever runs it is not another user's", () => {
  expect(refuseRoot(rawFromText('/home/ada'), { ...surroundings, home: rawFromText('/data/benchkeep') })).toBe(null);
});
