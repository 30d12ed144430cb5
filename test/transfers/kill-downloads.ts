/**
 * Kills fetching, evicting, freeing and bringing back at failpoints that a whole one hits; looks after a start of the
 * program whether disk, registry and store agree, and what the same command makes of it then.
 */
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { commandLine, type CommandLine } from '../hosts/cli/command-line.ts';
import type { S3Server } from '../stores/start-s3.ts';
import { objectOf } from './kill-uploads.ts';

/** Several ranges, fetched in several notes. */
const SIZE = 20 * 1024 ** 2;

interface Story {
  name: string;
  /** What is killed. */
  command: string[];
  /** Brings it where the command begins, from wherever it is. */
  reset: string[][];
  /** Whether the file in place and the file of the cache are there at its end. */
  inPlace: boolean | null;
  cached: boolean | null;
}

const STORIES: readonly Story[] = [
  { name: 'fetch', command: ['cache', 'own.fcs'], reset: [['free', 'own.fcs']], inPlace: null, cached: true },
  { name: 'evict', command: ['free', 'own.fcs'], reset: [['cache', 'own.fcs']], inPlace: null, cached: false },
  { name: 'free', command: ['free', 'mine.fcs'], reset: [['bring-back', 'mine.fcs']], inPlace: false, cached: null },
  {
    name: 'bring back',
    command: ['bring-back', 'mine.fcs'],
    reset: [['free', 'mine.fcs']],
    inPlace: true,
    cached: null,
  },
];

interface Bench {
  cli: CommandLine;
  instance: string;
  sha256: Record<'own' | 'mine', string>;
  uid: Record<'own' | 'mine', string>;
  env: Record<string, string>;
}

const digest = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

async function open(server: S3Server, folder: string): Promise<Bench> {
  const env: Record<string, string> = { ...server.env };
  const cli = commandLine({ env });
  const done = async (...words: string[]): Promise<void> => {
    const { code, err } = await cli.run(...words);
    if (code !== 0) throw new Error(`benchkeep ${words.join(' ')}: ${err}`);
  };
  const [own, mine] = [randomBytes(SIZE), randomBytes(SIZE)];
  writeFileSync(cli.path('own.fcs'), own);
  await done('init', '--storage', `s3://${server.bucket}/${folder}?endpoint_url=${server.endpoint}`, '--name', 'lab');
  await done('settings', 'keep-artifacts-local', 'on');
  await done('storage', 'add', './local');
  writeFileSync(cli.path('local/mine.fcs'), mine);
  await done('save', 'own.fcs', '--key', 'own.fcs');
  await done('save', './local/mine.fcs');
  await done('upload', 'own.fcs', 'mine.fcs');
  const instances = join(cli.home, 'instances');
  const instance = join(instances, readdirSync(instances).find((one) => !one.startsWith('.')) ?? '');
  const bench = { cli, instance, env, sha256: { own: digest(own), mine: digest(mine) }, uid: { own: '', mine: '' } };
  for (const [key, uid] of rows(bench, 'registry.db', 'SELECT key, uid FROM artifact') as [string, string][])
    bench.uid[key === 'own.fcs' ? 'own' : 'mine'] = uid;
  return bench;
}

function rows({ instance }: Pick<Bench, 'instance'>, file: string, query: string): unknown[][] {
  const db = new Database(join(instance, file), { readonly: true });
  try {
    return db.prepare(query).raw().all() as unknown[][];
  } finally {
    db.close();
  }
}

