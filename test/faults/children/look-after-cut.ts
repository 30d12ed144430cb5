/** Opens the instance on the given disk as the next start does, and tells which files it knows and what is wrong with it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { rawToDisplay } from '../../../src-main/ports/fs/raw-path.ts';
import { openCrashBench, watchedRoot } from '../crash/crash-bench.ts';
import { examine } from '../crash/oracle.ts';

const [disk = ''] = process.argv.slice(2);
const bench = await openCrashBench(disk);
const known = await bench.context.registry.db.selectFrom('artifact').select('key').orderBy('id').execute();
const warnings = [...bench.context.warnings];
await bench.close();
const folder = rawToDisplay(bench.context.folder);
const db = new Database(join(folder, 'registry.db'), { readonly: true });
const sound: unknown = db.pragma('integrity_check', { simple: true });
db.close();
// The files themselves were not synced by who wrote them; only what is there can be asked for.
const violations = examine(folder, watchedRoot(disk), [], join(disk, 'home')).violations.filter(
  (text) => !/does not hash to its record|was not found/.test(text),
);
process.stdout.write(
  JSON.stringify({
    known: known.map(({ key }) => key),
    warnings,
    sound,
    violations,
    head: readFileSync(join(folder, 'head.json'), 'utf8'),
  }),
);
