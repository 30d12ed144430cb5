import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listArtifactsInput, type ListArtifactsInput, type SortField } from '../../shared/contract/artifacts.ts';
import type { ArtifactRecord } from '../../shared/contract/index.ts';
import { BenchkeepError } from '../../shared/errors.ts';
import { parseFilter } from '../../shared/filters/index.ts';
import { matchesTerms, searchTerms } from '../../shared/search-terms.ts';
import { listArtifacts, type ReadContext } from '../../src-main/artifacts/index.ts';
import { filterConditions } from '../../src-main/registry/queries/filter-conditions.ts';
import { artifactPage } from '../../src-main/registry/search/artifact-page.ts';
import { SHOWN } from '../../src-main/registry/search/condition.ts';
import { searchCondition } from '../../src-main/registry/search/search-condition.ts';
import type { NewArtifactRow } from '../../src-main/registry/schema.ts';
import { fits, type Plain } from '../registry/evaluate-filter.ts';
import {
  artifactRow,
  insertLabel,
  insertLink,
  insertStorage,
  openTestRegistry,
  WORKSTATION,
  type TestRegistry,
} from '../registry/open-test-registry.ts';

let test: TestRegistry;
let context: ReadContext;
let plain: Plain[];

const KEYS = [
  'run7/plate_01.fcs',
  'run7/plate_02.csv',
  'RUN7/Plate 1.fcs',
  'Größe/a.txt',
  'Gro\u0308ße/a.txt',
  'ΣΑΣ.dat',
  '100%_a*b?.csv',
  'a\\b.tsv',
  "O'Hara; DROP TABLE artifact;--.csv",
  '細胞/データ.tif',
  'emoji 😀.png',
  'x',
  'İstanbul.csv',
  null,
];
const SUFFIXES = ['.fcs', '.csv', '.txt', ''];

async function open(clock: 'steady' | 'set back'): Promise<void> {
  test = await openTestRegistry();
  context = { registry: test.registry.db, workstation: test.workstation.db, workstationUid: WORKSTATION };
  const now = '2026-11-01T08:00:00.000Z';
  await test.write((write) => {
    write.insert('user', [{ uid: 'user0002', handle: 'bob', name: null, created_at: now, updated_at: now }]);
    insertStorage(write, 'storage00001', '/data/flow');
    insertStorage(write, 'storage00002', '/data/other', 'elsewhere0001');
    for (const name of ['IFNG', 'control', 'ß-actin', 'never']) insertLabel(write, `label${name.slice(0, 3)}`, name);
    write.insert('transform', [
      {
        uid: 'transform0000001',
        stem_uid: 'transform000',
        key: 'reader',
        description: null,
        kind: 'instrument',
        source_code: null,
        hash: null,
        is_latest: 1,
        version: null,
        created_by_id: 1,
        created_at: now,
        updated_at: now,
      },
    ]);
    write.insert('run', [
      {
        uid: 'run0000000000001',
        transform_id: 1,
        started_at: now,
        finished_at: null,
        created_by_id: 2,
        created_at: now,
      },
    ]);
    write.insert('collection', [
      {
        uid: 'collection0000000000',
        stem_uid: 'collection000000',
        key: 'all of it',
        description: null,
        hash: null,
        is_latest: 1,
        version: null,
        visibility: 1,
        run_id: null,
        created_by_id: 1,
        created_at: now,
        updated_at: now,
      },
    ]);
  });
  for (let i = 0; i < 300; i++) {
    // After a clock was set back ids and times disagree.
    const day = clock === 'steady' ? Math.floor(i / 15) : i < 150 ? i % 20 : i % 7;
    const created = new Date(Date.UTC(2026, 10, 1 + day, clock === 'steady' ? i % 15 : i % 24)).toISOString();
    await test.write((write) => {
      const stem = `F${String(Math.floor(i / 3)).padStart(15, '0')}`;
      const row: NewArtifactRow = artifactRow(i, {
        uid: `${stem}000${String(i % 3)}`,
        stem_uid: stem,
        key: KEYS[(i * 5) % KEYS.length] ?? null,
        description: i % 5 === 0 ? `Straße ${String(i)} for IFNG` : null,
        suffix: SUFFIXES[(i * 3) % SUFFIXES.length] ?? '',
        kind: i % 4 === 0 ? 'dataset' : null,
        size: (i * 37) % 50,
        sha256: i % 6 === 0 ? String(i % 10).repeat(64) : null,
        n_files: i % 11 === 0 ? i : null,
        visibility: i % 13 === 0 ? -1 : i % 17 === 0 ? 0 : 1,
        is_latest: i % 3 === 2 ? 1 : 0,
        storage_id: i % 10 < 2 ? 2 : 1,
        state: i % 8 === 0 ? 'missing' : i % 10 === 0 ? 'changed' : 'ok',
        run_id: i % 3 === 0 ? 1 : null,
        created_by_id: (i % 2) + 1,
        created_at: created,
        updated_at: created,
      });
      const [id = 0] = write.insert('artifact', [row]);
      for (const label of [1, 2, 3]) if (i % (label + 2) === 0) insertLink(write, id, label);
      if (i % 7 === 0)
        write.insert('collection_artifact', [{ collection_id: 1, artifact_id: id }], ['collection0000000000']);
      if (i % 2 === 0)
        write.insert(
          'copy',
          [
            {
              artifact_id: id,
              storage_id: row.storage_id,
              path: Buffer.from(`p${String(i)}`),
              verified_at: i % 4 === 0 ? now : null,
              created_at: now,
            },
          ],
          [row.uid],
        );
    });
  }
  plain = recordsFromTables();
}

