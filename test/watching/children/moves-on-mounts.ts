/** Moves between real disks, and on one that tells no capitals apart; prints what came of each as JSON. */
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { moveArtifact } from '../../../src-main/watching/index.ts';
import { mount, unmount } from '../../storage/mounts.ts';
import { fakeClock } from '../fake-clock.ts';
import { openWatching } from '../open-watching.ts';

const [base = '', ntfs = '', exfat = ''] = process.argv.slice(2);
const results: Record<string, unknown> = {};
const clock = fakeClock(Date.now() + 60_000);

function folder(name: string): string {
  mkdirSync(join(base, name), { recursive: true });
  return join(base, name);
}

const test = await openWatching({ base: folder('lab'), clock });

async function lookTwice(root: string): Promise<void> {
  await test.pass({ root });
  clock.jump(10_001);
  await test.pass({ root });
}
async function all(root: string): Promise<(string | null)[][]> {
  return (await test.artifacts(root)).map(({ uid, key, state }) => [uid, key, state]).sort();
}

// From a disk to another: files have other inodes there.
const [usb, archive] = [folder('usb'), folder('archive')];
mount('-t', 'tmpfs', 'none', usb);
mount('-t', 'tmpfs', 'none', archive);
await test.add(usb);
await test.add(archive);
mkdirSync(join(usb, 'run'));
for (const n of [1, 2, 3, 4]) writeFileSync(join(usb, 'run', `${String(n)}.csv`), `content ${String(n)}`);
writeFileSync(join(usb, 'stays.csv'), 'stays');
await test.pass({ root: usb });
const before = (await all(usb)).filter(([, key]) => key !== 'stays.csv');
mkdirSync(join(archive, 'run'));
for (const name of readdirSync(join(usb, 'run'))) {
  const [from, to] = [join(usb, 'run', name), join(archive, 'run', name)];
  const { atime, mtime } = statSync(from);
  copyFileSync(from, to);
  utimesSync(to, atime, mtime);
  rmSync(from);
}
await test.pass({ root: archive });
await lookTwice(usb);
results['F-IN12'] = [JSON.stringify(await all(archive)) === JSON.stringify(before), (await all(usb)).length];

// The same, while the disk that they were on is away: nothing is known of what is not seen.
const other = folder('other');
mount('-t', 'tmpfs', 'none', other);
await test.add(other);
for (const n of [1, 2, 3]) writeFileSync(join(other, `${String(n)}.csv`), `other ${String(n)}`);
await test.pass({ root: other });
for (const n of [1, 2, 3]) copyFileSync(join(other, `${String(n)}.csv`), join(archive, `${String(n)}.csv`));
unmount(other);
await test.pass({ root: archive });
results['F-WA05'] = [(await all(other)).length, (await all(archive)).length];

async function capitals(name: string, mountOn: (place: string) => void): Promise<void> {
  const root = folder(name);
  mountOn(root);
  await test.add(root);
  mkdirSync(join(root, 'Run'));
  for (const file of ['Abc.csv', 'def.csv']) writeFileSync(join(root, 'Run', file), `${name} ${file}`);
  for (const n of [1, 2, 3]) writeFileSync(join(root, `${String(n)}.csv`), `${name} ${String(n)}`);
  await test.pass({ root });
  const uids = (await all(root)).map(([uid]) => uid);
  renameSync(join(root, 'Run', 'Abc.csv'), join(root, 'Run', 'aBC.csv'));
  renameSync(join(root, 'Run'), join(root, 'rUN'));
  await lookTwice(root);
  const now = await all(root);
  const same = JSON.stringify(now.map(([uid]) => uid)) === JSON.stringify(uids);
  const listed = readdirSync(root, { recursive: true }).map(String);
  results[`F-IN13 ${name}`] = [
    same,
    now.every(([, , state]) => state === 'ok'),
    now.every(([, key]) => listed.includes(key ?? '')),
  ];
}

/** A file whose name gets other capitals by its record: it is there afterwards, under the new name only. */
async function capitalsOfKey(name: string): Promise<void> {
  const root = folder(`${name}/kept`);
  await test.add(root, true);
  writeFileSync(join(root, 'plate.csv'), `${name} plate`);
  await test.pass({ root });
  const uid = (await all(root))[0]?.[0] ?? '';
  await moveArtifact(test.context, { artifact: uid, key: 'Plate.csv' });
  const listed = readdirSync(root).filter((file) => /plate/i.test(file));
  results[`edit ${name}`] = [listed, (await all(root)).map(([one, key]) => [one === uid, key])];
}

await capitals('ext4', () => undefined);
await capitalsOfKey('ext4');
if (ntfs !== '')
  await capitals('ntfs', (place) => {
    execFileSync('lowntfs-3g', ['-o', 'ignore_case,windows_names', ntfs, place]);
  });
if (ntfs !== '') await capitalsOfKey('ntfs');
let device = '';
if (exfat !== '') {
  device = execFileSync('losetup', ['-f', '--show', exfat], { encoding: 'utf8' }).trim();
  await capitals('exfat', (place) => {
    execFileSync('mount.exfat-fuse', [device, place], { stdio: 'ignore' });
  });
}
await test.close();
if (ntfs !== '') unmount(folder('ntfs'));
if (device !== '') {
  unmount(folder('exfat'));
  execFileSync('losetup', ['-d', device]);
}
console.log(JSON.stringify(results));
