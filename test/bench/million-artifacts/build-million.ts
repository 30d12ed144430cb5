/** A registry of a million artifacts, written as the program writes, kept outside of the checkout for the next run. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { rawFromText } from '../../../src-main/ports/fs/raw-path.ts';
import { writeRegistry, type RegistryWrite } from '../../../src-main/registry/change-log.ts';
import { closeRegistry, openRegistry } from '../../../src-main/registry/open-registry.ts';
import { openWorkstation } from '../../../src-main/workstation/open-workstation.ts';
import { artifactRow, insertLabel, insertStorage } from '../../registry/open-test-registry.ts';

export const WORKSTATION = 'workstation1';
const ROWS_A_TRANSACTION = 2000;
const STORAGES = ['/data/flow', '/data/imaging', '/data/sequencing', '/mnt/share/plates', '/home/lab/benchkeep'];
const SUFFIXES = ['.fcs', '.csv', '.tif', '.fastq.gz', '.txt', '.raw', '.mzML', '.png'];
export const LABELS = 40;

/** Folder with `registry.db` and `workstation.db` of `n` artifacts; made anew when the schema changed. */
export async function millionArtifacts(n: number): Promise<string> {
  const cache = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'benchkeep-bench');
  const folder = join(cache, `artifacts-${String(n)}-${schemaHash()}`);
  if (existsSync(folder)) return folder;
  const making = `${folder}.making`;
  rmSync(making, { recursive: true, force: true });
  mkdirSync(making, { recursive: true });
  console.log(`making a registry of ${String(n)} artifacts in ${folder}`);
  const started = performance.now();
  await build(making, n);
  renameSync(making, folder);
  console.log(`made in ${((performance.now() - started) / 1000).toFixed(0)} s`);
  return folder;
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

async function build(folder: string, n: number): Promise<void> {
  const registry = await openRegistry(rawFromText(join(folder, 'registry.db')), { readonly: false, create: true });
  const workstation = await openWorkstation(rawFromText(join(folder, 'workstation.db')), { readonly: false });
  let now = Date.UTC(2024, 0, 1);
  const context = { registry, clock: { now: () => now }, onCommitted: () => undefined };
  const write = <T>(work: (write: RegistryWrite) => T): Promise<T> => writeRegistry(context, { userId: 1, runId: null }, 'bench', work);
  await write((w) => {
    w.insert(
      'user',
      ['ada', 'bob', 'cleo'].map((handle) => ({ uid: `user-${handle}`, handle, name: null, created_at: w.now, updated_at: w.now })),
    );
    for (const [i, root] of STORAGES.entries()) insertStorage(w, `storage0000${String(i)}`, root, WORKSTATION);
    for (let i = 0; i < LABELS; i++) insertLabel(w, `label${String(i).padStart(3, '0')}`, `label ${String(i)}`);
  });
  for (let i = 0; i < n; i += ROWS_A_TRANSACTION) {
    now += 60_000;
    await write((w) => {
      insertSome(w, i, Math.min(n, i + ROWS_A_TRANSACTION));
    });
    if (i % 100_000 === 0) console.log(`  ${String(i)}`);
  }
  registry.sqlite.pragma('wal_checkpoint(TRUNCATE)');
  await closeRegistry(registry);
  await workstation.db.destroy();
}

function insertSome(w: RegistryWrite, from: number, to: number): void {
  const numbers = Array.from({ length: to - from }, (_, i) => from + i);
  const rows = numbers.map((i) => artifact(i, w.now));
  const ids = w.insert('artifact', rows);
  const uids = rows.map(({ uid }) => uid);
  w.insert(
    'copy',
    ids.map((id, k) => ({ artifact_id: id, storage_id: rows[k]?.storage_id ?? 1, path: Buffer.from(rows[k]?.key ?? ''), verified_at: w.now, created_at: w.now })),
    uids,
  );
  const links = ids.flatMap((id, k) => (mix(from + k) % 10 < 3 ? labelsOf(from + k).map((label) => ({ id, label, uid: uids[k] ?? '' })) : []));
  w.insert(
    'artifact_ulabel',
    links.map(({ id, label }) => ({ artifact_id: id, ulabel_id: label, run_id: null, created_by_id: 1, created_at: w.now })),
    links.map(({ uid }) => uid),
  );
}

/** Two different labels, the first ones more often. */
function labelsOf(i: number): number[] {
  const first = 1 + Math.floor(((mix(i * 3 + 1) % 1000) / 1000) ** 2 * LABELS);
  return [first, 1 + (first % LABELS)];
}

function artifact(i: number, now: string) {
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
    storage_id: 1 + (i % 1000 === 0 ? 4 : Math.floor(i / 5000) % 4),
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
  return createHash('sha1').update(`uid ${String(i)}`).digest('base64url').replace(/[-_]/g, '0').slice(0, 16);
}
