/** A cloud instance with a file that is kept on this computer, and the program as processes that can be killed. */
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { commandLine, type CommandLine, type Ended } from '../hosts/cli/command-line.ts';

export interface UploadBench {
  cli: CommandLine;
  uid: string;
  sha256: string;
  /** Where its own copy lies before it is uploaded. */
  own: string;
  /** Ends by a signal where `failpoint` kills it. */
  upload(failpoint?: string): Promise<Ended>;
  /** Failpoints that an upload hits, in order. */
  trace(): Promise<string[]>;
  /** What is wrong after an upload that was done: nothing where all is as it should be. `object`: its bytes, or null. */
  judge(object: Buffer | null): string[];
  close(): Promise<void>;
}

/** `root`: of the store, with its endpoint. */
export async function openUpload(
  root: string,
  env: Readonly<Record<string, string>>,
  size: number,
): Promise<UploadBench> {
  const environment: Record<string, string> = { ...env };
  const kind = root.startsWith('gs://') ? 'gs' : 's3';
  const cli = commandLine({ env: environment });
  const done = async (...words: string[]): Promise<void> => {
    const { code, err } = await cli.run(...words);
    if (code !== 0) throw new Error(`benchkeep ${words.join(' ')}: ${err}`);
  };
  const content = randomBytes(size);
  const sha256 = createHash('sha256').update(content).digest('hex');
  writeFileSync(cli.path('a.fcs'), content);
  await done('init', '--storage', root, '--name', 'lab');
  await done('settings', 'keep-artifacts-local', 'on');
  await done('storage', 'add', './local');
  await done('save', 'a.fcs', '--key', 'a.fcs');
  const [name = ''] = readdirSync(cli.path('local/.lamindb')).filter((one) => one.endsWith('.fcs'));
  const instance = join(
    cli.home,
    'instances',
    readdirSync(join(cli.home, 'instances')).find((one) => !one.startsWith('.')) ?? '',
  );
  const own = cli.path('local/.lamindb', name);
  const uploadWith = (extra: Record<string, string>): Promise<Ended> => {
    Object.assign(environment, extra);
    const { ended } = cli.start('upload', 'a.fcs');
    for (const name of Object.keys(extra)) delete environment[name];
    return ended;
  };
  const one = (file: string, query: string): unknown[] => {
    const db = new Database(join(instance, file), { readonly: true });
    try {
      return db.prepare(query).raw().all();
    } finally {
      db.close();
    }
  };
  return {
    cli,
    uid: name.slice(0, 20),
    sha256,
    own,
    upload: (failpoint) => uploadWith(failpoint === undefined ? {} : { BK_FAILPOINT: `${failpoint}=kill` }),
    async trace() {
      const file = cli.path('trace');
      rmSync(file, { force: true });
      await uploadWith({ BK_FAILPOINT_TRACE: file });
      return readFileSync(file, 'utf8')
        .split('\n')
        .filter((line) => line !== '');
    },
    judge(object) {
      const wrong: string[] = [];
      const digest = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
      if (object === null || digest(object) !== sha256) wrong.push('the object is not the content');
      if (existsSync(own)) wrong.push('the own copy is still there');
      const cached = join(instance, 'cache', name);
      if (!existsSync(cached) || digest(readFileSync(cached)) !== sha256)
        wrong.push('the cache has not got the content');
      const copies = one('registry.db', `SELECT s.type FROM copy c JOIN storage s ON s.id = c.storage_id`);
      if (JSON.stringify(copies) !== JSON.stringify([[kind]])) wrong.push(`copies: ${JSON.stringify(copies)}`);
      const state = one('registry.db', 'SELECT a.state, s.type FROM artifact a JOIN storage s ON s.id = a.storage_id');
      if (JSON.stringify(state) !== JSON.stringify([['ok', kind]])) wrong.push(`artifact: ${JSON.stringify(state)}`);
      const transfers = one('workstation.db', 'SELECT state FROM transfer');
      if (JSON.stringify(transfers) !== '[["done"]]') wrong.push(`transfers: ${JSON.stringify(transfers)}`);
      const left = readdirSync(cli.folder, { recursive: true, encoding: 'utf8' }).filter((path) =>
        /\.benchkeep-/.test(path),
      );
      if (left.length > 0) wrong.push(`left behind: ${left.join(', ')}`);
      return wrong;
    },
    async close() {
      await cli.close();
    },
  };
}
