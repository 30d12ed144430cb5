/** A data folder on a disk with little space: what happens to a migration there, and when there is space again. As JSON. */
import { cpSync, mkdirSync, readdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { mount } from '../../storage/mounts.ts';
import { openMigrating, type Manner } from './migrate.ts';

const [base = '', home = ''] = process.argv.slice(2);
const disk = join(base, 'small');
mkdirSync(disk);
mount('-t', 'tmpfs', '-o', 'size=12m', 'none', disk);
cpSync(home, join(disk, 'home'), { recursive: true });
const [uid = ''] = readdirSync(join(disk, 'home', 'instances')).filter((name) => !name.startsWith('.'));
const files = (): string[] =>
  readdirSync(join(disk, 'home', 'instances', uid), { recursive: true, encoding: 'utf8' }).sort();

async function attempt(manner: Manner): Promise<unknown> {
  try {
    const databases = await openMigrating(join(disk, 'home'), manner);
    const version: unknown = databases.registry.sqlite.pragma('user_version', { simple: true });
    await databases.close();
    return version;
  } catch (error) {
    return (error as { code: string }).code;
  }
}

/** Leaves `bytes` of the disk. */
function fill(bytes: number): void {
  const { bavail, bsize } = statfsSync(disk);
  writeFileSync(join(disk, 'filler'), Buffer.alloc(bavail * bsize - bytes));
}

const results: Record<string, unknown> = {};
fill(150_000);
results['no space for the backup'] = [await attempt('whole'), files().filter((name) => name.startsWith('backups/'))];
rmSync(join(disk, 'filler'));
fill(4_000_000);
results['no space for the migration'] = [
  await attempt('large'),
  files().filter((name) => name.startsWith('backups/')).length,
];
rmSync(join(disk, 'filler'));
results['space again'] = await attempt('whole');
process.stdout.write(JSON.stringify(results));
