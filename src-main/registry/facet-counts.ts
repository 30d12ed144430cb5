/** Counts that are kept with every write, so that neither the filter bar nor a list's total ever scans. */
import type { SqliteHandle } from '../ports/fs/sqlite-file.ts';
import type { ArtifactRow } from './schema.ts';
import { isShown } from './search/search-index.ts';

/** By facet, by value, what is to be added. */
export type CountDeltas = Map<string, Map<string, number>>;

/**
 * Facets of artifacts that are shown and newest. Values are ids for `storage`, `created_by` and `ulabel`, so that a
 * rename costs nothing. `state` is kept by storage (`storage_id:state`): what is offline is known only when it is read.
 * `total` counts all artifacts, by `visibility:is_latest`.
 */
export function countArtifact(deltas: CountDeltas, artifact: ArtifactRow, n: 1 | -1): void {
  add(deltas, 'total', totalValue(artifact.visibility, artifact.is_latest), n);
  if (!isShown(artifact)) return;
  add(deltas, 'suffix', artifact.suffix, n);
  add(deltas, 'storage', String(artifact.storage_id), n);
  if (artifact.kind) add(deltas, 'kind', artifact.kind, n);
  add(deltas, 'state', `${String(artifact.storage_id)}:${artifact.state}`, n);
  add(deltas, 'created_by', String(artifact.created_by_id), n);
}

export function countLabel(deltas: CountDeltas, ulabelId: number, n: 1 | -1): void {
  add(deltas, 'ulabel', String(ulabelId), n);
}

export function totalValue(visibility: number, isLatest: number): string {
  return `${String(visibility)}:${String(isLatest)}`;
}

function add(deltas: CountDeltas, facet: string, value: string, n: number): void {
  const values = deltas.get(facet) ?? new Map<string, number>();
  if (values.size === 0) deltas.set(facet, values);
  values.set(value, (values.get(value) ?? 0) + n);
}

interface Statements {
  add(facet: string, value: string, n: number): void;
  removeEmpty(facet: string, value: string): void;
}

const prepared = new WeakMap<SqliteHandle, Statements>();

/** Only inside a transaction of the connection. A count that falls to 0 is removed. */
export function addCounts(sqlite: SqliteHandle, deltas: CountDeltas): void {
  const statements = prepared.get(sqlite) ?? prepare(sqlite);
  for (const [facet, values] of deltas) {
    for (const [value, n] of values) {
      if (n === 0) continue;
      statements.add(facet, value, n);
      if (n < 0) statements.removeEmpty(facet, value);
    }
  }
}

function prepare(sqlite: SqliteHandle): Statements {
  const add = sqlite.prepare(
    'INSERT INTO facet_count (facet, value, n) VALUES (?, ?, ?) ON CONFLICT (facet, value) DO UPDATE SET n = n + excluded.n',
  );
  const removeEmpty = sqlite.prepare('DELETE FROM facet_count WHERE facet = ? AND value = ? AND n = 0');
  const statements: Statements = {
    add: (facet, value, n) => void add.run(facet, value, n),
    removeEmpty: (facet, value) => void removeEmpty.run(facet, value),
  };
  prepared.set(sqlite, statements);
  return statements;
}
