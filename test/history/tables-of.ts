/** All rows of the tables that the change log follows, without when they were changed last. */
import type { Registry } from '../../src-main/registry/open-registry.ts';

const TABLES = [
  'instance',
  'user',
  'storage',
  'artifact',
  'copy',
  'tombstone',
  'transform',
  'run',
  'ulabel',
  'artifact_ulabel',
  'collection',
  'collection_artifact',
  'facet_count',
];

export function tablesOf({ sqlite }: Registry): Record<string, object[]> {
  return Object.fromEntries(
    TABLES.map((table) => {
      const order = table === 'facet_count' ? 'facet, value' : 'id';
      const rows = sqlite.prepare(`SELECT * FROM "${table}" ORDER BY ${order}`).all() as Record<string, unknown>[];
      return [table, rows.map(({ updated_at: _then, ...row }) => row)];
    }),
  );
}
