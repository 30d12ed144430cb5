/** A registry in a folder of its own, with one user, and short ways to put rows into it through the change log. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../src-main/ports/clock.ts';
import { rawFromText } from '../../src-main/ports/fs/raw-path.ts';
import {
  writeRegistry,
  type Author,
  type RegistryWrite,
  type WriteContext,
} from '../../src-main/registry/change-log.ts';
import { closeRegistry, openRegistry, type Registry } from '../../src-main/registry/open-registry.ts';
import type { NewArtifactRow } from '../../src-main/registry/schema.ts';
import { openWorkstation, type Workstation } from '../../src-main/workstation/open-workstation.ts';

export const WORKSTATION = 'workstation1';

export interface TestRegistry {
  folder: string;
  registry: Registry;
  workstation: Workstation;
  author: Author;
  /** What the clock says; a test may set it. */
  now: number;
  write<T>(work: (write: RegistryWrite) => Promise<T> | T, operation?: string): Promise<T>;
  close(): Promise<void>;
}

export async function openTestRegistry(): Promise<TestRegistry> {
  const folder = mkdtempSync(join(tmpdir(), 'benchkeep-test-'));
  const registry = await openRegistry(rawFromText(join(folder, 'registry.db')), { readonly: false, create: true });
  const workstation = await openWorkstation(rawFromText(join(folder, 'workstation.db')), { readonly: false });
  const test: TestRegistry = {
    folder,
    registry,
    workstation,
    author: { userId: 1, runId: null },
    now: Date.parse('2026-11-01T08:00:00.000Z'),
    write: (work, operation = 'test') => writeRegistry(context, test.author, operation, work),
    async close() {
      await closeRegistry(registry);
      await workstation.db.destroy();
      rmSync(folder, { recursive: true });
    },
  };
  const context: WriteContext = {
    registry,
    clock: { ...systemClock, now: () => test.now },
    onCommitted: () => undefined,
  };
  await test.write((write) => {
    write.insert('user', [
      { uid: 'user0001', handle: 'ada', name: 'Ada', created_at: write.now, updated_at: write.now },
    ]);
  });
  return test;
}

/** An artifact with everything a row needs; `n` makes its uid. */
export function artifactRow(n: number, row: Partial<NewArtifactRow> = {}): NewArtifactRow {
  const stem = row.stem_uid ?? `A${String(n).padStart(15, '0')}`;
  return {
    uid: `${stem}0000`,
    stem_uid: stem,
    key: `file-${String(n)}.csv`,
    description: null,
    suffix: '.csv',
    kind: null,
    otype: null,
    size: n,
    hash: null,
    hash_type: null,
    sha256: null,
    n_files: null,
    n_observations: null,
    visibility: 1,
    is_latest: 1,
    version: null,
    key_is_virtual: 0,
    storage_id: 1,
    state: 'ok',
    state_reason: null,
    run_id: null,
    created_by_id: 1,
    created_at: '2026-11-01T08:00:00.000Z',
    updated_at: '2026-11-01T08:00:00.000Z',
    ...row,
  };
}

/** A local storage of this workstation at `root`; its id. */
export function insertStorage(
  write: RegistryWrite,
  uid: string,
  root: string,
  workstation: string | null = WORKSTATION,
): number {
  const [id = 0] = write.insert('storage', [
    {
      uid,
      root,
      root_path: Buffer.from(root),
      description: null,
      type: 'local',
      region: null,
      instance_uid: null,
      managed: 0,
      workstation_uid: workstation,
      watch: 0,
      watch_rule: null,
      transform_id: null,
      run_id: null,
      created_by_id: 1,
      created_at: write.now,
      updated_at: write.now,
    },
  ]);
  return id;
}

export function insertLabel(write: RegistryWrite, uid: string, name: string): number {
  const [id = 0] = write.insert('ulabel', [
    {
      uid,
      name,
      description: null,
      is_type: 0,
      type_id: null,
      run_id: null,
      created_by_id: 1,
      created_at: write.now,
      updated_at: write.now,
    },
  ]);
  return id;
}

export function insertLink(write: RegistryWrite, artifactId: number, ulabelId: number): number {
  const [id = 0] = write.insert(
    'artifact_ulabel',
    [{ artifact_id: artifactId, ulabel_id: ulabelId, run_id: null, created_by_id: 1, created_at: write.now }],
    [`artifact ${String(artifactId)}`],
  );
  return id;
}
