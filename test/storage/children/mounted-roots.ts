/** Roots on real mounts, in a mount namespace of its own; prints what came of each as JSON. */
import { lstatSync, mkdirSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RootState } from '../../../src-main/storage/index.ts';
import { addStorage, assertWritable, checkRoot, findStorage, rememberRoot } from '../../../src-main/storage/index.ts';
import { initInstance, openInstance, type OpenInstance } from '../../../src-main/instance/index.ts';
import { writeWorkstation } from '../../../src-main/workstation/open-workstation.ts';
import { noHasher, openBenchWorkbench } from '../../instance/open-bench.ts';
import { mount, unmount } from '../mounts.ts';

const [base = ''] = process.argv.slice(2);
const home = join(base, 'home-of-mounts');
const workbench = await openBenchWorkbench(home);
await initInstance(workbench, { storage: folder('lab-of-mounts'), name: 'mounted' });
const open: OpenInstance = await openInstance(workbench, { name: 'mounted', hasher: noHasher });
const results: Record<string, unknown> = {};

function folder(name: string): string {
  const path = join(base, name);
  mkdirSync(path, { recursive: true });
  return path;
}
async function outcome(work: () => Promise<unknown>): Promise<unknown> {
  return work().then(
    () => true,
    (error: { code?: string }) => error.code ?? 'an error without a code',
  );
}
async function check(root: string): Promise<RootState> {
  return checkRoot(open, await findStorage(open.registry.db, root));
}
/** As a scan leaves it: the files are in the inventory, the root is remembered. */
async function scanned(root: string, names: string[]): Promise<void> {
  const storage = await findStorage(open.registry.db, root);
  await writeWorkstation(open.workstation, async (tx) => {
    for (const name of names) {
      const { size, mtimeNs, ctimeNs, dev, ino } = lstatSync(join(root, name), { bigint: true });
      const facts = {
        size: Number(size),
        mtime_ns: String(mtimeNs),
        ctime_ns: String(ctimeNs),
        dev: String(dev),
        ino: String(ino),
      };
      const key = { storage_uid: storage.uid, folder: Buffer.from(''), name: Buffer.from(name) };
      await tx
        .insertInto('inventory')
        .values({ ...key, ...facts, sha256: null, artifact_uid: name, gone_since: null, missing: 0, unit: 0 })
        .execute();
    }
  });
  await rememberRoot(open, storage);
}
function fill(root: string, names: string[], text: string): void {
  for (const name of names) writeFileSync(join(root, name), text);
}

const data = folder('data');
await addStorage(open, { root: data, managed: false, watch: false });
mount('--bind', data, folder('bound'));
results['F-WA13 bind mount'] = await outcome(() =>
  addStorage(open, { root: join(base, 'bound'), managed: false, watch: false }),
);

const readonly = folder('ro');
writeFileSync(join(readonly, 'a.csv'), 'a');
mount('--bind', readonly, readonly);
mount('-o', 'remount,bind,ro', readonly);
results['F-WA17 managed'] = await outcome(() => addStorage(open, { root: readonly, managed: true, watch: false }));
results['F-WA17 init'] = await outcome(() => initInstance(workbench, { storage: join(readonly, 'below') }));
results['F-WA17 read-only root linked'] = await outcome(() =>
  addStorage(open, { root: readonly, managed: false, watch: true }),
);
results['F-WA17 check'] = await check(readonly);
results['F-WA17 nothing written'] = readdirSync(readonly).join() === 'a.csv';

const names = ['a.csv', 'b.csv', 'c.csv', 'd.csv', 'e.csv'];
const usb = folder('usb');
const [first, second] = [folder('drive-1'), folder('drive-2')];
mount('-t', 'tmpfs', 'none', first);
mount('-t', 'tmpfs', 'none', second);
// Drives that are made in the same tick of the clock can't be told apart by their age.
const birthOf = (drive: string): bigint => lstatSync(drive, { bigint: true }).birthtimeNs;
while (birthOf(second) === birthOf(first)) {
  unmount(second);
  mount('-t', 'tmpfs', 'none', second);
}
fill(first, names, 'first');
fill(second, ['x.csv', 'y.csv', 'z.csv', 'u.csv', 'v.csv'], 'the other drive');
mount('--bind', first, usb);
await addStorage(open, { root: usb, managed: false, watch: true });
await scanned(usb, names);
unmount(usb);
results['F-WA05 linked unmounted'] = await check(usb);
mount('--bind', first, usb);
results['F-WA06 linked back'] = await check(usb);
for (const name of names) renameSync(join(usb, name), join(usb, `renamed-${name}`));
results['renamed below, found by inode'] = await check(usb);
unmount(usb);
mount('--bind', second, usb);
results['F-WA07 other drive'] = await check(usb);
unmount(usb);
mount('-t', 'tmpfs', 'none', usb);
results['F-WA08 mounted but empty'] = await check(usb);
unmount(usb);

const managed = folder('managed/usb');
mount('-t', 'tmpfs', 'none', managed);
await addStorage(open, { root: managed, managed: true, watch: false });
const kept = folder('kept');
mount('--bind', managed, kept);
unmount(managed);
results['F-WA05 managed unmounted'] = await check(managed);
await outcome(async () => assertWritable(open, await findStorage(open.registry.db, managed)));
results['F-WA08 nothing written below the bare mount point'] = readdirSync(managed).length === 0;
mount('--bind', second, managed);
results['F-WA07 other drive for managed'] = await check(managed);
unmount(managed);
mount('--bind', kept, managed);
results['F-WA06 managed back'] = await check(managed);

console.log(JSON.stringify(results));
await open.close();
