/** What was done, newest first: each transaction of the change log as one sentence, and whether it can be taken back. */
import type { Kysely } from 'kysely';
import type { TransactionRecord } from '../../shared/contract/index.ts';
import type { RegistryDB } from '../registry/schema.ts';
import { describeTransaction } from './describe-transaction.ts';
import { judgeTransaction } from './judge-transaction.ts';
import { countRecords, sampleOf, walkTransactions, type TransactionHead } from './read-transactions.ts';

/**
 * Of a large transaction only the first records are looked at, so `undoable` may turn out wrong when the others are:
 * then the undo says why, and nothing is changed.
 */
export async function listTransactions(
  context: { registry: Kysely<RegistryDB> },
  input: { limit: number; before?: number | null | undefined; operation?: readonly string[] | undefined },
): Promise<{ items: TransactionRecord[] }> {
  const db = context.registry;
  const heads = await walkTransactions(db, {
    before: input.before ?? null,
    limit: input.limit,
    operations: input.operation,
  });
  const users = await db.selectFrom('user').select(['id', 'handle']).execute();
  const handles = new Map(users.map(({ id, handle }) => [id, handle]));
  const items: TransactionRecord[] = [];
  for (const head of heads)
    items.push(await recordOf(db, head, handles.get(head.created_by_id) ?? String(head.created_by_id)));
  return { items };
}

async function recordOf(db: Kysely<RegistryDB>, head: TransactionHead, by: string): Promise<TransactionRecord> {
  const changes = await sampleOf(db, head);
  const counts = await countRecords(db, head);
  const { reason, undoneBy } = await judgeTransaction(db, head, changes);
  return {
    transaction: head.first,
    created_at: head.created_at,
    created_by: by,
    operation: head.operation,
    title: await describeTransaction(db, head, changes, counts),
    n: counts.records,
    undoable: reason === null,
    why_not: reason,
    undone_by: undoneBy,
  };
}