/** What must hold at any time after a start: nothing where it does. */
async function judge(bench: Bench, server: S3Server, folder: string): Promise<string[]> {
  const wrong: string[] = [];
  for (const name of ['own', 'mine'] as const) {
    const object = await objectOf(server, folder, bench.uid[name]);
    if (object === null || digest(object) !== bench.sha256[name]) wrong.push(`${name}: the object is not the content`);
  }
  const file = bench.cli.path('local/mine.fcs');
  const named = rows(
    bench,
    'registry.db',
    "SELECT CAST(c.path AS TEXT) FROM copy c JOIN storage s ON s.id = c.storage_id WHERE s.type = 'local'",
  ).map(([path]) => path);
  if (JSON.stringify(named) !== JSON.stringify(existsSync(file) ? ['mine.fcs'] : []))
    wrong.push(`the registry names ${JSON.stringify(named)}, the file is ${existsSync(file) ? '' : 'not '}there`);
  if (existsSync(file) && digest(readFileSync(file)) !== bench.sha256.mine)
    wrong.push('the file in place is not whole');
  const cache = join(bench.instance, 'cache');
  const names = existsSync(cache) ? readdirSync(cache) : [];
  for (const name of names.filter((one) => !one.startsWith('.'))) {
    const [key] = Object.entries(bench.uid).find(([, uid]) => name === `${uid}.fcs`) ?? [];
    if (key === undefined || digest(readFileSync(join(cache, name))) !== bench.sha256[key as 'own'])
      wrong.push(`${name} in the cache is not whole`);
  }
  const active = rows(
    bench,
    'workstation.db',
    "SELECT '.benchkeep-' || id || '-' || artifact_uid || '.part' FROM transfer WHERE state NOT IN ('done', 'cancelled')",
  ).flat();
  const left = readdirSync(bench.cli.folder, { recursive: true, encoding: 'utf8' }).filter((path) =>
    /\.benchkeep-/.test(path),
  );
  for (const path of left)
    if (!active.some((name) => path.endsWith(`/${String(name)}`))) wrong.push(`left behind: ${path}`);
  const states = rows(bench, 'registry.db', 'SELECT DISTINCT state FROM artifact').flat();
  if (JSON.stringify(states) !== '["ok"]') wrong.push(`states: ${JSON.stringify(states)}`);
  const pending = rows(
    bench,
    'workstation.db',
    "SELECT name FROM setting WHERE name LIKE 'free %' OR name LIKE 'return %'",
  );
  if (pending.length > 0) wrong.push(`still to do: ${JSON.stringify(pending)}`);
  return wrong;
}

function atEnd(bench: Bench, { inPlace, cached }: Story): string[] {
  const wrong: string[] = [];
  if (inPlace !== null && existsSync(bench.cli.path('local/mine.fcs')) !== inPlace)
    wrong.push('the file in place is wrong');
  const cache = join(bench.instance, 'cache');
  const isCached = existsSync(join(cache, `${bench.uid.own}.fcs`));
  if (cached !== null && isCached !== cached) wrong.push('the cache is wrong');
  if (cached === true && readdirSync(cache).some((name) => name.endsWith('.part'))) wrong.push('a part is left');
  return wrong;
}

/** What was found wrong at so many points of each story, evenly chosen. */
export async function killDownloads(server: S3Server, most: number): Promise<string[]> {
  const found: string[] = [];
  const folder = `kill-downloads-${String(most)}`;
  const bench = await open(server, folder);
  const { cli, env } = bench;
  const withEnv = async (extra: Record<string, string>, words: string[]) => {
    Object.assign(env, extra);
    const { ended } = cli.start(...words);
    for (const name of Object.keys(extra)) delete env[name];
    return ended;
  };
  try {
    for (const story of STORIES) {
      const reset = async (): Promise<void> => {
        for (const words of story.reset) await cli.run(...words);
      };
      await reset();
      const trace = cli.path('trace');
      rmSync(trace, { force: true });
      await withEnv({ BK_FAILPOINT_TRACE: trace }, story.command);
      const points = readFileSync(trace, 'utf8').trim().split('\n');
      const step = Math.max(1, points.length / most);
      const chosen = points.filter((_, n) => Math.floor(n / step) !== Math.floor((n - 1) / step));
      for (const point of chosen) {
        await reset();
        const { signal } = await withEnv({ BK_FAILPOINT: `${point}=kill` }, story.command);
        const wrong = signal === 'SIGKILL' ? [] : ['was not killed'];
        await cli.run('list');
        wrong.push(...(await judge(bench, server, folder)));
        const again = await cli.run(...story.command);
        if (again.code !== 0) wrong.push(`not done again: ${again.err}${again.out}`);
        wrong.push(...(await judge(bench, server, folder)), ...atEnd(bench, story));
        found.push(...wrong.map((one) => `${story.name}, ${point}: ${one}`));
        for (const one of wrong) console.info(`${story.name}, ${point}: ${one}`);
      }
      console.info(`${story.name}: ${String(chosen.length)} of ${String(points.length)} points`);
    }
  } finally {
    await cli.close();
  }
  return found;
}
