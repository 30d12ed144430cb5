/**
 * An instance in a bucket with content of each kind, and the program as processes that can be killed; what is there is
 * judged from outside: by what lies on the disk and in the bucket, and what the databases say of it.
 */
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { commandLine, type CommandLine, type Running } from '../hosts/cli/command-line.ts';
import type { OutsideStore } from '../stores/outside-store.ts';
import { digestAt } from './content-digest.ts';
import type { ContentStory, Fresh } from './content-stories.ts';
import { rowsOf } from './judge-content.ts';

const ENGINE_CALL = join(import.meta.dirname, 'children', 'engine-call.ts');
const LARGE = 40 * 1024 ** 2;
const SMALL = 20_000;
const STARTS = 5;
/** Keys of what lies in a storage of this computer. */
const IN_PLACE = ['mine.fcs', 'mine.d'];

/** One run of a story. */
export interface Turn {
  story: ContentStory;
  /** Of the artifact that it is about. */
  key: string;
  words: string[];
}

export interface ContentBench {
  cli: CommandLine;
  store: OutsideStore;
  /** In the bucket. */
  folder: string;
  instance: string;
  /** Of each artifact that is judged, by its key: digest of its content. */
  contents: ReadonlyMap<string, string>;
  /** Of all that was there at any time. */
  everSeen: ReadonlySet<string>;
  /** Where the story begins. */
  begin(story: ContentStory): Promise<Turn>;
  /** `extra`: in its environment. */
  start(turn: Turn, extra?: Record<string, string>): Running;
  /** A short command; a few of them where a store is slow to say what became of what was being deleted. */
  startAgain(): Promise<void>;
  /** What an open program does in the background, where the story leaves anything to it. */
  sweep(turn: Turn): Promise<void>;
  /** The story is told again, or what comes after it; null, or why not. */
  again(turn: Turn, words?: readonly string[]): Promise<string | null>;
}

export interface ContentBenchOptions {
  store: OutsideStore;
  folder: string;
  /** Bytes of each of the two files. */
  size: number;
  /** Called before anything is in its folder. */
  onFolder?: (folder: string) => void;
}

