/** Names that file systems allow and people, or programs, give: from the disk into the registry and back. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import type { ListArtifactsInput } from '../../shared/contract/index.ts';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { artifactPath, listArtifacts, previewArtifact, readContext } from '../../src-main/artifacts/index.ts';
import { openWatching, type TestWatching } from '../watching/open-watching.ts';

let test_: TestWatching;
beforeEach(async () => {
  test_ = await openWatching();
});
afterEach(() => test_.close());

/** Paths below the root, as bytes, in the order of their bytes. */
async function registered(): Promise<Buffer[]> {
  const { id } = await test_.storage();
  const rows = await test_.context.registry.db.selectFrom('copy').select('path').where('storage_id', '=', id).execute();
  return rows.map(({ path }) => path).sort(Buffer.compare);
}

function put(name: Buffer, content = 'a,b\n'): void {
  writeFileSync(Buffer.concat([Buffer.from(`${test_.root}/`), name]), content);
}

const NAMES: readonly [what: string, name: string][] = [
  ['a line feed', 'a\nb.csv'],
  ['a tab', 'a\tb.csv'],
  ['text that runs backwards', 'a\u202egnp.csv'],
  ['a picture', '🧬 day 1.csv'],
  ['a hyphen first', '-rf'],
  ['quotes', `it's "so" \`here\`.csv`],
  ['a percent sign', '%2e%2e%2fx.csv'],
  ['a backslash', 'a\\b.csv'],
  ['spaces around', ' a .csv '],
  ['255 bytes', `${'ä'.repeat(125)}b.csv`],
  ['a dollar and a brace', '${HOME}$(x).csv'],
  ['markup', '<img src=x onerror=alert(1)>.csv'],
];

const LIST: ListArtifactsInput = {
  filters: [],
  sort: { field: 'key', descending: false },
  limit: 100,
  trash: false,
  all_versions: false,
};

test('F-IN18 names with line feeds, pictures, quotes, markup and the like are registered, found and opened as they are', async () => {
  for (const [what, name] of NAMES) put(Buffer.from(name), what);
  await test_.pass();
  expect(await registered()).toEqual(NAMES.map(([, name]) => Buffer.from(name)).sort(Buffer.compare));
  const reading = readContext(test_.context);
  const { items } = await listArtifacts(reading, LIST);
  expect(items).toHaveLength(NAMES.length);
  const contents = new Set<string>();
  for (const { uid } of items) {
    const { path } = await artifactPath({ ...reading, fs: test_.context.fs }, { artifact: uid });
    expect(NAMES.map(([, name]) => join(test_.root, name))).toContain(path);
    contents.add(readFileSync(path, 'utf8'));
  }
  expect([...contents].sort()).toEqual(NAMES.map(([what]) => what).sort());
});

test('F-IN18, F-IN19 any bytes that a name may have come back the same', { timeout: 60_000 }, async () => {
  const byte = fc.integer({ min: 1, max: 255 }).filter((value) => value !== 0x2f);
  const made = new Map<string, Buffer>();
  for (const bytes of fc.sample(fc.array(byte, { minLength: 2, maxLength: 60 }), { numRuns: 200, seed: 20_261_101 })) {
    // Ends so that no list of junk has it, begins so that it is no `.` and no `..`.
    const name = Buffer.from([0x6e, ...bytes, 0x2e, 0x64]);
    made.set(name.toString('latin1'), name);
    put(name);
  }
  await test_.pass();
  const there = readdirSync(test_.root, { encoding: 'buffer' }).sort(Buffer.compare);
  expect(there.length).toBe(made.size);
  expect(await registered()).toEqual(there);
  // Nothing of it looks changed the next time.
  const changes = await test_.changes();
  await test_.pass();
  expect(await test_.changes()).toBe(changes);
});

test('F-IN19 a name that is no text is found, registered and can be looked into', async () => {
  const name = Buffer.from([0x70, 0xff, 0xfe, 0x2e, 0x63, 0x73, 0x76]);
  put(name, 'well,value\nA1,3\n');
  await test_.pass();
  expect(await registered()).toEqual([name]);
  const [artifact] = await test_.artifacts();
  const preview = await previewArtifact(
    { ...readContext(test_.context), fs: test_.context.fs },
    { artifact: artifact?.uid ?? '' },
  );
  expect(preview).toMatchObject({ kind: 'table', columns: ['well', 'value'], rows: [['A1', '3']] });
});

test('F-IN18 a path of more than 4096 bytes is told of and holds nothing up', async () => {
  test_.put('beside.csv');
  let deep = test_.root;
  const part = 'x'.repeat(200);
  // Made from inside: no call can name the whole path.
  const before = process.cwd();
  try {
    for (let n = 0; n < 25; n++) {
      process.chdir(deep);
      mkdirSync(part);
      deep = part;
    }
    process.chdir(deep);
    writeFileSync('deep.csv', 'far down');
  } finally {
    process.chdir(before);
  }
  await test_.pass();
  expect(await test_.keys()).toContain('beside.csv');
  const told = (await test_.inbox()).map(({ state, reason }) => `${state}: ${reason}`);
  expect(told.join('\n')).toMatch(/failed: .*too long/);
});

test('F-IN14 two names that differ in case only are two records', async () => {
  test_.put('A.fcs', 'one');
  test_.put('a.fcs', 'two');
  await test_.pass();
  expect(await test_.keys()).toEqual(['A.fcs', 'a.fcs']);
});

test('F-IN20 two names that differ in their Unicode form only are two records, with the names as they are', async () => {
  const [composed, decomposed] = ['Größe.csv'.normalize('NFC'), 'Größe.csv'.normalize('NFD')];
  put(Buffer.from(composed), 'one');
  put(Buffer.from(decomposed), 'two');
  await test_.pass();
  expect(await registered()).toEqual([Buffer.from(composed), Buffer.from(decomposed)].sort(Buffer.compare));
  const { items } = await listArtifacts(readContext(test_.context), { ...LIST, search: 'größe' });
  expect(items).toHaveLength(2);
  expect(readdirSync(test_.root).sort()).toEqual([composed, decomposed].sort());
});

test('F-IN18 a folder of such names is walked like any other', async () => {
  const folder = join(test_.root, 'run\n1', '-x', '🧬');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'a.csv'), 'x');
  await test_.pass();
  expect(await registered()).toEqual([Buffer.from('run\n1/-x/🧬/a.csv')]);
});
