/**
 * Says what is wrong with an instance and its files, by its own SQL and its own walk: nothing of the program is used
 * here, so that a mistake in it can't hide itself.
 */
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, lstatSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import Database from 'better-sqlite3';
import type { Acknowledged } from './operations.ts';

/** Every file below `root`: path below it to sha256. */
export function walkDisk(root: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const entry of readdirSync(root, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    found.set(relative(root, path), sha256(readFileSync(path)));
  }
  return found;
}

export function sha256(content: string | Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}

export interface Examined {
  /** In words; empty where all is well. */
  violations: string[];
  /** Of all that must not change by looking again. */
  state: string;
}

interface Change {
  id: number;
  operation: string;
  registry: string;
  uid: string;
  action: string;
  before: string | null;
  after: string | null;
  hash: string;
}

const CHANGE_COLUMNS = ['id', 'tx', 'created_at', 'created_by_id', 'operation', 'registry', 'uid', 'action', 'run_id'];
const TABLES_WITHOUT_UID = ['copy', 'tombstone', 'artifact_ulabel', 'collection_artifact'];
const TABLES_WITH_UID = ['instance', 'user', 'storage', 'artifact', 'transform', 'run', 'ulabel', 'collection'];

/** `folder`: the instance's; nobody may have it open. `root`: the watched folder, after a whole pass over it. */
export function examine(folder: string, root: string, acknowledged: readonly Acknowledged[], home: string): Examined {
  const violations: string[] = [];
  const place = mkdtempSync(join(tmpdir(), 'benchkeep-oracle-'));
  for (const name of ['registry.db', 'registry.db-wal', 'workstation.db', 'workstation.db-wal']) {
    try {
      copyFileSync(join(folder, name), join(place, name));
    } catch (error) {
      if (name.endsWith('.db')) throw error;
    }
  }
  const db = new Database(join(place, 'registry.db'));
  const workstation = new Database(join(place, 'workstation.db'));
  try {
    for (const each of [db, workstation]) checkSound(each, violations);
    checkSearch(db, violations);
    const changes = checkChain(db, violations);
    checkHead(folder, changes, violations);
    checkLogTellsRows(db, changes, violations);
    checkFamilies(db, violations);
    checkContent(db, root, violations);
    checkManaged(db, violations);
    checkInventory(db, workstation, violations);
    checkAcknowledged(db, acknowledged, violations);
    checkNothingPartial(home, root, violations);
    return { violations, state: stateOf(db, workstation) };
  } finally {
    db.close();
    workstation.close();
    rmSync(place, { recursive: true });
  }
}

function checkSound(db: Database.Database, violations: string[]): void {
  const integrity = db.pragma('integrity_check', { simple: true });
  if (integrity !== 'ok') violations.push(`integrity_check: ${String(integrity)}`);
  const foreign = db.pragma('foreign_key_check') as unknown[];
  if (foreign.length > 0) violations.push(`foreign_key_check: ${JSON.stringify(foreign)}`);
}

function checkSearch(db: Database.Database, violations: string[]): void {
  if (db.pragma('application_id', { simple: true }) !== 0x426e4b72) violations.push('application_id');
  for (const table of ['search_shown', 'search_other']) {
    try {
      db.exec(`INSERT INTO ${table} (${table}) VALUES ('integrity-check')`);
    } catch (error) {
      violations.push(`${table}: ${String(error)}`);
    }
  }
  const indexed = db
    .prepare('SELECT count(*) FROM (SELECT rowid FROM search_shown UNION ALL SELECT rowid FROM search_other)')
    .pluck()
    .get();
  const artifacts = db.prepare('SELECT count(*) FROM artifact').pluck().get();
  if (indexed !== artifacts) violations.push(`${String(indexed)} of ${String(artifacts)} artifacts can be searched`);
  const counted = db.prepare("SELECT coalesce(sum(n), 0) FROM facet_count WHERE facet = 'total'").pluck().get();
  if (counted !== artifacts) violations.push(`${String(counted)} of ${String(artifacts)} artifacts are counted`);
  const bySuffix = db.prepare("SELECT value, n FROM facet_count WHERE facet = 'suffix' ORDER BY value").raw().all();
  const real = db
    .prepare(
      'SELECT suffix, count(*) FROM artifact WHERE visibility = 1 AND is_latest = 1 GROUP BY suffix ORDER BY suffix',
    )
    .raw()
    .all();
  if (JSON.stringify(bySuffix) !== JSON.stringify(real))
    violations.push(`counts by suffix: ${JSON.stringify(bySuffix)}, not ${JSON.stringify(real)}`);
}

