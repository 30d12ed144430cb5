/** `watch --once`, `list`, `describe`, `versions`, `path`, `edit`, `log`, `view`, `label …`, `inbox`, `watch rule`. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as z from 'zod';
import { artifactPage } from '../../../shared/contract/artifacts.ts';
import { items } from '../../../shared/contract/procedures.ts';
import {
  artifactDetails,
  artifactRecord,
  changeRecord,
  inboxItem,
  labelRecord,
  versionRecord,
} from '../../../shared/contract/records.ts';
import { watchRule, watchSummary } from '../../../shared/contract/watching.ts';
import { commandLine, type CommandLine } from './command-line.ts';

let cli: CommandLine;
beforeAll(async () => {
  cli = commandLine();
  for (const folder of ['plates/day1', 'plates2']) mkdirSync(cli.path(folder), { recursive: true });
  writeFileSync(cli.path('plates/day1/a.csv'), 'well,od\nA1,0.5\n');
  writeFileSync(cli.path('plates/day1/b.csv'), 'well,od\nA1,0.75\n');
  writeFileSync(cli.path('plates/c.fcs'), 'FCS3.1 not really');
  writeFileSync(cli.path('plates/.DS_Store'), 'junk');
  writeFileSync(cli.path('plates2/c.fcs'), 'other content');
  await cli.run('init', '--storage', 'data', '--name', 'lab');
  for (const folder of ['plates', 'plates2']) {
    await cli.run('storage', 'add', folder, '--watch');
    await cli.run('watch', 'rule', folder, '--settle', '0');
  }
}, 60_000);
afterAll(() => cli.close());

const page = artifactPage.extend({ items: z.array(artifactRecord.strict()) }).strict();
const artifacts = items(artifactRecord.strict());
const changes = items(changeRecord.strict());

test('watch rule answers the whole rule', async () => {
  const rule = z.strictObject({ storage: z.string(), rule: watchRule.strict() });
  const changed = await cli.json(rule, 'watch', 'rule', 'plates', '--exclude', '*.bak');
  expect(changed.rule).toMatchObject({ include: [], exclude: ['*.bak'], settle: 0, bundle: [], done_marker: null });
  const units = ['--bundle', 'exp_*', '--bundle', 'plates/*', '--done-marker', '{name}.done'];
  expect((await cli.json(rule, 'watch', 'rule', 'plates', ...units)).rule).toMatchObject({
    exclude: ['*.bak'],
    bundle: ['exp_*', 'plates/*'],
    done_marker: '{name}.done',
  });
  const wrong = await cli.refused(2, 'watch', 'rule', 'plates', '--done-marker', 'done/*/yes');
  expect(wrong.message).toBe('"done/*/yes" can\'t be the name of a marker file');
  const off = await cli.json(rule, 'watch', 'rule', 'plates', '--bundle', '', '--done-marker', '');
  expect(off.rule).toMatchObject({ bundle: [], done_marker: null });
  expect((await cli.refused(2, 'watch', 'rule', 'plates', '--settle', 'soon')).message).toContain('soon');
  expect((await cli.refused(2, 'watch', 'rule', 'plates', '--settle', '100000')).message).toBe(
    'settle must be at most 86,400',
  );
});

test('watch --once registers what is there, and nothing twice', async () => {
  const first = await cli.json(watchSummary.strict(), 'watch', '--once');
  expect(first).toMatchObject({ registered: 4, versions: 0, failed: 0, storages: 2 });
  const { out, err, code } = await cli.run('watch', '--once');
  expect({ err, code }).toEqual({ err: '', code: 0 });
  expect(out).toMatch(/^0 registered, 0 new versions, 0 waiting, 0 failed, .* in 2 watched folders\n$/);
  const inbox = z.strictObject({
    items: z.array(inboxItem.strict()),
    waiting: z.number(),
    failed: z.number(),
    ignored: z.number(),
  });
  expect(await cli.json(inbox, 'inbox')).toMatchObject({ waiting: 0, failed: 0 });
});