/** The tables as nested plain records, with the state that this workstation computes. */
function recordsFromTables(): Plain[] {
  const all = (table: string): Plain[] => test.registry.sqlite.prepare(`SELECT * FROM ${table}`).all() as Plain[];
  const byId = (rows: Plain[], id: unknown): Plain | null => rows.find((row) => row['id'] === id) ?? null;
  const users = all('user');
  const flags = (row: Plain, ...names: string[]): Plain => ({
    ...row,
    ...Object.fromEntries(names.map((name) => [name, row[name] === 1])),
  });
  const storages = all('storage').map((row) => flags(row, 'managed'));
  const transforms = all('transform').map((row) => ({
    ...flags(row, 'is_latest'),
    created_by: byId(users, row['created_by_id']),
  }));
  const runs = all('run').map((row) => ({
    ...row,
    transform: byId(transforms, row['transform_id']),
    created_by: byId(users, row['created_by_id']),
  }));
  const labels = all('ulabel').map((row) => ({ ...flags(row, 'is_type'), type: null }));
  const collections = all('collection').map((row) => flags(row, 'is_latest'));
  const copies = all('copy').map((row): Plain => ({ ...row, storage: byId(storages, row['storage_id']) }));
  return all('artifact').map((row) => {
    const run = byId(runs, row['run_id']);
    return {
      ...flags(row, 'is_latest', 'key_is_virtual'),
      state: row['storage_id'] === 2 && row['state'] !== 'missing' ? 'offline' : (row['state'] ?? null),
      storage: byId(storages, row['storage_id']),
      run,
      transform: run === null ? null : (run['transform'] ?? null),
      created_by: byId(users, row['created_by_id']),
      ulabels: all('artifact_ulabel')
        .filter((link) => link['artifact_id'] === row['id'])
        .map((link) => byId(labels, link['ulabel_id']) ?? {}),
      collections: all('collection_artifact')
        .filter((link) => link['artifact_id'] === row['id'])
        .map((link) => byId(collections, link['collection_id']) ?? {}),
      copies: copies.filter((copy) => copy['artifact_id'] === row['id']),
    };
  });
}