function checkChain(db: Database.Database, violations: string[]): Change[] {
  const changes = db.prepare('SELECT * FROM change ORDER BY id').all() as (Change & Record<string, unknown>)[];
  let before = '0'.repeat(64);
  for (const [index, change] of changes.entries()) {
    if (change.id !== index + 1) violations.push(`change ${String(change.id)} stands at place ${String(index + 1)}`);
    const note = change['note'] ?? null;
    const told = CHANGE_COLUMNS.map((column) => change[column] ?? null);
    const columns = JSON.stringify(note === null ? told : [...told, note]);
    before = sha256(`${before}\n${columns}\n${String(change['before'] ?? '')}\n${String(change['after'] ?? '')}`);
    if (change.hash !== before) violations.push(`the chain breaks at change ${String(change.id)}`);
  }
  return changes;
}

function checkHead(folder: string, changes: readonly Change[], violations: string[]): void {
  const head = JSON.parse(readFileSync(join(folder, 'head.json'), 'utf8')) as { id: number; hash: string };
  if (changes[head.id - 1]?.hash !== head.hash) violations.push('the head file is not in the chain');
}

/** What the log tells of each row, from its first change to its last, is the row that stands there. */
function checkLogTellsRows(db: Database.Database, changes: readonly Change[], violations: string[]): void {
  const uids = new Set<string>();
  const told = new Map<string, Record<string, unknown>>();
  for (const { registry, uid, action, before, after, operation } of changes) {
    const fields = JSON.parse(after ?? before ?? '{}') as Record<string, unknown>;
    // The first copy of an artifact is told with it.
    const { copy, ...own } = fields;
    if (copy !== undefined) told.set(rowName('copy', copy as Record<string, unknown>), copy as Record<string, unknown>);
    const row = rowName(registry, own);
    const name = `${registry} ${uid}`;
    if (action === 'insert' && TABLES_WITH_UID.includes(registry)) {
      if (uids.has(name) && operation !== 'undo') violations.push(`uid ${uid} is used twice`);
      uids.add(name);
    }
    // A storage that is added again is known by the marker that it left, which holds its uid.
    if (action === 'delete' && registry === 'storage') uids.delete(name);
    if (action === 'delete') told.delete(row);
    else told.set(row, { ...told.get(row), ...own });
  }
  const there = new Map<string, string>();
  for (const table of [...TABLES_WITH_UID, ...TABLES_WITHOUT_UID]) {
    for (const row of db.prepare(`SELECT * FROM "${table}"`).all() as Record<string, unknown>[])
      there.set(rowName(table, row), plain(row));
  }
  const expected = new Map([...told].map(([name, row]) => [name, plain(row)]));
  for (const name of new Set([...there.keys(), ...expected.keys()])) {
    if (there.get(name) !== expected.get(name))
      violations.push(
        `${name} is ${there.get(name) ?? 'not there'}; its log says ${expected.get(name) ?? 'not there'}`,
      );
  }
}

function rowName(table: string, row: Record<string, unknown>): string {
  return `${table} ${String(row['id'])}`;
}

