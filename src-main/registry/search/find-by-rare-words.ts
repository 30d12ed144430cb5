/**
 * Several words of which one is nearly everywhere ("plate 45 fcs"): the index is asked for the rare ones, and the few
 * artifacts that they leave are looked at for the others. Asking the index for all cost ten times as much: a word of
 * which every sequence of three characters is in a million texts is put together anew for each text.
 */
import { sql, type Kysely, type RawBuilder, type SqlBool } from 'kysely';
import type { RegistryDB } from '../schema.ts';
import { allOf } from './condition.ts';
import { matchArgument } from './search-index.ts';

export interface RareBounds {
  /** A sequence whose text of this number has at most this id is broad: about one text in 25. */
  probed: number;
  broadUntil: number;
  /** More than these are not looked at one by one. */
  mostLookedAt: number;
  /** So many labels are looked through for words in their names. */
  mostLabels: number;
}

const BOUNDS: RareBounds = { probed: 100, broadUntil: 2500, mostLookedAt: 4000, mostLabels: 1000 };

/** Just one word of plain letters and digits: where in an artifact's texts it stands makes no difference. */
const PLAIN_WORD = /^[a-z0-9]{4,20}$/;

/** Ids of all shown artifacts that have all `terms`, ascending; null where asking the index for all is better. */
export async function findByRareWords(
  db: Kysely<RegistryDB>,
  terms: readonly string[],
  bounds: RareBounds = BOUNDS,
): Promise<number[] | null> {
  const broad = new Set<string>();
  if (terms.length < 2) return null;
  for (const term of terms) if (PLAIN_WORD.test(term) && (await isBroad(db, term, bounds))) broad.add(term);
  const rare = terms.filter((term) => !broad.has(term));
  if (broad.size === 0 || rare.length === 0) return null;

  const candidates = await idsOf(
    db,
    sql`SELECT rowid AS id FROM search_shown WHERE search_shown MATCH ${matchArgument(rare)} LIMIT ${bounds.mostLookedAt + 1}`,
  );
  if (candidates.length > bounds.mostLookedAt) return null;
  if (candidates.length === 0) return [];
  const labels = await db
    .selectFrom('ulabel')
    .select('id')
    .limit(bounds.mostLabels + 1)
    .execute();
  if (labels.length > bounds.mostLabels) return null;
  const wheres: RawBuilder<SqlBool>[] = [];
  for (const term of broad) wheres.push(await hasWord(db, term));
  const found = await idsOf(
    db,
    sql`SELECT d.value AS id FROM json_each(${JSON.stringify(candidates)}) d WHERE ${allOf(wheres)}`,
  );
  return found.sort((a, b) => a - b);
}

/** True if each sequence of three characters is: the rarest one bounds the word. */
async function isBroad(db: Kysely<RegistryDB>, term: string, { probed, broadUntil }: RareBounds): Promise<boolean> {
  for (let i = 0; i + 3 <= term.length; i++) {
    const { rows } = await sql<{ id: number }>`
      SELECT rowid AS id FROM search_shown WHERE search_shown MATCH ${matchArgument([term.slice(i, i + 3)])} LIMIT 1 OFFSET ${probed}`.execute(
      db,
    );
    const [row] = rows;
    if (row === undefined || row.id > broadUntil) return false;
  }
  return true;
}

/** About the id `d.value`. Labels first: they need no row of the artifact. */
async function hasWord(db: Kysely<RegistryDB>, term: string): Promise<RawBuilder<SqlBool>> {
  const labels = await idsOf(db, sql`SELECT id FROM ulabel WHERE bk_has_word(name, ${term})`);
  const labelled =
    labels.length === 0
      ? sql<SqlBool>`0`
      : sql<SqlBool>`EXISTS (SELECT 1 FROM artifact_ulabel l WHERE l.artifact_id = d.value AND +l.ulabel_id IN (${sql.join(labels)}))`;
  // The first part is one that most keys fulfil without being folded.
  return sql<SqlBool>`(${labelled} OR EXISTS (SELECT 1 FROM artifact a WHERE a.id = d.value
    AND (instr(lower(a.key), ${term}) > 0 OR bk_has_word(a.key, ${term}) OR bk_has_word(a.description, ${term}))))`;
}

async function idsOf(db: Kysely<RegistryDB>, ids: RawBuilder<unknown>): Promise<number[]> {
  const { rows } = await sql<{ ids: string }>`SELECT json_group_array(id) AS ids FROM (${ids})`.execute(db);
  return JSON.parse(rows[0]?.ids ?? '[]') as number[];
}