/** The uids that a list must have, in its order. */
function expected(input: ListArtifactsInput): string[] {
  const filters = input.filters.map(parseFilter);
  const named = (name: string): boolean => filters.some(({ path }) => path.join('__') === name);
  const terms = searchTerms(input.search ?? '');
  const kept = plain.filter((record) => {
    const visible = input.trash ? record['visibility'] === -1 : named('visibility') || record['visibility'] === 1;
    const newest = input.trash || input.all_versions || named('is_latest') || record['is_latest'] === true;
    const names = (record['ulabels'] as Plain[]).map((label) => label['name'] as string);
    const text = [record['key'] as string | null, record['description'] as string | null, ...names.sort()];
    return visible && newest && filters.every((filter) => fits(record, filter)) && matchesTerms(text, terms);
  });
  const { field, descending } = input.sort;
  const rank = (record: Plain): [number, Buffer | number] => {
    const value = record[field] as string | number | null;
    return value === null ? [0, 0] : [1, typeof value === 'number' ? value : Buffer.from(value)];
  };
  kept.sort((a, b) => {
    const [x, y] = [rank(a), rank(b)];
    const values =
      x[0] !== y[0] || x[0] === 0
        ? x[0] - y[0]
        : typeof x[1] === 'number'
          ? x[1] - Number(y[1])
          : Buffer.compare(x[1], y[1] as Buffer);
    const order = values !== 0 ? values : Number(a['id']) - Number(b['id']);
    return descending ? -order : order;
  });
  return kept.map((record) => record['uid'] as string);
}

async function allPages(input: ListArtifactsInput): Promise<{ uids: string[]; totals: (number | null)[] }> {
  const uids: string[] = [];
  const totals: (number | null)[] = [];
  let cursor: string | null = null;
  do {
    const page = await listArtifacts(context, { ...input, cursor });
    uids.push(...page.items.map((item: ArtifactRecord) => item.uid));
    totals.push(page.total);
    cursor = page.next_cursor;
  } while (cursor !== null);
  return { uids, totals };
}

const anyText = fc.oneof(
  fc.constantFrom(
    'run7',
    'RUN',
    'plate',
    '.fcs',
    '%',
    '_',
    '*',
    '?',
    "'",
    '"',
    '\\',
    '',
    'ß',
    'Gro',
    'ö',
    'o\u0308',
    'σας',
    'a.txt',
    '100%_a*',
    '細胞',
    'IFNG',
    'i',
    'OR 1=1',
  ),
  fc.string({ maxLength: 6, unit: 'grapheme' }).filter((text) => !/[\0\p{Surrogate}]/u.test(text)),
);
const textFilter = fc
  .tuple(
    fc.constantFrom(
      'key',
      'description',
      'suffix',
      'uid',
      'ulabels',
      'ulabels__name',
      'storage__root',
      'created_by',
      'run__transform__key',
      'transform__key',
      'collections__key',
      'copies__storage__root',
      'ulabels__type__name',
      'sha256',
    ),
    fc.constantFrom(
      '',
      '__iexact',
      '__contains',
      '__icontains',
      '__startswith',
      '__istartswith',
      '__endswith',
      '__gt',
      '__gte',
      '__lt',
      '__lte',
      '__in',
    ),
    anyText,
  )
  .map(
    ([field, comparator, value]) =>
      `${field}${comparator}=${comparator === '__in' ? `"${value.replaceAll('"', '""')}",x,.fcs,IFNG,control` : value}`,
  );
const otherFilter = fc.constantFrom(
  'size=7',
  'size__gt=20',
  'size__lte=3',
  'size__range=10,20',
  'size__in=1,2,37',
  'n_files__isnull=true',
  'n_files__isnull=false',
  'kind=dataset',
  'kind__isnull=true',
  'kind=model',
  'state=offline',
  'state=ok',
  'state=missing',
  'state=changed',
  'state__in=ok,offline',
  'visibility=0',
  'visibility=-1',
  'is_latest=false',
  'is_latest=true',
  'key__isnull=true',
  'created_at__gte=2026-11-05',
  'created_at=2026-11-03',
  'created_at__range=2026-11-02,2026-11-04',
  'updated_at__lt=2026-11-04T07:00:00Z',
  'storage=storage00002',
  'storage__managed=false',
  'run__isnull=true',
  'run__isnull=false',
  'run__finished_at__isnull=true',
  'transform__kind=instrument',
  'ulabels__isnull=true',
  'ulabels__isnull=false',
  'ulabels__description__isnull=true',
  'copies__verified_at__isnull=true',
  'copies__verified_at__gte=2026-01-01',
  'created_by=bob',
  'created_by__name__isnull=true',
  'run__created_by=bob',
  'collections=all of it',
  'key_is_virtual=false',
  'ulabels__type__isnull=true',
);
const anyInput: fc.Arbitrary<ListArtifactsInput> = fc.record({
  filters: fc.array(fc.oneof(textFilter, otherFilter), { maxLength: 3 }),
  search: fc.option(
    fc.constantFrom(
      'run7',
      'pl 01',
      'IFNG',
      'grosse',
      'größ',
      'stra',
      'ifng control',
      'x',
      'fcs late',
      'データ',
      'ist csv',
      '"a" OR b*',
      '-- ; drop',
    ),
  ),
  sort: fc.record({
    field: fc.constantFrom<SortField>('key', 'created_at', 'updated_at', 'size', 'suffix'),
    descending: fc.boolean(),
  }),
  limit: fc.constantFrom(3, 7, 50, 1000),
  trash: fc.boolean(),
  all_versions: fc.boolean(),
});

