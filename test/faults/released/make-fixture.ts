/**
 * Makes `fixtures/registry-vN.db.gz` and `registry-vN.json` (counts and hashes of rows) from today's schema. Run once when a
 * schema is released; what is there is never made anew, so that every later version proves itself on it.
 */
import { readFileSync, rmSync, writeFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { addLabels, createLabel } from '../../../src-main/annotation/index.ts';
import { editArtifact } from '../../../src-main/artifacts/index.ts';
import { rawToDisplay } from '../../../src-main/ports/fs/raw-path.ts';
import { registryMigrations } from '../../../src-main/registry/migrations/index.ts';
import { makeInstance, newBase, put } from '../crash/crash-bench.ts';
import { tellTables } from './tell-tables.ts';

const version = registryMigrations.length;
const target = join(import.meta.dirname, '..', 'fixtures', `registry-v${String(version)}`);
if (existsSync(`${target}.json`)) throw new Error(`${target}.json is there already`);
const base = newBase();
const bench = await makeInstance(base);
for (let n = 0; n < 20; n++) put(base, `run ${String(n % 3)}/Probe ${String(n)} größer.csv`, `row ${String(n)}\n`);
await bench.pass();
put(base, 'run 0/Probe 0 größer.csv', 'another content\n');
await bench.pass();
const { items } = await createLabel(bench.context, { name: 'experiment', is_type: true });
await createLabel(bench.context, { name: 'day 1', type: items[0]?.uid });
const rows = await bench.context.registry.db.selectFrom('artifact').select('uid').where('is_latest', '=', 1).execute();
await addLabels(bench.context, {
  artifacts: rows.slice(0, 5).map(({ uid }) => uid),
  labels: ['control'],
  create_missing: true,
});
await editArtifact(bench.context, { artifact: rows[0]?.uid ?? '', description: 'Ein Text.', kind: 'dataset' });
await bench.close();
const file = join(rawToDisplay(bench.context.folder), 'registry.db');
writeFileSync(`${target}.db.gz`, gzipSync(readFileSync(file), { level: 9 }));
writeFileSync(`${target}.json`, `${JSON.stringify(tellTables(file), null, 2)}\n`);
rmSync(base, { recursive: true });