function plain(row: Record<string, unknown>): string {
  const fields = Object.entries(row).map(([field, value]): [string, unknown] => [
    field,
    Buffer.isBuffer(value) ? value.toString() : value,
  ]);
  return JSON.stringify(fields.filter(([, value]) => value !== null).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function checkFamilies(db: Database.Database, violations: string[]): void {
  const families = db
    .prepare('SELECT substr(uid, 1, 16) AS stem, sum(is_latest) AS latest FROM artifact GROUP BY stem')
    .all() as { stem: string; latest: number }[];
  for (const { stem, latest } of families)
    if (latest !== 1) violations.push(`family ${stem} has ${String(latest)} newest versions`);
}

/** Each record that says its bytes are there has them; each file has its record; nothing is missing wrongly. */
function checkContent(db: Database.Database, root: string, violations: string[]): void {
  const disk = walkDisk(root);
  const rows = db
    .prepare(
      'SELECT a.key, a.sha256, a.size, a.state, a.state_reason, a.is_latest, c.path FROM artifact a JOIN storage s ON s.id = a.storage_id LEFT JOIN copy c ON c.artifact_id = a.id WHERE s.root = ?',
    )
    .all(root) as {
    key: string;
    sha256: string | null;
    size: number;
    state: string;
    state_reason: string | null;
    is_latest: number;
    path: Buffer | null;
  }[];
  const recorded = new Map<string, string | null>();
  const removed = new Set(
    (
      db
        .prepare('SELECT t.path, t.sha256 FROM tombstone t JOIN storage s ON s.id = t.storage_id WHERE s.root = ?')
        .raw()
        .all(root) as [Buffer, string | null][]
    ).map(([path, hash]) => `${path.toString()} ${hash ?? ''}`),
  );
  for (const row of rows) {
    if (row.path === null) {
      // The newest of its family too: another file was renamed over it.
      if (row.state !== 'missing' || row.state_reason !== 'overwritten')
        violations.push(`${row.key} has no copy and is ${row.state}`);
      continue;
    }
    const path = row.path.toString();
    const there = disk.get(path);
    if (row.state === 'missing' && row.state_reason === 'path-gone') {
      if (there === row.sha256) violations.push(`${path} is missing though it is there`);
      if (there === undefined) continue;
    } else {
      if (there !== row.sha256) violations.push(`${path} does not hash to its record`);
      if (row.state !== 'ok') violations.push(`${path} is ${row.state}`);
    }
    recorded.set(path, row.sha256);
  }
  for (const [path, hash] of disk)
    if (!recorded.has(path) && !removed.has(`${path} ${hash}`)) violations.push(`${path} was not found`);
}

/** Each copy in a managed storage has its bytes; nothing on its way to a name is left there. */
function checkManaged(db: Database.Database, violations: string[]): void {
  const roots = db.prepare("SELECT root FROM storage WHERE managed = 1 AND type = 'local'").pluck().all() as string[];
  for (const root of roots) {
    const disk = walkDisk(root);
    const copies = db
      .prepare(
        'SELECT c.path, a.sha256, a.n_files, a.state FROM copy c JOIN artifact a ON a.id = c.artifact_id JOIN storage s ON s.id = c.storage_id WHERE s.root = ?',
      )
      .all(root) as { path: Buffer; sha256: string; n_files: number | null; state: string }[];
    for (const { path, sha256: hash, n_files: files, state } of copies) {
      const below = [...disk.keys()].filter((name) => name.startsWith(`${path.toString()}/`));
      const whole = files === null ? disk.get(path.toString()) === hash : below.length === files;
      if (!whole) violations.push(`${path.toString()} in ${root} is not what its record says`);
      if (state !== 'ok') violations.push(`${path.toString()} in ${root} is ${state}`);
    }
    for (const name of disk.keys()) if (/\.benchkeep-/.test(name)) violations.push(`left behind: ${root}/${name}`);
  }
}

/** The inventory (what need not be read again) says of each file what its record says. */
function checkInventory(db: Database.Database, workstation: Database.Database, violations: string[]): void {
  const rows = workstation.prepare('SELECT folder, name, sha256, size, artifact_uid FROM inventory').all() as Record<
    string,
    unknown
  >[];
  const find = db.prepare('SELECT sha256, size FROM artifact WHERE uid = ?');
  // What was deleted on purpose is known, so that it is not read again and again.
  const removed = db.prepare('SELECT 1 FROM tombstone WHERE artifact_uid = ? AND sha256 = ?').pluck();
  for (const row of rows) {
    if (removed.get(row['artifact_uid'], row['sha256']) === 1) continue;
    const record = find.get(row['artifact_uid']) as { sha256: string; size: number } | undefined;
    if (record?.sha256 !== row['sha256'] || record?.size !== row['size'])
      violations.push(`the inventory of ${String(row['name'])} does not agree with its record`);
  }
}

function checkAcknowledged(db: Database.Database, acknowledged: readonly Acknowledged[], violations: string[]): void {
  // A later word about the same thing takes the place of an earlier one.
  const last = new Map<string, Acknowledged>();
  for (const what of acknowledged) last.set(subjectOf(what), what);
  for (const what of last.values()) {
    if (!isTrue(db, what)) violations.push(`lost though confirmed: ${JSON.stringify(what)}`);
  }
}

function subjectOf(what: Acknowledged): string {
  switch (what.kind) {
    case 'artifact':
      return what.key;
    case 'label':
      return `${what.name} ${what.key}`;
    case 'storage':
      return what.root;
    case 'file':
      return what.path;
    case 'visibility':
      return what.uid;
  }
}

function isTrue(db: Database.Database, what: Acknowledged): boolean {
  const count = (sql: string, ...values: string[]): number =>
    db
      .prepare(sql)
      .pluck()
      .get(...values) as number;
  switch (what.kind) {
    case 'artifact':
      return count('SELECT count(*) FROM artifact WHERE key = ? AND sha256 = ?', what.key, what.sha256) > 0;
    case 'visibility':
      return (
        (db.prepare('SELECT visibility FROM artifact WHERE uid = ?').pluck().get(what.uid) ?? null) === what.visibility
      );
    case 'file':
      return existsSync(what.path) === what.there;
    case 'storage':
      // Not there was confirmed last, or there and perhaps removed by a step that was not confirmed any more.
      return what.there
        ? count(
            "SELECT count(*) FROM change WHERE registry = 'storage' AND action = 'insert' AND after LIKE ?",
            `%${what.root}"%`,
          ) > 0
        : count('SELECT count(*) FROM storage WHERE root = ?', what.root) === 0;
    case 'label': {
      const on = count(
        'SELECT count(*) FROM artifact_ulabel l JOIN ulabel u ON u.id = l.ulabel_id JOIN artifact a ON a.id = l.artifact_id WHERE u.name = ? AND a.key = ?',
        what.name,
        what.key,
      );
      const removed = count("SELECT count(*) FROM change WHERE registry = 'artifact_ulabel' AND action = 'delete'");
      return what.on ? on > 0 || removed > 0 : on === 0;
    }
  }
}

/** No file on its way to its name is left, neither beside the registry nor among the files. */
function checkNothingPartial(home: string, root: string, violations: string[]): void {
  for (const place of [home, root]) {
    for (const name of readdirSync(place, { recursive: true, encoding: 'utf8' })) {
      if (/\.benchkeep-|\.tmp$/.test(name) && lstatSync(join(place, name)).isFile())
        violations.push(`left behind: ${name}`);
    }
  }
}

function stateOf(db: Database.Database, workstation: Database.Database): string {
  const tables = ['change', ...TABLES_WITH_UID, 'copy', 'artifact_ulabel', 'facet_count'].map((table) =>
    db.prepare(`SELECT * FROM "${table}"`).all(),
  );
  return JSON.stringify([
    tables,
    workstation.prepare('SELECT * FROM inventory').all(),
    workstation.prepare('SELECT path, state, cause FROM inbox').all(),
  ]);
}
