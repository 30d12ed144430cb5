import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { rawFromText } from '../../src-main/ports/fs/raw-path.ts';
import { strangeInSchema } from '../../src-main/registry/check-schema.ts';
import { registryMigrations } from '../../src-main/registry/migrations/index.ts';
import { closeRegistry, openRegistry } from '../../src-main/registry/open-registry.ts';
import { listArtifacts } from '../../src-main/artifacts/index.ts';
import { makeBench, type Bench } from '../instance/open-bench.ts';
import { tellTables, type Told } from './released/tell-tables.ts';

const fixtures = join(import.meta.dirname, 'fixtures');
const versions = readdirSync(fixtures).flatMap(
  (name) => /^registry-(?<version>v\d+)\.json$/.exec(name)?.groups?.['version'] ?? [],
);

let bench: Bench;
beforeEach(() => {
  bench = makeBench();
});
afterEach(() => bench.remove());

test('F-DB17 the newest schema is among those that are kept', () => {
  expect(versions).toContain(`v${String(registryMigrations.length)}`);
});

test.each(versions)(
  'F-DB17 a registry of schema %s with data is brought up to date with every row as it was',
  async (version) => {
    const file = join(bench.folder('old'), 'registry.db');
    writeFileSync(file, gunzipSync(readFileSync(join(fixtures, `registry-${version}.db.gz`))));
    const before = JSON.parse(readFileSync(join(fixtures, `registry-${version}.json`), 'utf8')) as Told;
    const registry = await openRegistry(rawFromText(file), { readonly: false });
    expect(registry.sqlite.pragma('user_version', { simple: true })).toBe(registryMigrations.length);
    expect(registry.sqlite.pragma('integrity_check', { simple: true })).toBe('ok');
    expect(registry.sqlite.pragma('foreign_key_check')).toEqual([]);
    expect(await strangeInSchema(registry.sqlite)).toBeNull();
    for (const table of ['search_shown', 'search_other'])
      registry.sqlite.exec(`INSERT INTO ${table} (${table}) VALUES ('integrity-check')`);
    const context = {
      registry: registry.db,
      workstation: (await bench.instance()).open.workstation.db,
      workstationUid: 'none',
    };
    const { items } = await listArtifacts(context, {
      filters: [],
      search: 'größ',
      sort: { field: 'key', descending: false },
      limit: 100,
      trash: false,
      all_versions: false,
    });
    expect(items).toHaveLength(20);
    await closeRegistry(registry);
    expect(tellTables(file, before)).toEqual(before);
    expect(new Database(file, { readonly: true }).pragma('application_id', { simple: true })).toBe(0x426e4b72);
  },
);
