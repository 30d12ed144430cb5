/** A search as a condition: all words, in any order; or the beginning of a uid. */
import { sql, type Kysely, type SqlBool } from 'kysely';
import { searchTerms } from '../../../shared/search-terms.ts';
import type { RegistryDB } from '../schema.ts';
import { isShownScope, type Condition, type Scope } from './condition.ts';
import { findByRareWords } from './find-by-rare-words.ts';
import { matchArgument } from './search-index.ts';

const UID_PREFIX = /^[0-9A-Za-z]{8,20}$/;

/** Null where what was typed restricts nothing yet (nothing, or single letters). */
export async function searchCondition(db: Kysely<RegistryDB>, typed: string, scope: Scope): Promise<Condition | null> {
  const terms = searchTerms(typed);
  if (terms.length === 0) return null;
  const match = matchArgument(terms);
  const text = typed.trim();
  if (UID_PREFIX.test(text) && (await isUidPrefix(db, text))) {
    const both = sql`(SELECT rowid AS id FROM search_shown WHERE search_shown MATCH ${match}
      UNION SELECT rowid FROM search_other WHERE search_other MATCH ${match}
      UNION SELECT id FROM artifact WHERE uid >= ${text} AND uid < ${text + '~'})`;
    return fromUnion(both);
  }
  if (isShownScope(scope)) {
    const ids = await findByRareWords(db, terms);
    if (ids !== null) return fromIds(ids);
    return {
      where: sql<SqlBool>`a.id IN (SELECT rowid FROM search_shown WHERE search_shown MATCH ${match})`,
      driver: {
        from: sql`search_shown s`,
        where: sql<SqlBool>`search_shown MATCH ${match}`,
        id: sql<number>`s.rowid`,
        streams: true,
        has: 'just the list',
      },
    };
  }
  return fromUnion(sql`(SELECT rowid AS id FROM search_shown WHERE search_shown MATCH ${match}
    UNION ALL SELECT rowid FROM search_other WHERE search_other MATCH ${match})`);
}

function fromIds(ids: readonly number[]): Condition {
  const list = JSON.stringify(ids);
  return {
    where: sql<SqlBool>`a.id IN (SELECT value FROM json_each(${list}))`,
    driver: {
      from: sql`json_each(${list}) d`,
      where: sql<SqlBool>`1`,
      id: sql<number>`d.value`,
      // So few are sorted at once.
      streams: true,
      has: 'just the list',
    },
  };
}

function fromUnion(ids: ReturnType<typeof sql>): Condition {
  return {
    where: sql<SqlBool>`a.id IN ${ids}`,
    driver: {
      from: sql`${ids} s`,
      where: sql<SqlBool>`1`,
      id: sql<number>`s.id`,
      streams: false,
      has: 'the condition',
    },
  };
}

async function isUidPrefix(db: Kysely<RegistryDB>, text: string): Promise<boolean> {
  const row = await db
    .selectFrom('artifact')
    .select('id')
    .where('uid', '>=', text)
    .where('uid', '<', `${text}~`)
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}
