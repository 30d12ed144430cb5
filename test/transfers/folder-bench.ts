/** A cloud instance with a folder that is kept on this computer, and the program as processes that can be killed. */
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { commandLine, type Ended } from '../hosts/cli/command-line.ts';
import type { OutsideStore } from '../stores/outside-store.ts';

export interface FolderBench {
  uid: string;
  /** Runs the words that end in the folder being in the cloud; ends by a signal where `failpoint` kills it. */
  run(failpoint?: string): Promise<Ended>;
  /** Failpoints that it hits, in order. */
  trace(): Promise<string[]>;
  /** What is wrong after it was done: nothing where all is as it should be. `folder`: of the bucket, where its root is. */
  judge(store: OutsideStore, folder: string): Promise<string[]>;
  close(): Promise<void>;
}

const LARGE = 20 * 1024 ** 2;

/** `how`: an upload of what was saved here, or saved at once into the cloud. */
export async function openFolderBench(
  root: string,
  env: Readonly<Record<string, string>>,
  how: 'upload' | 'save',
  small = 12,
): Promise<FolderBench> {
  const environment: Record<string, string> = { ...env };
  const kind = root.startsWith('gs://') ? 'gs' : 's3';
  const cli = commandLine({ env: environment });
  const done = async (...words: string[]): Promise<void> => {
    const { code, err } = await cli.run(...words);
    if (code !== 0) throw new Error(`benchkeep ${words.join(' ')}: ${err}`);
  };
  const files = new Map<string, Buffer>([['large.raw', randomBytes(LARGE)]]);
  for (let i = 0; i < small; i++) files.set(`d${String(i % 2)}/f${String(i)}.bin`, randomBytes(200 + i));
  for (const [name, bytes] of files) {
    mkdirSync(cli.path('run1.d', name, '..'), { recursive: true });
    writeFileSync(cli.path('run1.d', name), bytes);
  }
  await done('init', '--storage', root, '--name', 'lab');
  if (how === 'upload') {
    await done('settings', 'keep-artifacts-local', 'on');
    await done('storage', 'add', './local');
    await done('save', 'run1.d', '--key', 'run1.d');
  }
  const instance = join(
    cli.home,
    'instances',
    readdirSync(join(cli.home, 'instances')).find((one) => !one.startsWith('.')) ?? '',
  );
  const words = how === 'upload' ? ['upload', 'run1.d'] : ['save', 'run1.d', '--key', 'run1.d'];
  const runWith = (extra: Record<string, string>): Promise<Ended> => {
    Object.assign(environment, extra);
    const { ended } = cli.start(...words);
    for (const name of Object.keys(extra)) delete environment[name];
    return ended;
  };
  const all = (file: string, query: string): unknown[] => {
    const db = new Database(join(instance, file), { readonly: true });
    try {
      return db.prepare(query).raw().all();
    } finally {
      db.close();
    }
  };
  const uidOf = (): string => (all('registry.db', 'SELECT uid FROM artifact') as [string][])[0]?.[0] ?? '';
  const isFiles = (found: ReadonlyMap<string, Buffer>): boolean =>
    found.size === files.size && [...files].every(([name, bytes]) => found.get(name)?.equals(bytes) === true);
  return {
    get uid() {
      return uidOf();
    },
    run: (failpoint) => runWith(failpoint === undefined ? {} : { BK_FAILPOINT: `${failpoint}=kill` }),
    async trace() {
      const file = cli.path('trace');
      rmSync(file, { force: true });
      await runWith({ BK_FAILPOINT_TRACE: file });
      return readFileSync(file, 'utf8')
        .split('\n')
        .filter((line) => line !== '');
    },
    async judge(store, folder) {
      const wrong: string[] = [];
      const uid = uidOf();
      const found = new Map<string, Buffer>();
      const others: string[] = [];
      const own = `${folder}/.lamindb/`;
      const objects = await store.keys(own);
      for (const key of objects) {
        const lead = `${own}${uid}.d/`;
        if (key.startsWith(lead)) found.set(key.slice(lead.length), (await store.object(key)) ?? Buffer.alloc(0));
        else if (/^[0-9A-Za-z]{20}/.test(key.slice(own.length))) others.push(key);
      }
      if (!isFiles(found)) wrong.push(`the members are ${[...found.keys()].join(', ')}`);
      if (others.length > 0) wrong.push(`also there: ${others.join(', ')}`);
      if (!objects.includes(`${own}manifests/${uid}.tsv.gz`)) wrong.push('no manifest');
      if (!existsSync(join(instance, 'manifests', `${uid}.tsv.gz`))) wrong.push('no manifest here');
      if (how === 'upload') {
        if (existsSync(cli.path('local/.lamindb', `${uid}.d`))) wrong.push('the own copy is still there');
        const cached = join(instance, 'cache', `${uid}.d`);
        if (!existsSync(cached) || !isFiles(filesIn(cached))) wrong.push('the cache has not got the content');
      }
      if (!isFiles(filesIn(cli.path('run1.d')))) wrong.push('what was saved is not as it was');
      const copies = all('registry.db', 'SELECT s.type FROM copy c JOIN storage s ON s.id = c.storage_id');
      if (JSON.stringify(copies) !== JSON.stringify([[kind]])) wrong.push(`copies: ${JSON.stringify(copies)}`);
      const state = all('registry.db', 'SELECT a.state, s.type FROM artifact a JOIN storage s ON s.id = a.storage_id');
      if (JSON.stringify(state) !== JSON.stringify([['ok', kind]])) wrong.push(`artifact: ${JSON.stringify(state)}`);
      const transfers = all('workstation.db', "SELECT state FROM transfer WHERE state != 'cancelled'");
      if (JSON.stringify(transfers) !== '[["done"]]') wrong.push(`transfers: ${JSON.stringify(transfers)}`);
      const left = readdirSync(cli.folder, { recursive: true, encoding: 'utf8' }).filter((path) =>
        /\.benchkeep-/.test(path),
      );
      if (left.length > 0) wrong.push(`left behind: ${left.join(', ')}`);
      return wrong;
    },
    close: () => cli.close(),
  };
}

/** Every file under a folder, by its path. */
export function filesIn(folder: string): Map<string, Buffer> {
  return new Map(
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => {
        const path = join(entry.parentPath, entry.name);
        return [path.slice(folder.length + 1), readFileSync(path)];
      }),
  );
}
