/** What must hold between the tables of a registry. Inside one read transaction. */
import type { SqliteHandle } from '../ports/fs/sqlite-file.ts';
import { countArtifact, countLabel, type CountDeltas } from './facet-counts.ts';
import type { Problems } from './replay-log.ts';
import type { ArtifactRow } from './schema.ts';

const MOST = 20;
const PAGE = 5000;

/** The file itself, its full-text indexes, and what refers to what. */
export function* checkFile(sqlite: SqliteHandle): Problems {
  const integrity = sqlite.pragma(`integrity_check(${String(MOST)})`) as { integrity_check: string }[];
  for (const { integrity_check: text } of integrity) if (text !== 'ok') yield `The database file is damaged: ${text}`;
  yield null;
  const dangling = sqlite.pragma('foreign_key_check') as { table: string; rowid: number; parent: string }[];
  for (const { table, rowid, parent } of dangling.slice(0, MOST)) {
    yield `The row ${String(rowid)} of ${table} names a row of ${parent} that is not there.`;
  }
  yield null;
}

/** Each version family has exactly one newest. */
export function* checkVersions(sqlite: SqliteHandle): Problems {
  const rows = sqlite
    .prepare<[number], { stem_uid: string; newest: number }>(
      'SELECT stem_uid, sum(is_latest) AS newest FROM artifact GROUP BY stem_uid HAVING newest <> 1 LIMIT ?',
    )
    .all(MOST);
  for (const { stem_uid: stem, newest } of rows) {
    yield `The artifact ${stem} has ${String(newest)} newest versions instead of one.`;
  }
  yield null;
}

/** The kept counts and the full-text index are those of the artifacts. */
export function* checkDerived(sqlite: SqliteHandle): Problems {
  yield* checkCounts(sqlite);
  const shown = 'a.visibility = 1 AND a.is_latest = 1';
  for (const [table, rows] of [
    ['search_shown', shown],
    ['search_other', `NOT (${shown})`],
  ] as const) {
    // The index keeps a row of its own for each text it has.
    const missing = count(
      sqlite,
      `artifact a WHERE ${rows} AND NOT EXISTS (SELECT 1 FROM ${table}_docsize d WHERE d.id = a.id)`,
    );
    const extra = count(
      sqlite,
      `${table}_docsize d WHERE NOT EXISTS (SELECT 1 FROM artifact a WHERE a.id = d.id AND ${rows})`,
    );
    if (missing > 0) yield `${String(missing)} artifacts are missing from the search index.`;
    if (extra > 0) yield `${String(extra)} entries of the search index belong to no artifact.`;
    yield null;
  }
}

function count(sqlite: SqliteHandle, from: string): number {
  return sqlite.prepare<[], { n: number }>(`SELECT count(*) AS n FROM ${from}`).get()?.n ?? 0;
}

function* checkCounts(sqlite: SqliteHandle): Problems {
  const deltas: CountDeltas = new Map();
  const page = sqlite.prepare<[number, number], ArtifactRow>('SELECT * FROM artifact WHERE id > ? ORDER BY id LIMIT ?');
  for (let last = 0; ;) {
    const rows = page.all(last, PAGE);
    for (const row of rows) countArtifact(deltas, row, 1);
    last = rows.at(-1)?.id ?? last;
    yield null;
    if (rows.length < PAGE) break;
  }
  const labels = sqlite.prepare<[], { id: number; n: number }>(
    `SELECT l.ulabel_id AS id, count(*) AS n FROM artifact_ulabel l JOIN artifact a ON a.id = l.artifact_id
     WHERE a.visibility = 1 AND a.is_latest = 1 GROUP BY l.ulabel_id`,
  );
  for (const { id, n } of labels.all()) for (let i = 0; i < n; i++) countLabel(deltas, id, 1);
  const kept = sqlite
    .prepare<[], { facet: string; value: string; n: number }>('SELECT facet, value, n FROM facet_count')
    .all();
  for (const { facet, value, n } of kept) {
    const counted = deltas.get(facet)?.get(value) ?? 0;
    deltas.get(facet)?.delete(value);
    if (counted !== n) yield `The kept count of ${facet} "${value}" is ${String(n)}, but there are ${String(counted)}.`;
  }
  for (const [facet, values] of deltas) {
    for (const [value, n] of values) yield `The kept count of ${facet} "${value}" is gone; there are ${String(n)}.`;
  }
  yield null;
}
