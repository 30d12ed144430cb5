/**
 * Kills fetching, evicting, freeing and bringing back at failpoints that a whole one hits; looks after a start of the
 * program whether disk, registry and store agree, and what the same command makes of it then.
 */
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { commandLine, type CommandLine } from '../hosts/cli/command-line.ts';
import type { S3Server } from '../stores/start-s3.ts';
import { objectOf } from './kill-uploads.ts';

/** Several ranges, fetched in several notes. */
const SIZE = 20 * 1024 ** 2;

/** Keys: of what Benchkeep keeps itself, of a file in place, of a folder in place. */
const KEYS = ['own.fcs', 'mine.fcs', 'run.d'] as const;
type Key = (typeof KEYS)[number];
const IN_PLACE = ['mine.fcs', 'run.d'] as const;

interface Story {
  name: string;
  /** What is killed. */
  command: string[];
  /** Brings it where the command begins, from wherever it is. */
  reset: string[][];
  /** What of what lies in place it is about; whether that, and the file of the cache, is there at its end. */
  what?: Key;
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
  {
    name: 'free a folder',
    command: ['free', 'run.d'],
    reset: [['bring-back', 'run.d']],
    what: 'run.d',
    inPlace: false,
    cached: null,
  },
  {
    name: 'bring back a folder',
    command: ['bring-back', 'run.d'],
    reset: [['free', 'run.d']],
    what: 'run.d',
    inPlace: true,
    cached: null,
  },
];

interface Bench {
  cli: CommandLine;
  instance: string;
  sha256: Map<string, string>;
  uid: Map<string, string>;
  env: Record<string, string>;
}

const digest = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

/** Of a folder, of all its files. */
function digestAt(path: string): string {
  if (!statSync(path).isDirectory()) return digest(readFileSync(path));
  const files = readdirSync(path, { recursive: true, encoding: 'utf8' }).sort();
  return digest(
    Buffer.from(
      files
        .filter((name) => statSync(join(path, name)).isFile())
        .map((name) => `${name} ${digest(readFileSync(join(path, name)))}`)
        .join('\n'),
    ),
  );
}

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
  for (let n = 0; n < 4; n++) {
    mkdirSync(cli.path('local/run.d', String(n % 2)), { recursive: true });
    writeFileSync(cli.path('local/run.d', String(n % 2), `${String(n)}.bin`), randomBytes(2000));
  }
  await done('save', 'own.fcs', '--key', 'own.fcs');
  await done('save', './local/mine.fcs');
  await done('save', './local/run.d');
  const sha256 = new Map([
    ['own.fcs', digest(own)],
    ['mine.fcs', digest(mine)],
    ['run.d', digestAt(cli.path('local/run.d'))],
  ]);
  await done('upload', ...KEYS);
  const instances = join(cli.home, 'instances');
  const instance = join(instances, readdirSync(instances).find((one) => !one.startsWith('.')) ?? '');
  const uid = new Map(rows({ instance }, 'registry.db', 'SELECT key, uid FROM artifact') as [string, string][]);
  return { cli, instance, env, sha256, uid };
}

function rows({ instance }: Pick<Bench, 'instance'>, file: string, query: string): unknown[][] {
  const db = new Database(join(instance, file), { readonly: true });
  try {
    return db.prepare(query).raw().all() as unknown[][];
  } finally {
    db.close();
  }
}

/** What must hold at any time after a start: nothing where it does. `isOver`: the command came to its end. */
async function judge(bench: Bench, server: S3Server, folder: string, isOver: boolean): Promise<string[]> {
  const wrong: string[] = [];
  for (const key of ['own.fcs', 'mine.fcs']) {
    const object = await objectOf(server, folder, bench.uid.get(key) ?? '');
    if (object === null || digest(object) !== bench.sha256.get(key))
      wrong.push(`${key}: the object is not the content`);
  }
  const there = IN_PLACE.filter((key) => existsSync(bench.cli.path('local', key)));
  const named = rows(
    bench,
    'registry.db',
    "SELECT CAST(c.path AS TEXT) FROM copy c JOIN storage s ON s.id = c.storage_id WHERE s.type = 'local'",
  ).map(([path]) => path);
  if (JSON.stringify(named.sort()) !== JSON.stringify(there))
    wrong.push(`the registry names ${JSON.stringify(named)}, and there is ${JSON.stringify(there)}`);
  for (const key of there)
    if (digestAt(bench.cli.path('local', key)) !== bench.sha256.get(key)) wrong.push(`${key} in place is not whole`);
  const cache = join(bench.instance, 'cache');
  const names = existsSync(cache) ? readdirSync(cache) : [];
  for (const name of names.filter((one) => !one.startsWith('.'))) {
    const [key] = [...bench.uid].find(([of, uid]) => name === `${uid}${of.slice(of.indexOf('.'))}`) ?? [];
    if (key === undefined || digestAt(join(cache, name)) !== bench.sha256.get(key))
      wrong.push(`${name} in the cache is not whole`);
  }
  const active = rows(
    bench,
    'workstation.db',
    "SELECT '.benchkeep-' || id || '-' || artifact_uid || '.part' FROM transfer WHERE state NOT IN ('done', 'cancelled')",
  ).flat();
  // Half a folder waits for a time when its store can be asked.
  const pending = rows(
    bench,
    'workstation.db',
    "SELECT name FROM setting WHERE name LIKE 'free %' OR name LIKE 'return %'",
  ).flat();
  const isHalf = !isOver && pending.length === 1 && String(pending[0]).endsWith('run.d');
  const left = readdirSync(bench.cli.folder, { recursive: true, encoding: 'utf8' }).filter(
    (path) => /\.benchkeep-/.test(path) && !(isHalf && path.includes('.benchkeep-free-')),
  );
  for (const path of left)
    if (!active.some((name) => `${path}/`.includes(`/${String(name)}/`))) wrong.push(`left behind: ${path}`);
  const states = rows(bench, 'registry.db', 'SELECT DISTINCT state FROM artifact').flat();
  if (JSON.stringify(states) !== '["ok"]') wrong.push(`states: ${JSON.stringify(states)}`);
  if (pending.length > 0 && !isHalf) wrong.push(`still to do: ${JSON.stringify(pending)}`);
  return wrong;
}

function atEnd(bench: Bench, { what = 'mine.fcs', inPlace, cached }: Story): string[] {
  const wrong: string[] = [];
  if (inPlace !== null && existsSync(bench.cli.path('local', what)) !== inPlace)
    wrong.push('what is in place is wrong');
  const cache = join(bench.instance, 'cache');
  const isCached = existsSync(join(cache, `${bench.uid.get('own.fcs') ?? ''}.fcs`));
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
        wrong.push(...(await judge(bench, server, folder, false)));
        const again = await cli.run(...story.command);
        if (again.code !== 0) wrong.push(`not done again: ${again.err}${again.out}`);
        wrong.push(...(await judge(bench, server, folder, true)), ...atEnd(bench, story));
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
