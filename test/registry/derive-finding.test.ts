import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { searchableText } from '../../shared/search-terms.ts';
import type { RegistryWrite } from '../../src-main/registry/change-log.ts';
import { rebuildFinding } from '../../src-main/registry/derive-finding.ts';
import {
  artifactRow,
  insertLabel,
  insertLink,
  insertStorage,
  openTestRegistry,
  type TestRegistry,
} from './open-test-registry.ts';

let test: TestRegistry;
beforeEach(async () => {
  test = await openTestRegistry();
  await test.write((write) => {
    insertStorage(write, 'storage00001', '/data/a');
    insertStorage(write, 'storage00002', '/data/b');
    for (const name of ['IFNG', 'control', 'plate 7']) insertLabel(write, `lab${name.slice(0, 5)}`, name);
  });
});
afterEach(() => test.close());

/** Counts as a scan of the tables has them, under the names that are kept. */
function scanned(): Record<string, number> {
  const shown = 'visibility = 1 AND is_latest = 1';
  const rows = test.registry.sqlite
    .prepare(
      `SELECT 'total' AS facet, visibility || ':' || is_latest AS value, count(*) AS n FROM artifact GROUP BY 2
       UNION ALL SELECT 'suffix', suffix, count(*) FROM artifact WHERE ${shown} GROUP BY suffix
       UNION ALL SELECT 'storage', storage_id, count(*) FROM artifact WHERE ${shown} GROUP BY storage_id
       UNION ALL SELECT 'kind', kind, count(*) FROM artifact WHERE ${shown} AND kind IS NOT NULL GROUP BY kind
       UNION ALL SELECT 'state', storage_id || ':' || state, count(*) FROM artifact WHERE ${shown} GROUP BY storage_id, state
       UNION ALL SELECT 'created_by', created_by_id, count(*) FROM artifact WHERE ${shown} GROUP BY created_by_id
       UNION ALL SELECT 'ulabel', l.ulabel_id, count(*) FROM artifact_ulabel l JOIN artifact ON artifact.id = l.artifact_id
         WHERE ${shown} GROUP BY l.ulabel_id`,
    )
    .all() as { facet: string; value: string; n: number }[];
  return Object.fromEntries(rows.map(({ facet, value, n }) => [`${facet} ${String(value)}`, n]));
}

function kept(): Record<string, number> {
  const rows = test.registry.sqlite.prepare('SELECT facet, value, n FROM facet_count').all() as {
    facet: string;
    value: string;
    n: number;
  }[];
  return Object.fromEntries(rows.map(({ facet, value, n }) => [`${facet} ${value}`, n]));
}

/** Every (trigram, artifact) of both tables as the index has them. */
function indexed(): string[] {
  const { sqlite } = test.registry;
  const found: string[] = [];
  for (const table of ['search_shown', 'search_other']) {
    sqlite.exec(`CREATE VIRTUAL TABLE IF NOT EXISTS temp.${table}_terms USING fts5vocab(main, ${table}, instance)`);
    const rows = sqlite.prepare(`SELECT term, doc, offset FROM temp.${table}_terms`).all() as {
      term: string;
      doc: number;
      offset: number;
    }[];
    for (const { term, doc, offset } of rows) found.push(`${table} ${String(doc)} ${String(offset)} ${term}`);
  }
  return found.sort();
}

/** The same from the tables, by the definition of a trigram. */
function expectedIndex(): string[] {
  const { sqlite } = test.registry;
  const rows = sqlite.prepare('SELECT id, key, description, visibility, is_latest FROM artifact').all() as Record<
    string,
    never
  >[];
  const labels = sqlite.prepare(
    'SELECT name FROM ulabel JOIN artifact_ulabel ON ulabel_id = ulabel.id WHERE artifact_id = ? ORDER BY name',
  );
  const expected: string[] = [];
  for (const row of rows) {
    const names = (labels.all(row['id']) as { name: string }[]).map(({ name }) => name);
    const text = [...[row['key'] ?? '', row['description'] ?? '', ...names].map(searchableText).join('')];
    const table = row['visibility'] === 1 && row['is_latest'] === 1 ? 'search_shown' : 'search_other';
    for (let i = 0; i + 3 <= text.length; i++)
      expected.push(`${table} ${String(row['id'])} ${String(i)} ${text.slice(i, i + 3).join('')}`);
  }
  return expected.sort();
}

