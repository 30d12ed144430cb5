/** How long a file must stay unchanged in a storage, ms. */
import type { StorageRow } from '../registry/schema.ts';
import { isNetworkRoot } from '../storage/index.ts';
import { SETTLE_LOCAL, SETTLE_NETWORK } from './stability.ts';
import { ruleFromRow } from './watch-rule.ts';

export async function settleTime(storage: StorageRow): Promise<number> {
  const { settle } = ruleFromRow(storage.watch_rule);
  if (settle !== null) return settle * 1000;
  return (await isNetworkRoot(storage)) ? SETTLE_NETWORK : SETTLE_LOCAL;
}
