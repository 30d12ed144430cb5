/**
 * Transactions in the change log. The log has no index on them, and needs none: ids have no gap, and each change names
 * the first of its transaction, so that one look at the last change of a transaction leads to the one before it.
 */
import { sql, type Kysely, type Selectable } from 'kysely';
import type { ChangeTable, RegistryDB } from '../registry/schema.ts';

export type ChangeRow = Selectable<ChangeTable>;

/** `first` and `last` are ids of changes; `first` names the transaction. */
export interface TransactionHead {
  first: number;
  last: number;
  operation: string;
  created_at: string;
  created_by_id: number;
  run_id: number | null;
  note: string | null;
}

/** Changes of a large transaction that are looked at to describe it. */
const SAMPLE = 200;

/** Newest first, those before the change `before`; `operations`: only these. Stops at `limit`, whatever comes before. */
export async function walkTransactions(
  db: Kysely<RegistryDB>,
  { before, limit, operations }: { before: number | null; limit: number; operations?: readonly string[] | undefined },
): Promise<TransactionHead[]> {
  const wanted = operations === undefined ? sql`1` : sql`operation IN (${sql.join([...operations, ''])})`;
  const columns = sql`c.tx AS first, c.id AS last, c.operation, c.created_at, c.created_by_id, c.run_id, c.note`;
  const { rows } = await sql<TransactionHead>`
    WITH RECURSIVE walk (first, last, operation, created_at, created_by_id, run_id, note) AS (
      SELECT ${columns} FROM change c
      WHERE c.id = (SELECT max(id) FROM change WHERE id < ${before ?? Number.MAX_SAFE_INTEGER})
      UNION ALL
      SELECT ${columns} FROM walk JOIN change c ON c.id = walk.first - 1
    )
    SELECT * FROM walk WHERE ${wanted} LIMIT ${limit}`.execute(db);
  return rows;
}

/** The transaction that a change belongs to; null where there is no such change. */
export async function findTransaction(db: Kysely<RegistryDB>, change: number): Promise<TransactionHead | null> {
  const row = await db.selectFrom('change').select('tx').where('id', '=', change).executeTakeFirst();
  if (row === undefined) return null;
  const next = await db
    .selectFrom('change')
    .select('id')
    .where('id', '>', row.tx)
    .where('tx', '!=', row.tx)
    .orderBy('id')
    .limit(1)
    .executeTakeFirst();
  const [head = null] = await walkTransactions(db, { before: next?.id ?? null, limit: 1 });
  return head;
}

/** All of its changes, in order. */
export function changesOf(db: Kysely<RegistryDB>, { first, last }: TransactionHead): Promise<ChangeRow[]> {
  return db.selectFrom('change').selectAll().where('id', '>=', first).where('id', '<=', last).orderBy('id').execute();
}

/** All changes of its first records: enough to tell what it was, however large it is. */
export async function sampleOf(db: Kysely<RegistryDB>, head: TransactionHead): Promise<ChangeRow[]> {
  const { first, last } = head;
  if (last - first < 2 * SAMPLE) return changesOf(db, head);
  const begin = await db
    .selectFrom('change')
    .select('uid')
    .where('id', '>=', first)
    .where('id', '<', first + SAMPLE)
    .execute();
  return db
    .selectFrom('change')
    .selectAll()
    .where('uid', 'in', [...new Set(begin.map(({ uid }) => uid))])
    .where('id', '>=', first)
    .where('id', '<=', last)
    .orderBy('id')
    .execute();
}

/** Records by what was done to them, and all together. */
export interface TransactionCounts {
  records: number;
  of(registry: string, action: ChangeRow['action']): number;
}

export async function countRecords(
  db: Kysely<RegistryDB>,
  { first, last }: TransactionHead,
): Promise<TransactionCounts> {
  const range = db.selectFrom('change').where('id', '>=', first).where('id', '<=', last);
  const all = await range.select((e) => e.fn.count<number>('uid').distinct().as('n')).executeTakeFirstOrThrow();
  const rows = await range
    .select((e) => ['registry', 'action', e.fn.count<number>('uid').distinct().as('n')] as const)
    .groupBy(['registry', 'action'])
    .execute();
  return {
    records: all.n,
    of: (registry, action) => rows.find((row) => row.registry === registry && row.action === action)?.n ?? 0,
  };
}