type Step = { kind: string; a: number; b: number; text: string };
const step: fc.Arbitrary<Step> = fc.record({
  kind: fc.constantFrom(
    'insert',
    'version',
    'trash',
    'restore',
    'label',
    'unlabel',
    'rename',
    'describe',
    'delete',
    'state',
  ),
  a: fc.nat(1000),
  b: fc.nat(1000),
  text: fc.constantFrom(
    'run 7',
    'Größe/x.fcs',
    'Gro\u0308ße.TXT',
    'plate_0001',
    '',
    'ab',
    '細胞 42',
    'ΣΑΣ',
    'a"b* OR c',
  ),
});

async function apply(write: RegistryWrite, { kind, a, b, text }: Step, count: { n: number }): Promise<void> {
  const artifacts = await write.tx.selectFrom('artifact').selectAll().orderBy('id').execute();
  const labels = await write.tx.selectFrom('ulabel').selectAll().orderBy('id').execute();
  const artifact = artifacts[a % Math.max(1, artifacts.length)];
  const label = labels[b % labels.length];
  const link = await write.tx
    .selectFrom('artifact_ulabel')
    .selectAll()
    .where('artifact_id', '=', artifact?.id ?? 0)
    .where('ulabel_id', '=', label?.id ?? 0)
    .executeTakeFirst();
  if (kind === 'insert' || artifact === undefined || label === undefined) {
    const suffix = ['.csv', '', '.fcs'][a % 3] ?? '';
    write.insert('artifact', [
      artifactRow(++count.n, {
        key: text === '' ? null : text,
        suffix,
        storage_id: (b % 2) + 1,
        kind: b % 3 === 0 ? 'dataset' : null,
      }),
    ]);
  } else if (kind === 'version') {
    const latest = artifacts.find((row) => row.stem_uid === artifact.stem_uid && row.is_latest === 1);
    if (latest !== undefined) await write.update('artifact', latest.id, { is_latest: 0 });
    const uid = artifact.stem_uid + String(1000 + ++count.n);
    write.insert('artifact', [{ ...artifactRow(0, { stem_uid: artifact.stem_uid, key: artifact.key }), uid }]);
  } else if (kind === 'trash') await write.update('artifact', artifact.id, { visibility: -1 });
  else if (kind === 'restore') await write.update('artifact', artifact.id, { visibility: 1 });
  else if (kind === 'describe') await write.update('artifact', artifact.id, { description: text });
  else if (kind === 'state') await write.update('artifact', artifact.id, { state: b % 2 === 0 ? 'missing' : 'ok' });
  else if (kind === 'label' && link === undefined) insertLink(write, artifact.id, label.id);
  else if (kind === 'unlabel' && link !== undefined) await write.remove('artifact_ulabel', link.id, artifact.uid);
  else if (kind === 'rename') await write.update('ulabel', label.id, { name: `${text} ${String(label.id)}` });
  else if (kind === 'delete') {
    const links = await write.tx
      .selectFrom('artifact_ulabel')
      .selectAll()
      .where('artifact_id', '=', artifact.id)
      .execute();
    for (const { id } of links) await write.remove('artifact_ulabel', id, artifact.uid);
    await write.remove('artifact', artifact.id);
  }
}

describe('what finding stands on', () => {
  it('is after any writes what a scan of the tables says, and a rebuild changes nothing', async () => {
    const count = { n: 0 };
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(step, { minLength: 1, maxLength: 8 }), { minLength: 1, maxLength: 6 }),
        async (transactions) => {
          for (const steps of transactions) {
            await test.write(async (write) => {
              for (const one of steps) await apply(write, one, count);
            });
            expect(kept()).toEqual(scanned());
          }
          const index = indexed();
          expect(index).toEqual(expectedIndex());
          const before = kept();
          await rebuildFinding(test.registry);
          expect(indexed()).toEqual(index);
          expect(kept()).toEqual(before);
        },
      ),
      { numRuns: 40 },
    );
  });

  it('rolls back with the transaction', async () => {
    await expect(
      test.write((write) => {
        write.insert('artifact', [artifactRow(1)]);
        throw new Error('stop');
      }),
    ).rejects.toThrow('stop');
    expect(kept()).toEqual({});
    expect(indexed()).toEqual([]);
  });

  it('knows from which id on the order of ids is the order of time', async () => {
    const from = (): unknown =>
      test.registry.sqlite.prepare(`SELECT value FROM finding WHERE name = 'ordered_from'`).pluck().get();
    const insert = (n: number, created: string): Promise<number[]> =>
      test.write((write) =>
        write.insert('artifact', [artifactRow(n, { created_at: `2026-11-${created}T00:00:00.000Z` })]),
      );
    await insert(1, '02');
    await insert(2, '02');
    expect(from()).toBe('1');
    await insert(3, '01');
    expect(from()).toBe('4');
    await insert(4, '03');
    expect(from()).toBe('4');
  });
});
