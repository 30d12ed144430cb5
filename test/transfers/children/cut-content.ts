/**
 * Cuts the power under a command that moves or removes content which is in a bucket, again and again, starts again and
 * looks what is there. Arguments: names of stories with commas between, how many points of each, endpoint and bucket, and a
 * folder in that.
 * Prints what is wrong as JSON. Runs in a mount namespace of its own; everything of the program is on the disk.
 */
import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as later } from 'node:timers/promises';
import { S3Client } from '@aws-sdk/client-s3';
import Database from 'better-sqlite3';
import { powerDisk } from '../../faults/children/power-disk.ts';
import { commandLine } from '../../hosts/cli/command-line.ts';
import { STORIES, type CutStory } from '../cut-stories.ts';
import { objectOf } from '../kill-uploads.ts';

/** Two ranges. */
const SIZE = 9 * 1024 ** 2;

const [names = '', most = '1', endpoint = '', bucket = '', folder = ''] = process.argv.slice(2);
const admin = new S3Client({ endpoint, region: 'us-east-1', forcePathStyle: true });
const outside = mkdtempSync(join(tmpdir(), 'benchkeep-cut-'));
const env: Record<string, string> = {};
const cli = commandLine({ env });
const disk = powerDisk(join(outside, 'disk.img'), cli.folder);
/** Of each artifact, by its key: sha256 of its bytes, of a folder of all its files. */
const contents = new Map<string, string>();
const IN_PLACE = ['mine.fcs', 'mine.d'];
const digest = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

function digestAt(path: string): string {
  if (!statSync(path).isDirectory()) return digest(readFileSync(path));
  const files = readdirSync(path).sort();
  return digest(Buffer.from(files.map((file) => `${file} ${digest(readFileSync(join(path, file)))}`).join('\n')));
}

async function done(...words: string[]): Promise<void> {
  const { code, err } = await cli.run(...words);
  if (code !== 0) throw new Error(`benchkeep ${words.join(' ')}: ${err}`);
}

async function prepare(): Promise<string> {
  await done('init', '--storage', `s3://${bucket}/${folder}?endpoint_url=${endpoint}`, '--name', 'lab');
  await done('settings', 'keep-artifacts-local', 'on');
  await done('storage', 'add', './local');
  writeFileSync(cli.path('own.fcs'), randomBytes(SIZE));
  writeFileSync(cli.path('local/mine.fcs'), randomBytes(SIZE));
  mkdirSync(cli.path('run.d'));
  for (let n = 0; n < 5; n++) writeFileSync(cli.path('run.d', String(n)), randomBytes(2000));
  mkdirSync(cli.path('local/mine.d'));
  for (let n = 0; n < 5; n++) writeFileSync(cli.path('local/mine.d', String(n)), randomBytes(2000));
  for (const key of ['own.fcs', 'run.d']) await done('save', key, '--key', key);
  for (const key of IN_PLACE) await done('save', `./local/${key}`);
  for (const key of ['own.fcs', 'run.d']) contents.set(key, digestAt(cli.path(key)));
  for (const key of IN_PLACE) contents.set(key, digestAt(cli.path('local', key)));
  await done('upload', 'own.fcs', 'run.d', ...IN_PLACE);
  const instances = join(cli.home, 'instances');
  return join(instances, readdirSync(instances).find((one) => !one.startsWith('.')) ?? '');
}

function rows(file: string, query: string): string[][] {
  const db = new Database(join(instance, file), { readonly: true });
  try {
    return db.prepare(query).raw().all() as string[][];
  } finally {
    db.close();
  }
}