describe('list', () => {
  test('pages: every artifact once, newest first, with cursor and total', async () => {
    const first = await cli.json(page, 'list', '--limit', '3');
    expect(first).toMatchObject({ total: 4, next_cursor: expect.any(String) as string });
    const second = await cli.json(page, 'list', '--limit', '3', '--cursor', first.next_cursor ?? '');
    expect(second.next_cursor).toBeNull();
    const all = [...first.items, ...second.items];
    expect(new Set(all.map(({ uid }) => uid)).size).toBe(4);
    expect(all.map(({ created_at }) => created_at)).toEqual(
      all
        .map(({ created_at }) => created_at)
        .sort()
        .reverse(),
    );
    expect((await cli.refused(2, 'list', '--cursor', 'nonsense')).code).toBe('invalid_argument');
  });

  test('filters, search and sorting', async () => {
    const keys = async (...words: string[]): Promise<(string | null)[]> =>
      (await cli.json(page, 'list', ...words)).items.map(({ key }) => key);
    expect(await keys('suffix=.csv', '--sort', 'key')).toEqual(['day1/a.csv', 'day1/b.csv']);
    expect(await keys('suffix=.csv', 'size__gt=15')).toEqual(['day1/b.csv']);
    expect(await keys('--search', 'fcs')).toEqual(['c.fcs', 'c.fcs']);
    expect(await keys('key__startswith=day1/', '--sort', '-key')).toEqual(['day1/b.csv', 'day1/a.csv']);
    expect(await keys('suffix__in=.fcs,.tiff')).toHaveLength(2);
    expect((await cli.refused(2, 'list', 'colour=red')).code).toBe('invalid_filter');
    expect((await cli.refused(2, 'list', '--sort', 'colour')).remedy).toContain('created_at');
    expect((await cli.refused(2, 'list', '--limit', '0')).message).toBe('limit must be at least 1');
    expect((await cli.refused(2, 'list', '--limit', 'many')).message).toContain('many');
  });

  test('--include adds fields, also of the storage', async () => {
    const included = z.object({ items: z.array(z.object({ storage__root: z.string(), hash_type: z.string() })) });
    const found = await cli.json(
      included,
      'list',
      'suffix=.csv',
      '--include',
      'storage__root',
      '--include',
      'hash_type',
    );
    expect(found.items).toEqual([
      { storage__root: cli.path('plates'), hash_type: 'md5' },
      { storage__root: cli.path('plates'), hash_type: 'md5' },
    ]);
    const { out } = await cli.run('list', 'suffix=.csv', '--include', 'storage__root');
    const [head = '', ...rows] = out.trimEnd().split('\n');
    const column = head.indexOf('storage__root');
    expect(rows.map((row) => row.slice(column))).toEqual([cli.path('plates'), cli.path('plates')]);
    // Also where nothing is found, and what every object of the language has is no field.
    expect((await cli.refused(2, 'list', 'suffix=.none', '--include', 'colour')).message).toContain('colour');
    await cli.refused(2, 'list', '--include', 'constructor');
  });

  test('text says so when nothing matches', async () => {
    expect(await cli.run('list', 'suffix=.none')).toMatchObject({ code: 0, out: 'No files match.\n', err: '' });
  });
});