describe.each(['steady', 'set back'] as const)('listArtifacts, with a clock that was %s,', (clock) => {
  beforeAll(() => open(clock));
  afterAll(() => test.close());

  it('S-11: gives what the filter language means, in order and over all pages, and writes nothing', async () => {
    const before = test.registry.sqlite.serialize();
    await fc.assert(
      fc.asyncProperty(anyInput, async (input) => {
        const { uids, totals } = await allPages(input);
        const wanted = expected(input);
        expect(uids).toEqual(wanted);
        expect(totals).toEqual(totals.map(() => wanted.length));
      }),
      { numRuns: 800 },
    );
    expect(test.registry.sqlite.serialize().equals(before)).toBe(true);
  });

  it('gives the same page along an index as by sorting what narrows most', async () => {
    await fc.assert(
      fc.asyncProperty(anyInput, async ({ filters, search, sort, limit }) => {
        const narrowed = await filterConditions(context.registry, filters, SHOWN, [2]);
        const searched = await searchCondition(context.registry, search ?? '', narrowed.scope);
        const conditions = searched === null ? narrowed.conditions : [...narrowed.conditions, searched];
        const query = { scope: narrowed.scope, conditions, sort, after: null, limit };
        const { rows } = await artifactPage(context.registry, query);
        const along = await artifactPage(context.registry, { ...query, mostSorted: -1 });
        expect(along.rows).toEqual(rows);
      }),
      { numRuns: 300 },
    );
  });

  it('finds both Unicode forms of a name (F-IN20), whatever is typed', async () => {
    for (const search of ['Größe', 'Gro\u0308ße', 'GRÖ', 'groß']) {
      const { items } = await listArtifacts(
        context,
        listArtifactsInput.parse({ search, all_versions: true, limit: 1000 }),
      );
      expect(new Set(items.map((item) => item.key))).toEqual(new Set(['Größe/a.txt', 'Gro\u0308ße/a.txt']));
    }
  });

  it('finds an artifact by the beginning of its uid', async () => {
    const { items, total } = await listArtifacts(context, listArtifactsInput.parse({ search: 'F000000000000006' }));
    expect(items.map((item) => item.uid)).toEqual(['F0000000000000060002']);
    expect(total).toBe(1);
  });

  it('refuses a cursor of another list, of another sort, and one that is none', async () => {
    const input = listArtifactsInput.parse({ limit: 5 });
    const { next_cursor: cursor } = await listArtifacts(context, input);
    expect(cursor).not.toBeNull();
    const bad: Partial<ListArtifactsInput>[] = [
      { filters: ['suffix=.fcs'] },
      { search: 'run' },
      { sort: { field: 'key', descending: true } },
      { trash: true },
      { cursor: 'nonsense' },
      { cursor: Buffer.from('[1,2,3,4]').toString('base64url') },
    ];
    for (const change of bad) {
      await expect(listArtifacts(context, { ...input, cursor, ...change })).rejects.toMatchObject({
        code: 'invalid_argument',
      });
    }
  });

  it('says what is wrong with a filter', async () => {
    const error: unknown = await listArtifacts(context, listArtifactsInput.parse({ filters: ['sufix=.fcs'] })).catch(
      (e: unknown) => e,
    );
    expect(error).toBeInstanceOf(BenchkeepError);
    expect(error).toMatchObject({ code: 'invalid_filter' });
  });

  it('shows what belongs to another computer as offline, with the reason', async () => {
    const { items } = await listArtifacts(context, listArtifactsInput.parse({ filters: ['state=offline'], limit: 1 }));
    expect(items[0]).toMatchObject({ state: 'offline', state_reason: '/data/other belongs to another computer' });
  });
});
