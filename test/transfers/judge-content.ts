/** What must hold of the content of an instance in a bucket, whenever its program was killed. Nothing is said where it does. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { digestAt, digestOf, digestOfFiles } from './content-digest.ts';
import type { ContentBench, Turn } from './content-bench.ts';

/** Of an artifact, and of one of its copies, if it has any. */
interface CopyRow {
  key: string;
  uid: string;
  state: string;
  type: string | null;
  root: string | null;
  path: string | null;
  verified: string | null;
}
type Row = Record<string, unknown>;

export function rowsOf<T extends object = Row>(
  { instance }: Pick<ContentBench, 'instance'>,
  file: string,
  query: string,
): T[] {
  const db = new Database(join(instance, file), { readonly: true });
  try {
    return db.prepare<[], T>(query).all();
  } finally {
    db.close();
  }
}

const COPIES = `SELECT a.key, a.uid, a.state, s.type, s.root, CAST(c.path AS TEXT) AS path, c.verified_at AS verified
  FROM artifact a LEFT JOIN copy c ON c.artifact_id = a.id LEFT JOIN storage s ON s.id = c.storage_id`;

/** Of the object, or of all objects of a folder; null where there is none. */
async function digestInBucket({ store, folder }: ContentBench, uid: string, key: string): Promise<string | null> {
  const own = `${folder}/.lamindb/${uid}`;
  if (key.endsWith('.fcs')) {
    const object = await store.object(`${own}.fcs`);
    return object === null ? null : digestOf(object);
  }
  const digests = new Map<string, string>();
  for (const name of await store.keys(`${own}.d/`))
    digests.set(name.slice(own.length + 3), digestOf((await store.object(name)) ?? Buffer.alloc(0)));
  return digests.size === 0 ? null : digestOfFiles(digests);
}

/** Files and folders of this computer that are the content, whatever they are called. */
function placesWith({ cli }: ContentBench, content: string): string[] {
  return readdirSync(cli.folder, { recursive: true, encoding: 'utf8' })
    .map((path) => cli.path(path))
    .filter((path) => /(?:\.fcs|\.d|\.tmp|\.part|\.benchkeep-[^/]*)$/.test(path) && digestAt(path) === content);
}

/** Right after a kill, before anything is started again: the content is whole somewhere. What is being deleted may be gone. */
export async function judgeKilled(bench: ContentBench, turn: Turn): Promise<string[]> {
  const uids = new Map(rowsOf<CopyRow>(bench, 'registry.db', COPIES).map(({ key, uid }) => [key, uid]));
  const wrong: string[] = [];
  for (const [key, content] of bench.contents) {
    if (key === turn.key && turn.story.end.record === false) continue;
    if ((await digestInBucket(bench, uids.get(key) ?? '', key)) === content) continue;
    if (placesWith(bench, content).length === 0) wrong.push(`${key} is nowhere`);
  }
  return wrong;
}

/** After a start. `isOver`: the story was told to its end; until then a part of a folder waits until its store can be asked. */
export async function judgeStarted(bench: ContentBench, turn: Turn, isOver: boolean): Promise<string[]> {
  const wrong: string[] = [];
  const copies = rowsOf<CopyRow>(bench, 'registry.db', COPIES);
  const uids = new Set(copies.map(({ uid }) => uid));
  const active = rowsOf(bench, 'workstation.db', "SELECT * FROM transfer WHERE state NOT IN ('done', 'cancelled')");
  for (const [key, content] of bench.contents) {
    const of = copies.filter((copy) => copy.key === key);
    const [one] = of;
    if (one === undefined) {
      if (turn.story.end.record !== false || key !== turn.key) wrong.push(`${key} has no record`);
      continue;
    }
    const { uid } = one;
    const isDoomed = turn.story.end.record === false && key === turn.key;
    let found = 0;
    for (const { type, root, path, verified } of of) {
      if (type === null) continue;
      if (type === 'local') {
        const at = join(root ?? '', path ?? '');
        if (!existsSync(at) || digestAt(at) !== content) wrong.push(`${key} is not the content at ${at}`);
        found += 1;
      } else if ((await digestInBucket(bench, uid, key)) === content) found += 1;
      // Of what was deleted half the way it is known that it does not count any more.
      else if (!isDoomed || verified !== null) wrong.push(`${key} in the bucket is not the content`);
    }
    if (found === 0 && !isDoomed) wrong.push(`${key} is nowhere`);
    if (one.state !== 'ok' && !isDoomed) wrong.push(`${key} is ${one.state}`);
    const inPlace = bench.cli.path('local', key);
    const isNamed = of.some(({ type, path }) => type === 'local' && path === key);
    const isBusy = active.some((row) => row['artifact_uid'] === uid);
    if (existsSync(inPlace) && !isNamed && !isBusy) wrong.push(`${key} is in its place, and nobody names it`);
  }
  const pending = rowsOf<{ name: string }>(
    bench,
    'workstation.db',
    "SELECT name FROM setting WHERE name LIKE 'free %' OR name LIKE 'return %' OR name LIKE 'removal %'",
  );
  const isHalf = (path: string): boolean =>
    !isOver && path.startsWith('local/.benchkeep-free-') && pending.some(({ name }) => name.endsWith('mine.d'));
  wrong.push(
    ...judgeCache(bench, uids),
    ...judgeRests(bench, active)
      .filter((path) => !isHalf(path))
      .map(left),
  );
  const waits = isOver || pending.length > 1 ? pending : pending.filter(({ name }) => !/^free .*mine\.d$/.test(name));
  for (const { name } of waits) wrong.push(`still to do: ${name}`);
  for (const database of ['registry.db', 'workstation.db'])
    for (const sound of rowsOf(bench, database, 'PRAGMA integrity_check'))
      if (sound['integrity_check'] !== 'ok') wrong.push(`${database}: ${String(sound['integrity_check'])}`);
  return wrong;
}