describe('one artifact', () => {
  test('by key, uid, stem and prefix; describe, versions, path, log', async () => {
    const described = await cli.json(artifactDetails.strict(), 'describe', 'day1/a.csv');
    expect(described).toMatchObject({ key: 'day1/a.csv', suffix: '.csv', size: 15, state: 'ok', version_number: 1 });
    for (const word of [described.uid, described.uid.slice(0, 16), described.uid.slice(0, 9)]) {
      expect((await cli.json(artifactDetails, 'describe', word)).uid).toBe(described.uid);
    }
    expect(await cli.json(z.strictObject({ path: z.string() }), 'path', described.uid)).toEqual({
      path: cli.path('plates/day1/a.csv'),
    });
    expect(await cli.run('path', described.uid)).toMatchObject({
      out: `${cli.path('plates/day1/a.csv')}\n`,
      err: '',
      code: 0,
    });
    expect((await cli.json(items(versionRecord.strict()), 'versions', described.uid)).items).toHaveLength(1);
    const log = (await cli.json(changes, 'log', described.uid)).items;
    expect(log.at(-1)).toMatchObject({
      action: 'insert',
      registry: 'artifact',
      uid: described.uid,
      operation: 'watch',
    });
    const { out } = await cli.run('describe', 'day1/a.csv');
    expect(out).toContain(described.sha256);
    expect(out).toMatch(new RegExp(`^uid +${described.uid}\nname +day1/a.csv\n`));
  });

  test('a name in two storages is asked about, one that is not there is not found', async () => {
    const ambiguous = await cli.refused(2, 'describe', 'c.fcs');
    expect(ambiguous.code).toBe('ambiguous');
    expect(`${ambiguous.message} ${ambiguous.remedy}`).toContain(cli.path('plates2'));
    for (const command of ['describe', 'versions', 'path', 'log', 'edit']) {
      expect((await cli.refused(3, command, 'nothing.csv')).code).toBe('not_found');
    }
  });

  test('edit answers the record as it is now', async () => {
    const edited = await cli.json(artifacts, 'edit', 'day1/a.csv', '--description', 'calibration', '--kind', 'dataset');
    expect(edited.items).toMatchObject([{ key: 'day1/a.csv', description: 'calibration', kind: 'dataset' }]);
    expect((await cli.refused(2, 'edit', 'day1/a.csv', '--kind', 'poem')).remedy).toContain('dataset');
  });
});

describe('labels', () => {
  test('create, add, find by, list, remove', async () => {
    const labels = items(labelRecord.strict());
    const made = await cli.json(labels, 'label', 'create', 'IFNG', '--description', 'stimulus');
    expect(made.items).toMatchObject([{ name: 'IFNG', n_artifacts: 0 }]);
    const labelled = await cli.json(artifacts, 'label', 'add', 'day1/a.csv', 'day1/b.csv', '--label', 'IFNG');
    expect(labelled.items.map(({ ulabels }) => ulabels)).toEqual([['IFNG'], ['IFNG']]);
    expect((await cli.json(page, 'list', 'ulabels__name=IFNG')).total).toBe(2);
    expect((await cli.json(labels, 'label', 'list')).items).toMatchObject([{ name: 'IFNG', n_artifacts: 2 }]);
    expect((await cli.json(artifacts, 'label', 'remove', 'day1/b.csv', '--label', 'IFNG')).items).toMatchObject([
      { ulabels: [] },
    ]);
    const near = await cli.refused(3, 'label', 'add', 'day1/a.csv', '--label', 'IFNJ');
    expect(`${near.message} ${near.remedy}`).toContain('IFNG');
    expect((await cli.refused(2, 'label', 'add', 'day1/a.csv')).remedy).toContain('--label');
    expect((await cli.refused(2, 'label', 'create', '')).message).toBe('name must not be empty');
  });
});

test('view shows the latest changes, since a time and so many', async () => {
  const latest = await cli.json(changes, 'view', '--limit', '2');
  expect(latest.items).toHaveLength(2);
  const [newest] = latest.items;
  expect(newest?.operation).toBe('label remove');
  expect(
    (await cli.json(changes, 'view', '--since', newest?.created_at ?? '')).items.every(
      ({ id }) => id >= (newest?.id ?? 0),
    ),
  ).toBe(true);
  expect((await cli.refused(2, 'view', '--since', 'yesterdayish')).message).toContain('yesterdayish');
  expect((await cli.run('view')).out).toMatch(/^no\. +when +who +what +record +change +why\n/);
});
