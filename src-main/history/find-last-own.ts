/** The transaction that "undo" without a name means. */
import type { Kysely } from 'kysely';
import type { RegistryDB } from '../registry/schema.ts';
import { judgeTransaction } from './judge-transaction.ts';
import { sampleOf, walkTransactions, type TransactionHead } from './read-transactions.ts';

const PAGE = 50;
/** Transactions that are looked through. */
const MOST = 2000;

/**
 * The newest that this person asked for and that can be taken back. What a watched folder did meanwhile is passed over
 * (its changes have a run), and undos are, so that one undo after the other goes further back. Null where none is.
 */
export async function findLastOwn(db: Kysely<RegistryDB>, userId: number): Promise<TransactionHead | null> {
  let before: number | null = null;
  for (let n = 0; n < MOST; n += PAGE) {
    const heads: TransactionHead[] = await walkTransactions(db, { before, limit: PAGE });
    for (const head of heads) {
      if (head.created_by_id !== userId || head.run_id !== null || head.operation === 'undo') continue;
      if ((await judgeTransaction(db, head, await sampleOf(db, head))).reason === null) return head;
    }
    const last = heads.at(-1);
    if (last === undefined || heads.length < PAGE) return null;
    before = last.first;
  }
  return null;
}
