import { Kysely, SqliteDialect } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listArtifactsInput } from '../../shared/contract/artifacts.ts';
import { inlineReads, type Reads } from '../../src-main/engine/reads.ts';
import { nodeFs } from '../../src-main/ports/fs/node-fs.ts';
import { systemRandom } from '../../src-main/ports/random.ts';
import type { RegistryDB } from '../../src-main/registry/schema.ts';
import {
  artifactRow,
  insertLabel,
  insertLink,
  insertStorage,
  openTestRegistry,
  WORKSTATION,
  type TestRegistry,
} from './open-test-registry.ts';

let test: TestRegistry;
let reads: Reads;
let asked: { sql: string; parameters: readonly unknown[] }[] = [];

beforeAll(async () => {
  test = await openTestRegistry();
  const { registry, workstation } = test;
  await test.write((write) => {
    insertStorage(write, 'storage00001', test.folder);
    insertLabel(write, 'label001', 'IFNG');
    insertLabel(write, 'label002', 'control');
    write.insert(
      'artifact',
      [null, 'a.csv', 'b.csv', 'c.csv'].map((key, i) =>
        artifactRow(i, { key, sha256: String(i).repeat(64), state: i === 3 ? 'missing' : 'ok' }),
      ),
    );
    for (const id of [1, 2, 3]) insertLink(write, id, 1);
  });
  const logged = new Kysely<RegistryDB>({
    dialect: new SqliteDialect({ database: registry.sqlite }),
    log: ({ query }) => {
      asked.push({ sql: query.sql, parameters: query.parameters });
    },
  });
  reads = inlineReads({
    registry: logged,
    workstation: workstation.db,
    workstationUid: WORKSTATION,
    fs: nodeFs(systemRandom),
  });
});
afterAll(() => test.close());

const list = (input: Partial<Parameters<Reads['listArtifacts']>[0]>) =>
  reads.listArtifacts(listArtifactsInput.parse({ limit: 1, ...input }));
async function nextPage(input: Partial<Parameters<Reads['listArtifacts']>[0]>): Promise<unknown> {
  const page = await list(input);
  asked = [];
  return list({ ...input, cursor: page.next_cursor });
}
const by = (field: 'key' | 'created_at' | 'updated_at' | 'size' | 'suffix', descending: boolean) => ({
  sort: { field, descending },
});

/** What windows and the command line wait for. */
const CASES: Record<string, () => Promise<unknown>> = {
  'list, newest first': () => list({}),
  'list, newest first, next page': () => nextPage({}),
  'list by key, next page after a file without one': () => nextPage(by('key', false)),
  'list by key backwards, next page': () => nextPage(by('key', true)),
  'list by updated_at, next page': () => nextPage(by('updated_at', false)),
  'list by size backwards, next page': () => nextPage(by('size', true)),
  'list by suffix, next page': () => nextPage(by('suffix', false)),
  'list the trash': () => list({ trash: true }),
  'list all versions by key': () => list({ all_versions: true, ...by('key', false) }),
  search: () => list({ search: 'csv' }),
  'search, next page': () => nextPage({ search: 'csv' }),
  'search by size': () => list({ search: 'csv', ...by('size', false) }),
  'search and label': () => list({ search: 'csv', filters: ['ulabels__name=IFNG'] }),
  'search all versions': () => list({ search: 'csv', all_versions: true }),
  'search by the beginning of a uid': () => list({ search: 'A0000000' }),
  'filter suffix': () => list({ filters: ['suffix=.csv'] }),
  'filter label': () => list({ filters: ['ulabels__name=IFNG'] }),
  'filter one of two labels': () => list({ filters: ['ulabels__name__in=IFNG,control'] }),
  'filter storage': () => list({ filters: ['storage__uid=storage00001'] }),
  'filter created_by': () => list({ filters: ['created_by=ada'] }),
  'filter kind': () => list({ filters: ['kind=dataset'] }),
  'filter state': () => list({ filters: ['state=missing'] }),
  'filter state offline': () => list({ filters: ['state=offline'] }),
  'filter key begins': () => list({ filters: ['key__startswith=a'] }),
  'filter key contains': () => list({ filters: ['key__contains=.csv'] }),
  'filter size range, by key': () => list({ filters: ['size__range=0,2'], ...by('key', false) }),
  'filter without an index': () => list({ filters: ['version__isnull=true'] }),
  'filter sha256': () => list({ filters: [`sha256=${'1'.repeat(64)}`] }),
  'filter run of a transform': () => list({ filters: ['run__transform__key=x'] }),
  'describe by uid': () => reads.describeArtifact({ artifact: 'A0000000000000010000' }),
  'describe by key': () => reads.describeArtifact({ artifact: 'b.csv' }),
  'describe by prefix': () => reads.describeArtifact({ artifact: 'A00000000000000000' }).catch(() => null),
  'near keys': () => reads.describeArtifact({ artifact: 'x/b.cs' }).catch(() => null),
  log: () => reads.artifactLog({ artifact: 'A0000000000000010000' }),
  facets: () => reads.listFacets({}),
  labels: () => reads.listLabels({}),
  'latest changes': () => reads.viewChanges({ limit: 10 }),
  'latest changes since': () => reads.viewChanges({ limit: 10, since: '2026-11-01', before: 100 }),
};

interface Step {
  id: number;
  parent: number;
  detail: string;
}

function planOf(sql: string, parameters: readonly unknown[]): string[] {
  const steps = test.registry.sqlite.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(parameters) as Step[];
  const depth = new Map<number, number>([[0, 0]]);
  return steps.map(({ id, parent, detail }) => {
    const level = (depth.get(parent) ?? 0) + 1;
    depth.set(id, level);
    return `${'  '.repeat(level)}${detail}`;
  });
}

describe('queries that people wait for', () => {
  it('have the plans that were looked at: a change of one is looked at again', async () => {
    const seen = new Set<string>();
    let report = '';
    for (const [name, run] of Object.entries(CASES)) {
      asked = [];
      await run();
      report += `## ${name}\n`;
      for (const { sql, parameters } of asked) {
        const line = sql.replace(/\s+/g, ' ').replace(/\?(, \?)+/g, '?, …');
        const key = line;
        if (seen.has(key)) continue;
        seen.add(key);
        report += `${line}\n${planOf(sql, parameters).join('\n')}\n`;
      }
      report += '\n';
    }
    await expect(report).toMatchFileSnapshot('./query-plans.snapshot');
  });

  it('never sort a whole list for a page', async () => {
    for (const field of ['key', 'created_at', 'updated_at', 'size', 'suffix'] as const) {
      for (const descending of [true, false]) {
        asked = [];
        await list(by(field, descending));
        await nextPage(by(field, descending));
        const pages = asked.filter(({ sql }) => sql.includes('INDEXED BY'));
        expect(pages.length).toBeGreaterThan(0);
        for (const { sql, parameters } of pages) {
          const plan = planOf(sql, parameters).join('\n');
          expect(plan).toContain(
            `USING INDEX artifact_by_${field.replace('_at', '')}`.replace(
              'INDEX',
              plan.includes('COVERING') ? 'COVERING INDEX' : 'INDEX',
            ),
          );
          if (!sql.includes('UNION ALL')) expect(plan).not.toContain('TEMP B-TREE');
        }
      }
    }
  });
});
