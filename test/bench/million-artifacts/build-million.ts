/** An instance of a million artifacts, written as the program writes, kept outside of the checkout for the next run. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { initInstance, openInstance } from '../../../src-main/instance/index.ts';
import { writeRegistry, type RegistryWrite } from '../../../src-main/registry/change-log.ts';
import { noHasher, openBenchWorkbench } from '../../instance/open-bench.ts';
import { artifactRow, insertLabel, insertStorage } from '../../registry/open-test-registry.ts';

const ROWS_A_TRANSACTION = 2000;
const STORAGES = ['/data/flow', '/data/imaging', '/data/sequencing', '/mnt/share/plates', '/home/lab/benchkeep'];
const SUFFIXES = ['.fcs', '.csv', '.tif', '.fastq.gz', '.txt', '.raw', '.mzML', '.png'];
export const LABELS = 40;

/** The data folder of the program with one instance of `n` artifacts; made anew when the schema changed. */
export async function millionArtifacts(n: number): Promise<string> {
  const cache = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'benchkeep-bench');
  const folder = join(cache, `artifacts-${String(n)}-${schemaHash()}`);
  const home = join(folder, 'home');
  if (existsSync(join(folder, 'made'))) return home;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(join(folder, 'lab'), { recursive: true });
  console.log(`making a registry of ${String(n)} artifacts in ${folder}`);
  const started = performance.now();
  await build(home, join(folder, 'lab'), n);
  writeFileSync(join(folder, 'made'), '');
  console.log(`made in ${((performance.now() - started) / 1000).toFixed(0)} s`);
  return home;
}

function schemaHash(): string {
  const hash = createHash('sha256');
  for (const part of ['src-main/registry/migrations', 'src-main/registry/search', 'test/bench/million-artifacts']) {
    const folder = join(import.meta.dirname, '../../..', part);
    for (const name of readdirSync(folder).sort()) {
      if (!/^(\d|index-text|search-index|build-)/.test(name)) continue;
      hash.update(readFileSync(join(folder, name)));
    }
  }
  return hash.digest('hex').slice(0, 12);
}

async function build(home: string, lab: string, n: number): Promise<void> {
  const workbench = await openBenchWorkbench(home);
  await initInstance(workbench, { storage: lab, name: 'million' });
  const open = await openInstance(workbench, { name: 'million', hasher: noHasher });
  let now = Date.UTC(2024, 0, 1);
  const context = { registry: open.registry, clock: { now: () => now }, onCommitted: () => undefined };
  const write = <T>(work: (write: RegistryWrite) => T): Promise<T> =>
    writeRegistry(context, { userId: 1, runId: null }, 'bench', work);
  // Made in minutes instead of an hour; what is measured is how it is read.
  for (const pragma of ['synchronous = OFF', 'cache_size = -1000000', 'wal_autocheckpoint = 100000'])
    open.registry.sqlite.pragma(pragma);
  const related = await write((w) => {
    w.insert(
      'user',
      ['bob', 'cleo'].map((handle) => ({
        uid: `user-${handle}`,
        handle,
        name: null,
        created_at: w.now,
        updated_at: w.now,
      })),
    );
    return {
      storages: STORAGES.map((root, i) => insertStorage(w, `storage0000${String(i)}`, root, open.workstationUid)),
      labels: Array.from({ length: LABELS }, (_, i) =>
        insertLabel(w, `label${String(i).padStart(3, '0')}`, `label ${String(i)}`),
      ),
    };
  });
  for (let i = 0; i < n; i += ROWS_A_TRANSACTION) {
    now += 60_000;
    await write((w) => {
      insertSome(w, related, i, Math.min(n, i + ROWS_A_TRANSACTION));
    });
    if (i % 100_000 === 0) console.log(`  ${String(i)}`);
  }
  open.registry.sqlite.pragma('wal_checkpoint(TRUNCATE)');
  await open.close();
  // The first opening looks at every page, which is done once a week only.
  await (await openInstance(workbench, { name: 'million', hasher: noHasher })).close();
}

interface Related {
  storages: number[];
  labels: number[];
}

function insertSome(w: RegistryWrite, { storages, labels }: Related, from: number, to: number): void {
  const numbers = Array.from({ length: to - from }, (_, i) => from + i);
  const rows = numbers.map((i) => artifact(i, w.now, storages));
  const ids = w.insertWithCopies(
    rows.map((row) => ({
      artifact: row,
      copy: { storage_id: row.storage_id, path: Buffer.from(row.key ?? ''), verified_at: w.now, created_at: w.now },
    })),
  );
  const uids = rows.map(({ uid }) => uid);
  const links = ids.flatMap((id, k) =>
    mix(from + k) % 10 < 3
      ? labelsOf(from + k).map((label) => ({ id, label: labels[label - 1] ?? 1, uid: uids[k] ?? '' }))
      : [],
  );
  w.insert(
    'artifact_ulabel',
    links.map(({ id, label }) => ({
      artifact_id: id,
      ulabel_id: label,
      run_id: null,
      created_by_id: 1,
      created_at: w.now,
    })),
    links.map(({ uid }) => uid),
  );
}

/** Two different labels, the first ones more often. */
function labelsOf(i: number): number[] {
  const first = 1 + Math.floor(((mix(i * 3 + 1) % 1000) / 1000) ** 2 * LABELS);
  return [first, 1 + (first % LABELS)];
}

function artifact(i: number, now: string, storages: readonly number[]) {
  const r = mix(i);
  const suffix = SUFFIXES[r % SUFFIXES.length] ?? '';
  const key = `run${String(Math.floor(i / 400)).padStart(4, '0')}/plate_${String(r % 96)}/EXP-${String(2000 + (r % 900))}_sample_${i.toString(36)}_${'ABCDEFGH'[r % 8] ?? ''}${String(r % 12)}${suffix}`;
  return artifactRow(i, {
    uid: `${mixUid(i)}0000`,
    stem_uid: mixUid(i),
    key,
    description: r % 20 === 0 ? `Measured with ${r % 40 === 0 ? 'Fortessa' : 'Aurora'}, donor ${String(r % 50)}` : null,
    suffix,
    kind: r % 50 === 0 ? 'dataset' : null,
    size: mix(i + 7) % 1_000_000_000,
    hash: createHash('md5').update(String(i)).digest('base64url'),
    hash_type: 'md5',
    sha256: createHash('sha256').update(String(i)).digest('hex'),
    state: r % 1000 === 0 ? 'missing' : 'ok',
    storage_id: storages[i % 1000 === 0 ? 4 : Math.floor(i / 5000) % 4] ?? 1,
    created_by_id: 1 + (r % 3),
    created_at: now,
    updated_at: now,
  });
}

/** Spreads numbers over 31 bits, the same ones every time. */
export function mix(n: number): number {
  let x = (n + 0x9e3779b9) | 0;
  x = Math.imul(x ^ (x >>> 16), 0x21f0aaad);
  x = Math.imul(x ^ (x >>> 15), 0x735a2d97);
  return (x ^ (x >>> 15)) >>> 1;
}

function mixUid(i: number): string {
  return createHash('sha1')
    .update(`uid ${String(i)}`)
    .digest('base64url')
    .replace(/[-_]/g, '0')
    .slice(0, 16);
}