function judgeCache({ instance, everSeen }: ContentBench, uids: ReadonlySet<string>): string[] {
  const cache = join(instance, 'cache');
  const wrong: string[] = [];
  for (const name of existsSync(cache) ? readdirSync(cache) : []) {
    if (name.startsWith('.')) continue;
    if (!uids.has(name.slice(0, 20))) wrong.push(`${name} in the cache is of nothing`);
    else if (!everSeen.has(digestAt(join(cache, name)))) wrong.push(`${name} in the cache is not whole`);
  }
  return wrong;
}

/** Names that the program gives to what is on its way: only of transfers that somebody may go on with. */
function judgeRests({ cli }: ContentBench, active: readonly Row[]): string[] {
  const parts = active.map((row) => `/.benchkeep-${String(row['id'])}-${String(row['artifact_uid'])}.part`);
  return readdirSync(cli.folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => /(?:^|\/)(?:\.benchkeep-[^/]*|[^/]*\.part)$/.test(path))
    .filter((path) => !parts.some((part) => path.endsWith(part) || path.includes(`${part}/`)));
}

function left(path: string): string {
  return `left behind: ${path}`;
}

/** After the story was told to its end and a sweep was made. */
export async function judgeEnd(bench: ContentBench, turn: Turn): Promise<string[]> {
  const { end } = turn.story;
  const { key } = turn;
  const wrong: string[] = [];
  const [record] = rowsOf<CopyRow>(bench, 'registry.db', COPIES).filter((copy) => copy.key === key);
  if ((record === undefined) !== (end.record === false)) wrong.push(`${key}: the record is wrong`);
  const uid = record?.uid ?? '';
  const isCached = uid !== '' && readdirSync(join(bench.instance, 'cache')).some((name) => name.startsWith(uid));
  if (end.cached !== undefined && isCached !== end.cached) wrong.push(`${key}: the cache is wrong`);
  if (end.inPlace !== undefined && existsSync(bench.cli.path('local', key)) !== end.inPlace)
    wrong.push(`${key}: the file in place is wrong`);
  if (uid !== '' && end.object !== undefined && ((await digestInBucket(bench, uid, key)) !== null) !== end.object)
    wrong.push(`${key}: the bucket is wrong`);
  const active = rowsOf(bench, 'workstation.db', "SELECT * FROM transfer WHERE state NOT IN ('done', 'cancelled')");
  for (const row of active) wrong.push(`not over: ${JSON.stringify(row)}`);
  for (const rest of await bench.store.unfinished(`${bench.folder}/`)) wrong.push(`unfinished upload of ${rest}`);
  wrong.push(...(await strangers(bench)));
  return wrong;
}

/** Objects that no record names, and lists of folders that are none. */
async function strangers({ store, folder, ...bench }: ContentBench): Promise<string[]> {
  const uids = rowsOf<CopyRow>(bench, 'registry.db', COPIES).map(({ uid }) => uid);
  const own = `${folder}/.lamindb/`;
  return (await store.keys(own))
    .map((key) => key.slice(own.length))
    .filter((name) => /^(?:manifests\/)?[0-9A-Za-z]{20}[./]/.test(name))
    .filter((name) => !uids.includes(name.replace(/^manifests\//, '').slice(0, 20)))
    .map((name) => `${name} in the bucket is of nothing`);
}
