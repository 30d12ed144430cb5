/** The same cases over every way in: in this process, the local socket, the browser's WebSocket, the command line. */
import { mkdirSync, writeFileSync } from 'node:fs';
import * as z from 'zod';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { commandLine, errorDocument, oneDocument, type CommandLine } from '../hosts/cli/command-line.ts';
import {
  inProcess,
  outcomeOf,
  overLocalSocket,
  overWebSocket,
  resultOf,
  testEngine,
  type Client,
  type Outcome,
  type WayIn,
} from './ways-in.ts';

interface Case {
  name: string;
  call: (client: Client) => Promise<unknown>;
  /** The same on the command line; null where it has no such command. */
  words: string[] | null;
  /** The code that every way must give, or nothing for an answer. */
  refused?: string;
}

const cases: Case[] = [
  { name: 'info', call: (c) => c.instance.info({}), words: ['info'] },
  { name: 'instances', call: (c) => c.instance.list({}), words: ['instances'] },
  { name: 'user', call: (c) => c.users.current({}), words: ['user'] },
  { name: 'settings', call: (c) => c.settings.get({}), words: ['settings'] },
  { name: 'storages', call: (c) => c.storages.list({}), words: ['storage', 'list'] },
  { name: 'list', call: (c) => c.artifacts.list({}), words: ['list'] },
  {
    name: 'a page',
    call: (c) => c.artifacts.list({ limit: 1, sort: { field: 'key', descending: false } }),
    words: ['list', '--limit', '1', '--sort', 'key'],
  },
  {
    name: 'filters and search',
    call: (c) => c.artifacts.list({ filters: ['suffix=.csv'], search: 'plate' }),
    words: ['list', 'suffix=.csv', '--search', 'plate'],
  },
  {
    name: 'describe',
    call: (c) => c.artifacts.describe({ artifact: 'day 1/plate µ.csv' }),
    words: ['describe', 'day 1/plate µ.csv'],
  },
  { name: 'versions', call: (c) => c.artifacts.versions({ artifact: 'b.csv' }), words: ['versions', 'b.csv'] },
  { name: 'path', call: (c) => c.artifacts.path({ artifact: 'b.csv' }), words: ['path', 'b.csv'] },
  { name: 'log', call: (c) => c.artifacts.log({ artifact: 'b.csv' }), words: ['log', 'b.csv'] },
  { name: 'view', call: (c) => c.changes.view({}), words: ['view'] },
  { name: 'labels', call: (c) => c.labels.list({}), words: ['label', 'list'] },
  { name: 'inbox', call: (c) => c.watching.inbox({}), words: ['inbox'] },
  { name: 'facets', call: (c) => c.artifacts.facets({}), words: null },
  { name: 'preview', call: (c) => c.artifacts.preview({ artifact: 'b.csv' }), words: null },
  { name: 'version', call: (c) => c.host.version({}), words: null },
  {
    name: 'not found',
    call: (c) => c.artifacts.describe({ artifact: 'nothing.csv' }),
    words: ['describe', 'nothing.csv'],
    refused: 'not_found',
  },
  {
    name: 'a wrong filter',
    call: (c) => c.artifacts.list({ filters: ['colour=red'] }),
    words: ['list', 'colour=red'],
    refused: 'invalid_filter',
  },
  {
    name: 'a wrong number',
    call: (c) => c.artifacts.list({ limit: 5000 }),
    words: ['list', '--limit', '5000'],
    refused: 'invalid_argument',
  },
  {
    name: 'an empty name',
    call: (c) => c.labels.create({ name: '' }),
    words: ['label', 'create', ''],
    refused: 'invalid_argument',
  },
  {
    name: 'an input of another type',
    call: (c) => c.artifacts.describe({ artifact: 7 as never }),
    words: null,
    refused: 'invalid_argument',
  },
  {
    name: 'refused',
    call: (c) => c.storages.use({ storage: plates() }),
    words: ['storage', 'use', 'plates'],
    refused: 'storage_linked',
  },
  {
    name: 'a job that fails',
    call: (c) => c.watching.survey({ root: `${plates()}/none` }).then(resultOf),
    words: null,
    refused: 'file_not_found',
  },
  { name: 'a job', call: (c) => c.watching.once({}), words: ['watch', '--once'] },
];

