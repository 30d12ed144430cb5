/**
 * Newest first must not sort a million matches. Ids grow with time, so the order of ids is the order of `created_at`,
 * except where a clock was set back or older records were brought in. `ordered_from` is the first id from which on,
 * to the end, every artifact is at least as young as all before it: there a search may read its matches from the end.
 */
import type { Kysely, Transaction } from 'kysely';
import type { ArtifactRow, RegistryDB } from './schema.ts';

interface Artifacts {
  inserted: readonly Pick<ArtifactRow, 'id' | 'created_at'>[];
  updated: readonly { before: ArtifactRow; after: ArtifactRow }[];
}

export async function keepOrder(tx: Transaction<RegistryDB>, { inserted, updated }: Artifacts): Promise<void> {
  const redated = updated.some(({ before, after }) => before.created_at !== after.created_at);
  if (inserted.length === 0 && !redated) return;
  const kept = await tx.selectFrom('finding').selectAll().execute();
  const old = Object.fromEntries(kept.map(({ name, value }) => [name, value]));
  let newest = old['newest'] ?? '';
  let from = Number(old['ordered_from'] ?? 1);
  for (const { id, created_at: created } of inserted) {
    if (created >= newest) newest = created;
    // One that was removed and comes back under its old id does not tell of those after it.
    else from = Math.max(from, id + 1);
  }
  if (redated) {
    const last = await tx
      .selectFrom('artifact')
      .select((e) => e.fn.max('id').as('id'))
      .executeTakeFirst();
    from = Math.max(from, (last?.id ?? 0) + 1);
    for (const { after } of updated) if (after.created_at > newest) newest = after.created_at;
  }
  const rows = [
    { name: 'newest' as const, value: newest },
    { name: 'ordered_from' as const, value: String(from) },
  ].filter(({ name, value }) => old[name] !== value);
  if (rows.length === 0) return;
  await tx
    .insertInto('finding')
    .values(rows)
    .onConflict((conflict) => conflict.column('name').doUpdateSet((e) => ({ value: e.ref('excluded.value') })))
    .execute();
}

export async function orderedFrom(db: Kysely<RegistryDB>): Promise<number> {
  const row = await db.selectFrom('finding').select('value').where('name', '=', 'ordered_from').executeTakeFirst();
  return Number(row?.value ?? 1);
}
