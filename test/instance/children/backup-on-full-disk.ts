/** A data folder on a small disk: a backup with space, without, and with space again. As JSON. */
import { mkdirSync, readdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { initInstance, openInstance, registryWork } from '../../../src-main/instance/index.ts';
import { rawToDisplay } from '../../../src-main/ports/fs/raw-path.ts';
import { mount } from '../../storage/mounts.ts';
import { noHasher, openBenchWorkbench } from '../open-bench.ts';

const [base = ''] = process.argv.slice(2);
const disk = join(base, 'small');
mkdirSync(disk);
mount('-t', 'tmpfs', '-o', 'size=8m', 'none', disk);
const workbench = await openBenchWorkbench(join(disk, 'home'));
await initInstance(workbench, { storage: join(base, 'elsewhere'), name: 'small' });
const open = await openInstance(workbench, { name: 'small', hasher: noHasher });
const { fs, folder, instanceUid: uid } = open;
const work = registryWork(fs);
const make = () => work.makeBackup({ folder, uid, kind: 'manual', now: Date.now() });
const files = (): string[] =>
  readdirSync(join(rawToDisplay(folder), 'backups')).filter((name) => name !== 'proven.json');

await make();
const { bavail, bsize } = statfsSync(disk);
// Enough for what is asked beforehand, not for what is written then.
writeFileSync(join(disk, 'filler'), Buffer.alloc(bavail * bsize - 200_000));
const full = await make().then(
  () => 'made',
  (error: { code: string }) => error.code,
);
const kept = files().length;
rmSync(join(disk, 'filler'));
await make();
process.stdout.write(JSON.stringify({ full, kept, again: files().length }));
await open.close();