let cli: CommandLine;
const plates = (): string => cli.path('plates');
const seen = new Map<string, Map<string, Outcome>>();

beforeAll(async () => {
  cli = commandLine();
  mkdirSync(cli.path('plates', 'day 1'), { recursive: true });
  writeFileSync(cli.path('plates', 'day 1', 'plate µ.csv'), 'well,od\nA1,0.5\n');
  writeFileSync(cli.path('plates', 'b.csv'), 'well,od\nA1,0.75\n');
  vitestRuntime();
  await prepare();
  const engine = await testEngine(cli.home);
  await ask('in this process', inProcess(engine));
  const socket = await overLocalSocket(cli.home);
  await ask('local socket', socket);
  await socket.close();
  await askCommandLine('command line through an engine');
  await engine.close();
  await askCommandLine('command line alone');
  const web = await overWebSocket(cli.home);
  await ask('browser', web);
  await web.close();
}, 120_000);
afterAll(() => cli.close());

/** In a session of its own: ending one writes to the registry. */
async function prepare(): Promise<void> {
  const engine = await testEngine(cli.home);
  const here = inProcess(engine);
  await here.client.instance.init({ storage: cli.path('data'), name: 'lab' });
  await here.client.storages.add({ root: plates(), watch: true });
  await here.client.watching.rule({ storage: plates(), settle: 0 });
  await resultOf(await here.client.watching.once({}));
  await here.client.labels.create({ name: 'IFNG' });
  await here.client.labels.add({ artifacts: ['b.csv'], labels: ['IFNG'] });
  await engine.close();
}

/** Both sides look for the socket where the test's processes do. */
function vitestRuntime(): void {
  process.env['XDG_RUNTIME_DIR'] = cli.folder;
}

async function ask(way: string, { client }: WayIn): Promise<void> {
  const outcomes = new Map<string, Outcome>();
  for (const { name, call } of cases) outcomes.set(name, await outcomeOf(call(client)));
  seen.set(way, outcomes);
}

async function askCommandLine(way: string): Promise<void> {
  const outcomes = new Map<string, Outcome>();
  for (const { name, words } of cases) {
    if (words === null) continue;
    const { code, out, err } = await cli.run(...words, '--json');
    const outcome = code === 0 ? { output: oneDocument(out) } : { error: errorDocument.parse(oneDocument(err)).error };
    outcomes.set(name, outcome as Outcome);
  }
  seen.set(way, outcomes);
}

const ways = ['local socket', 'command line through an engine', 'command line alone', 'browser'];

describe.each(cases)('$name', ({ name, words, refused }) => {
  test('is as it should be', () => {
    const outcome = seen.get('in this process')?.get(name);
    if (refused === undefined) expect(outcome).toHaveProperty('output');
    else expect(outcome).toMatchObject({ error: { code: refused } });
  });

  test.each(ways.filter((way) => words !== null || !way.startsWith('command line')))('is the same over: %s', (way) => {
    expect(ofAnyEngine(seen.get(way)?.get(name))).toEqual(ofAnyEngine(seen.get('in this process')?.get(name)));
  });
});

/** Each engine takes the turn to write, and publishes, for itself. */
function ofAnyEngine(outcome: Outcome | undefined): unknown {
  const { output } = z.looseObject({ output: z.unknown() }).parse({ output: null, ...outcome });
  const told = z.looseObject({ published: z.looseObject({}) }).safeParse(output).data;
  if (told === undefined) return outcome;
  return { output: { ...told, published: { ...told.published, at: 'then', holds: 'whoever is open' } } };
}
