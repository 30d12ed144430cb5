/** The change log as people read it: references by what they name. */
import type { Kysely, Selectable } from 'kysely';
import type { ChangeRecord } from '../../../shared/contract/index.ts';
import { BenchkeepError } from '../../../shared/errors.ts';
import type { ChangeTable, RegistryDB } from '../schema.ts';

type ChangeRow = Selectable<ChangeTable>;
type Fields = Record<string, unknown>;

export interface ViewChangesInput {
  /** ISO date or time: only changes from then on. */
  since?: string | null | undefined;
  limit: number;
  before?: number | null | undefined;
}

/** Latest changes, newest first. */
export async function viewChanges(
  context: { registry: Kysely<RegistryDB> },
  input: ViewChangesInput,
): Promise<{ items: ChangeRecord[] }> {
  const db = context.registry;
  let query = db.selectFrom('change').selectAll().orderBy('id', 'desc').limit(input.limit);
  if (typeof input.before === 'number') query = query.where('id', '<', input.before);
  if (typeof input.since === 'string') query = query.where('id', '>=', await firstSince(db, timeOf(input.since)));
  return { items: await changeRecords(db, await query.execute()) };
}

function timeOf(text: string): string {
  const time = /^\d{4}-\d{2}-\d{2}/.test(text) ? Date.parse(text) : Number.NaN;
  if (!Number.isNaN(time)) return new Date(time).toISOString();
  throw new BenchkeepError(
    'invalid_argument',
    `"${text.slice(0, 100)}" is not a time`,
    'Give a date or time such as 2026-11-01 or 2026-11-01T08:00.',
  );
}

/** The log has no index on time, but its ids grow with it: halving finds the first change of a time in 20 looks. */
async function firstSince(db: Kysely<RegistryDB>, time: string): Promise<number> {
  const last = await db.selectFrom('change').select('id').orderBy('id', 'desc').limit(1).executeTakeFirst();
  let low = 1;
  let high = (last?.id ?? 0) + 1;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const row = await db.selectFrom('change').select('created_at').where('id', '=', middle).executeTakeFirst();
    if (row !== undefined && row.created_at < time) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Fields that name a row of another table, by what is shown for it. */
const REFERENCES: Record<
  string,
  { table: 'storage' | 'user' | 'run' | 'transform' | 'ulabel' | 'artifact' | 'collection'; column: string; as: string }
> = {
  storage_id: { table: 'storage', column: 'uid', as: 'storage' },
  default_storage_id: { table: 'storage', column: 'uid', as: 'default_storage' },
  created_by_id: { table: 'user', column: 'handle', as: 'created_by' },
  run_id: { table: 'run', column: 'uid', as: 'run' },
  transform_id: { table: 'transform', column: 'uid', as: 'transform' },
  ulabel_id: { table: 'ulabel', column: 'name', as: 'ulabel' },
  type_id: { table: 'ulabel', column: 'name', as: 'type' },
  artifact_id: { table: 'artifact', column: 'uid', as: 'artifact' },
  collection_id: { table: 'collection', column: 'key', as: 'collection' },
};

/** `rows` with users, runs, storages and labels named, in a constant number of queries. */
export async function changeRecords(db: Kysely<RegistryDB>, rows: readonly ChangeRow[]): Promise<ChangeRecord[]> {
  const parsed = rows.map((row) => ({ row, before: fieldsOf(row.before), after: fieldsOf(row.after) }));
  const all = parsed.flatMap(({ row, before, after }) => [
    { created_by_id: row.created_by_id, run_id: row.run_id },
    before ?? {},
    after ?? {},
  ]);
  const names = await namesOf(db, all);
  const named = (fields: Fields | null): Fields | null => (fields === null ? null : nameReferences(fields, names));
  return parsed.map(({ row, before, after }) => ({
    id: row.id,
    transaction: row.tx,
    created_at: row.created_at,
    created_by: names.get(`user ${String(row.created_by_id)}`) ?? String(row.created_by_id),
    operation: row.operation,
    registry: row.registry,
    uid: row.uid,
    action: row.action,
    before: named(before),
    after: named(after),
    run: row.run_id === null ? null : (names.get(`run ${String(row.run_id)}`) ?? String(row.run_id)),
    note: row.note,
  }));
}

function fieldsOf(json: string | null): Fields | null {
  return json === null ? null : (JSON.parse(json) as Fields);
}

/** What is shown for `table id`. A row that is gone has no name: its id stays. */
async function namesOf(db: Kysely<RegistryDB>, all: readonly Fields[]): Promise<Map<string, string>> {
  const names = new Map<string, string>();
  const wanted = new Map<string, { column: string; ids: Set<number> }>();
  for (const fields of all) {
    for (const [field, { table, column }] of Object.entries(REFERENCES)) {
      const id = fields[field];
      if (typeof id !== 'number') continue;
      const ofTable = wanted.get(table) ?? { column, ids: new Set<number>() };
      wanted.set(table, ofTable);
      ofTable.ids.add(id);
    }
  }
  for (const [table, { column, ids }] of wanted) {
    const rows = await db
      .selectFrom(table as 'user')
      .select(['id', `${column} as name` as 'handle as name'])
      .where('id', 'in', [...ids])
      .execute();
    for (const { id, name } of rows) names.set(`${table} ${String(id)}`, name);
  }
  return names;
}

function nameReferences(fields: Fields, names: Map<string, string>): Fields {
  const named: Fields = {};
  for (const [field, value] of Object.entries(fields)) {
    const reference = REFERENCES[field];
    if (field === 'id') continue;
    // The first copy of an artifact, logged with it (`registry/change-hash`): of the same storage.
    if (field === 'copy' && typeof value === 'object' && value !== null) {
      const { artifact_id: _itself, ...copy } = value as Fields;
      named[field] = nameReferences(copy, names);
      continue;
    }
    if (reference === undefined) named[field] = value;
    else
      named[reference.as] =
        typeof value === 'number' ? (names.get(`${reference.table} ${value.toString()}`) ?? value) : value;
  }
  return named;
}