/** What must hold after any start. `isOver`: the command came to its end. */
async function judge(isOver: boolean): Promise<string[]> {
  const wrong: string[] = [];
  const uids = new Map(rows('registry.db', 'SELECT key, uid FROM artifact') as [string, string][]);
  const copies = rows(
    'registry.db',
    `SELECT a.key, s.type, s.root, CAST(c.path AS TEXT)
     FROM copy c JOIN storage s ON s.id = c.storage_id JOIN artifact a ON a.id = c.artifact_id`,
  );
  const cache = join(instance, 'cache');
  const cached = (existsSync(cache) ? readdirSync(cache) : []).filter((one) => !one.startsWith('.'));
  for (const [key, content] of contents) {
    const uid = uids.get(key) ?? '';
    const found: string[] = [];
    for (const [, type, root = '', path = ''] of copies.filter(([of]) => of === key)) {
      if (type === 'local') {
        const at = join(root, path);
        if (!existsSync(at) || digestAt(at) !== content) wrong.push(`${key} is not the content at ${at}`);
        found.push(at);
      } else if (key.endsWith('.fcs')) {
        const object = await objectOf({ admin, bucket } as never, folder, uid);
        if (object === null || digest(object) !== content) wrong.push(`the object of ${key} is not the content`);
        found.push('object');
      } else found.push('objects');
    }
    const own = cached.find((one) => one.startsWith(uid));
    if (own !== undefined && digestAt(join(cache, own)) !== content) wrong.push(`${key} in the cache is not whole`);
    if (found.length === 0) wrong.push(`${key} is nowhere`);
  }
  for (const one of cached) if (![...uids.values()].includes(one.slice(0, 20))) wrong.push(`${one} in the cache`);
  for (const key of IN_PLACE)
    if (existsSync(cli.path('local', key)) && !copies.some(([of, type]) => of === key && type === 'local'))
      wrong.push(`${key} is in its place, and nobody names it`);
  const pending = rows(
    'workstation.db',
    "SELECT name FROM setting WHERE name LIKE 'free %' OR name LIKE 'return %'",
  ).flat();
  // Half a folder waits for a time when its store can be asked.
  const isHalf = !isOver && pending.length === 1 && pending[0]?.endsWith('mine.d') === true;
  const active = rows(
    'workstation.db',
    "SELECT '.benchkeep-' || id || '-' || artifact_uid || '.part' FROM transfer WHERE state NOT IN ('done', 'cancelled')",
  ).flat();
  for (const path of readdirSync(cli.folder, { recursive: true, encoding: 'utf8' }))
    if (
      /\/\.benchkeep-[^/]*$/.test(path) &&
      !active.some((part) => `${path}/`.includes(`/${part}/`)) &&
      !(isHalf && path.includes('.benchkeep-free-'))
    )
      wrong.push(`left behind: ${path}`);
  const states = rows('registry.db', 'SELECT DISTINCT state FROM artifact').flat();
  if (states.join() !== 'ok') wrong.push(`states: ${states.join()}`);
  if (pending.length > 0 && !isHalf) wrong.push(`still to do: ${pending.join()}`);
  for (const database of ['registry.db', 'workstation.db']) {
    const sound = rows(database, 'PRAGMA integrity_check').flat().join();
    if (sound !== 'ok') wrong.push(`${database}: ${sound}`);
  }
  return wrong;
}

let turns = 0;
/** Where the command begins; the words of the command. */
async function begin({ command, reset, isNew }: CutStory): Promise<string[]> {
  const turn = String(turns++);
  for (const words of reset) await cli.run(...words);
  const words = command.map((word) => word.replace('TURN', turn));
  if (isNew === true) {
    const key = `new-${turn}.fcs`;
    writeFileSync(cli.path(key), randomBytes(20_000));
    await done('save', key, '--key', key);
    contents.set(key, digestAt(cli.path(key)));
    rmSync(cli.path(key));
  }
  execFileSync('sync');
  return words;
}

/** Of a whole one. */
async function pointsOf(story: CutStory): Promise<string[]> {
  const trace = join(outside, 'trace');
  rmSync(trace, { force: true });
  const words = await begin(story);
  env['BK_FAILPOINT_TRACE'] = trace;
  await done(...words);
  delete env['BK_FAILPOINT_TRACE'];
  return readFileSync(trace, 'utf8').trim().split('\n').filter(story.matters);
}

async function cutAt(story: CutStory, point: string): Promise<string[]> {
  const words = await begin(story);
  const pause = join(outside, 'pause');
  env['BK_FAILPOINT'] = `${point}=pause:${pause}`;
  const { child, ended } = cli.start(...words);
  delete env['BK_FAILPOINT'];
  const over = { is: false };
  void ended.then(() => (over.is = true));
  while (!existsSync(`${pause}.reached`) && !over.is) await later(2);
  disk.cut();
  child.kill('SIGKILL');
  await ended;
  await disk.startAgain();
  const wrong = existsSync(`${pause}.reached`) ? [] : ['was not reached'];
  rmSync(`${pause}.reached`, { force: true });
  await cli.run('list');
  wrong.push(...(await judge(false)).map((one) => `after the cut: ${one}`));
  const { code, err, out } = await cli.run(...words);
  if (code !== 0) wrong.push(`not done again: ${err}${out}`);
  return [...wrong, ...(await judge(true))];
}

async function cutAll(): Promise<string[]> {
  const found: string[] = [];
  for (const name of names.split(',')) {
    const story = STORIES[name];
    if (story === undefined) throw new Error(`There is no story ${name}`);
    const points = await pointsOf(story);
    found.push(...(await judge(true)).map((one) => `${name}, whole: ${one}`));
    const many = Math.min(Number(most), points.length);
    for (let n = 0; n < many; n++) {
      const point = points[Math.floor(((n + 0.5) * points.length) / many)] ?? '';
      found.push(...(await cutAt(story, point)).map((one) => `${name}, ${point}: ${one}`));
    }
    console.error(`${name}: ${String(many)} of ${String(points.length)} points`);
  }
  return found;
}

let instance = '';
try {
  instance = await prepare();
  process.stdout.write(JSON.stringify(await cutAll()));
} finally {
  disk.remove();
  await cli.close();
  rmSync(outside, { recursive: true });
  admin.destroy();
}
