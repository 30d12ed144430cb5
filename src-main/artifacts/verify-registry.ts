/** Is the registry sound, and does its change log tell how it came to be what it is? */
import { changeHash, EMPTY_LOG_HASH, toLoggedJson } from '../registry/change-hash.ts';
import type { Registry } from '../registry/open-registry.ts';
import type { LoggedTable } from '../registry/schema.ts';

/** Changes and rows of one reading. */
const PAGE = 2000;
const LOGGED: readonly LoggedTable[] = [
  'instance',
  'user',
  'storage',
  'artifact',
  'copy',
  'tombstone',
  'transform',
  'run',
  'ulabel',
  'artifact_ulabel',
  'collection',
  'collection_artifact',
];

/** What is wrong, in plain words; empty where nothing is. Reads everything. */
export async function verifyRegistry(registry: Registry): Promise<string[]> {
  const problems = [...verifyFile(registry), ...(await verifyVersions(registry))];
  const replayed = new Map<string, Record<string, unknown>>();
  problems.push(...(await verifyChain(registry, replayed)));
  problems.push(...(await compareTables(registry, replayed)));
  return problems;
}

function verifyFile({ sqlite }: Registry): string[] {
  const integrity = sqlite.pragma('integrity_check(20)', { simple: false }) as { integrity_check: string }[];
  const broken = integrity.map((row) => row.integrity_check).filter((text) => text !== 'ok');
  const dangling = sqlite.pragma('foreign_key_check') as { table: string; rowid: number }[];
  return [
    ...broken.map((text) => `The database file is damaged: ${text}`),
    ...dangling
      .slice(0, 20)
      .map(({ table, rowid }) => `Row ${String(rowid)} of ${table} names a record that is not there`),
  ];
}

async function verifyVersions({ db }: Registry): Promise<string[]> {
  const rows = await db
    .selectFrom('artifact')
    .select(['stem_uid', (eb) => eb.fn.sum<number>('is_latest').as('latest')])
    .groupBy('stem_uid')
    .having((eb) => eb.fn.sum<number>('is_latest'), '!=', 1)
    .limit(20)
    .execute();
  return rows.map(
    ({ stem_uid, latest }) => `The family ${stem_uid} has ${String(latest)} newest versions instead of one`,
  );
}

/** Follows the chain from the first change and keeps what each row should be now. */
async function verifyChain({ db }: Registry, replayed: Map<string, Record<string, unknown>>): Promise<string[]> {
  const problems: string[] = [];
  let hash = EMPTY_LOG_HASH;
  let last = 0;
  for (;;) {
    const changes = await db
      .selectFrom('change')
      .selectAll()
      .where('id', '>', last)
      .orderBy('id')
      .limit(PAGE)
      .execute();
    for (const change of changes) {
      if (change.id !== last + 1)
        problems.push(`Changes ${String(last + 1)} to ${String(change.id - 1)} are gone from the log`);
      const { hash: recorded, ...row } = change;
      const expected = changeHash(hash, row);
      if (expected !== recorded) problems.push(`Change ${String(change.id)} was altered after it was written`);
      hash = recorded;
      last = change.id;
      replay(replayed, change);
      if (problems.length > 20) return problems;
    }
    if (changes.length < PAGE) return problems;
  }
}

interface LoggedChange {
  registry: string;
  action: 'insert' | 'update' | 'delete';
  uid: string;
  before: string | null;
  after: string | null;
}

function replay(replayed: Map<string, Record<string, unknown>>, change: LoggedChange): void {
  const after = change.after === null ? null : (JSON.parse(change.after) as Record<string, unknown>);
  const before = change.before === null ? null : (JSON.parse(change.before) as Record<string, unknown>);
  if (change.action === 'insert' && after !== null) replayed.set(rowKey(change.registry, after['id']), after);
  else if (change.action === 'delete' && before !== null) replayed.delete(rowKey(change.registry, before['id']));
  else if (after !== null) {
    const row = replayed.get(rowKey(change.registry, after['id']));
    if (row !== undefined) Object.assign(row, after);
  }
}

function rowKey(table: string, id: unknown): string {
  return `${table} ${String(id)}`;
}

async function compareTables({ db }: Registry, replayed: Map<string, Record<string, unknown>>): Promise<string[]> {
  const problems: string[] = [];
  for (const table of LOGGED) {
    for (let last = 0; ;) {
      const rows = await db
        .selectFrom(table as 'user')
        .selectAll()
        .where('id', '>', last)
        .orderBy('id')
        .limit(PAGE)
        .execute();
      for (const row of rows) {
        last = row.id;
        const logged = replayed.get(rowKey(table, row.id));
        replayed.delete(rowKey(table, row.id));
        if (logged === undefined) problems.push(`Row ${String(row.id)} of ${table} was written past the change log`);
        else {
          const field = differing(row, logged);
          if (field !== null)
            problems.push(`${field} of row ${String(row.id)} of ${table} differs from what the change log says`);
        }
        if (problems.length > 20) return problems;
      }
      if (rows.length < PAGE) break;
    }
  }
  for (const key of [...replayed.keys()].slice(0, 20))
    problems.push(`The change log knows ${key}, but the row is gone`);
  return problems;
}

function differing(row: object, logged: Record<string, unknown>): string | null {
  const now = JSON.parse(toLoggedJson(row)) as Record<string, unknown>;
  return Object.keys(now).find((field) => JSON.stringify(now[field]) !== JSON.stringify(logged[field] ?? null)) ?? null;
}