export async function openContentBench(options: ContentBenchOptions): Promise<ContentBench> {
  const { store, folder, size } = options;
  const env: Record<string, string> = { ...store.env };
  const cli = commandLine({ env });
  options.onFolder?.(cli.folder);
  const contents = new Map<string, string>();
  const everSeen = new Set<string>();
  let turns = 0;

  async function done(...words: string[]): Promise<void> {
    const { code, err } = await cli.run(...words);
    if (code !== 0) throw new Error(`benchkeep ${words.join(' ')}: ${err}`);
  }

  function withEnv(extra: Record<string, string>, run: () => Running): Running {
    Object.assign(env, extra);
    const running = run();
    for (const name of Object.keys(extra)) delete env[name];
    return running;
  }

  /** Its key is its name. What was saved from outside is not there any more: only what the program has of it. */
  async function make(of: Fresh, key: string): Promise<void> {
    const isInPlace = of.endsWith('in place');
    const path = isInPlace ? cli.path('local', key) : cli.path(key);
    if (of.startsWith('folder')) {
      mkdirSync(join(path, 'deep'), { recursive: true });
      for (const name of ['a', 'b', 'deep/c']) writeFileSync(join(path, name), randomBytes(SMALL));
    } else writeFileSync(path, randomBytes(of === 'large file' ? LARGE : SMALL));
    contents.set(key, digestAt(path));
    everSeen.add(digestAt(path));
    await (isInPlace ? done('save', path) : done('save', path, '--key', key));
    if (!isInPlace) rmSync(path, { recursive: true });
  }

  const bench: ContentBench = {
    cli,
    store,
    folder,
    instance: '',
    contents,
    everSeen,
    async begin(story) {
      for (const key of contents.keys()) {
        if (!key.startsWith('new-')) continue;
        contents.delete(key);
        // Disks, and the memory of a server, are not for ever.
        if (story.fresh?.of === 'large file') await cli.run('delete', key, '--permanent');
      }
      for (const words of story.reset ?? []) await cli.run(...words);
      const { fresh } = story;
      const ending = fresh?.of.startsWith('folder') === true ? 'd' : 'fcs';
      const key = fresh === undefined ? (story.command[1] ?? '') : `new-${String(turns++)}.${ending}`;
      const second = key.replace('.', '-second.');
      const names = new Map([
        ['KEY', key],
        ['SECOND', second],
      ]);
      const named = (words: readonly string[]): string[] => words.map((word) => names.get(word) ?? word);
      if (fresh !== undefined) {
        await make(fresh.of, key);
        if (fresh.of === 'two files in place') await make(fresh.of, second);
        for (const words of fresh.before ?? []) await done(...named(words));
        if (fresh.stopped !== undefined) {
          const killed = { BK_FAILPOINT: `${fresh.stopped.failpoint}=kill` };
          await withEnv(killed, () => cli.start('upload', key)).ended;
        }
      }
      return { story, key, words: named(story.command) };
    },
    start: ({ story, words }, extra = {}) =>
      withEnv(extra, () => (story.byEngine === true ? cli.startOther(ENGINE_CALL, ...words) : cli.start(...words))),
    async startAgain() {
      for (let n = 0; n < STARTS; n++) {
        await cli.run('list');
        if (rowsOf(bench, 'workstation.db', "SELECT 1 FROM setting WHERE name LIKE 'removal %'").length === 0) return;
      }
    },
    async sweep({ story: { fresh } }) {
      if (fresh?.of !== 'large file') return;
      const { code, err } = await cli.startOther(ENGINE_CALL, 'sweep').ended;
      if (code !== 0) throw new Error(`sweep: ${err}`);
    },
    async again(turn, words) {
      const run = words?.map((word) => (word === 'KEY' ? turn.key : word));
      // What was deleted already is not there to be deleted.
      const isThere = rowsOf(bench, 'registry.db', 'SELECT key FROM artifact').some(({ key: of }) => of === turn.key);
      if (!isThere && turn.story.end.record === false) return null;
      const { code, err, out } = await (run === undefined ? bench.start(turn).ended : cli.run(...run));
      return code === 0 ? null : `not done again: ${err}${out}`;
    },
  };
  await done('init', '--storage', store.root(folder), '--name', 'lab');
  await done('settings', 'keep-artifacts-local', 'on');
  await done('storage', 'add', './local');
  for (const key of ['own.fcs', 'local/mine.fcs']) writeFileSync(cli.path(key), randomBytes(size));
  mkdirSync(cli.path('run.d', 'deep'), { recursive: true });
  for (const name of ['a', 'b', 'c', 'deep/d']) writeFileSync(cli.path('run.d', name), randomBytes(2000));
  mkdirSync(cli.path('local', 'mine.d', 'deep'), { recursive: true });
  for (const name of ['a', 'b', 'c', 'deep/d']) writeFileSync(cli.path('local', 'mine.d', name), randomBytes(2000));
  for (const key of ['own.fcs', 'run.d']) await done('save', key, '--key', key);
  for (const key of IN_PLACE) await done('save', `./local/${key}`);
  for (const key of ['own.fcs', 'run.d']) contents.set(key, digestAt(cli.path(key)));
  for (const key of IN_PLACE) contents.set(key, digestAt(cli.path('local', key)));
  for (const content of contents.values()) everSeen.add(content);
  await done('upload', 'own.fcs', 'run.d', ...IN_PLACE);
  // So that what the program has of it is all there is.
  for (const key of ['own.fcs', 'run.d']) rmSync(cli.path(key), { recursive: true });
  const instances = join(cli.home, 'instances');
  bench.instance = join(instances, readdirSync(instances).find((one) => !one.startsWith('.')) ?? '');
  if (!existsSync(bench.instance)) throw new Error('there is no instance');
  return bench;
}
