/** The command line as a person or a script has it: real processes on a data folder of their own. */
import { spawn, type ChildProcess } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { tmpdir } from 'node:os';
import * as z from 'zod';

const project = resolve(import.meta.dirname, '../../..');
/** What was compiled once: a third of the time of a start. */
const COMPILED = join(tmpdir(), 'benchkeep-test-compiled');
/** The one that is built for the tests (`build-program.ts`); its sources where somebody else uses this, as benchmarks do. */
const PROGRAM = process.env['BENCHKEEP_TEST_PROGRAM'] ?? join(project, 'src-main/hosts/cli/main.ts');

export interface Ended {
  code: number | null;
  signal: NodeJS.Signals | null;
  out: string;
  err: string;
}

export interface Running {
  child: ChildProcess;
  /** Complete lines of standard output so far. */
  lines: string[];
  /** Resolves with the first line that `wanted` accepts, also one that came before. */
  line(wanted: (line: string) => boolean): Promise<string>;
  ended: Promise<Ended>;
}

export interface CommandLine {
  /** Everything of the test lies below it. */
  folder: string;
  home: string;
  path(...parts: string[]): string;
  /** Starts `benchkeep …`; `cwd` is the folder. */
  start(...words: string[]): Running;
  /** Starts another program of the tests on the same data folder. */
  startOther(program: string, ...words: string[]): Running;
  run(...words: string[]): Promise<Ended>;
  /** Runs with `--json`, expects exit code 0, a silent standard error and one document that fits. */
  json<S extends z.ZodType>(schema: S, ...words: string[]): Promise<z.output<S>>;
  /** Runs with `--json`, expects the exit code, an empty standard output and one error document; gives its error. */
  refused(code: number, ...words: string[]): Promise<z.output<typeof errorDocument>['error']>;
  /** Kills what still runs, removes the folder. */
  close(): Promise<void>;
}

export const errorDocument = z.strictObject({
  error: z.strictObject({ code: z.string(), message: z.string(), remedy: z.string().min(1) }),
});

export interface CommandLineOptions {
  env?: Record<string, string>;
  /** Another program. */
  main?: string;
}

export function commandLine({ env = {}, main = PROGRAM }: CommandLineOptions = {}): CommandLine {
  const folder = mkdtempSync(join(tmpdir(), 'benchkeep-cli-'));
  const home = join(folder, 'home');
  const running = new Set<Running>();

  const start = (...words: string[]): Running => startOther(main, ...words);

  function startOther(program: string, ...words: string[]): Running {
    const child = spawn(process.execPath, [program, ...words], {
      cwd: folder,
      env: { ...process.env, BENCHKEEP_HOME: home, XDG_RUNTIME_DIR: folder, NODE_COMPILE_CACHE: COMPILED, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const started = follow(child);
    running.add(started);
    void started.ended.finally(() => running.delete(started));
    return started;
  }

  const run = (...words: string[]): Promise<Ended> => start(...words).ended;

  return {
    folder,
    home,
    path: (...parts) => join(folder, ...parts),
    start,
    startOther,
    run,
    async json(schema, ...words) {
      const { code, out, err } = await run(...words, '--json');
      if (code !== 0 || err !== '') throw new Error(`benchkeep ${words.join(' ')}: exit ${String(code)}\n${out}${err}`);
      return schema.parse(oneDocument(out));
    },
    async refused(code, ...words) {
      const ended = await run(...words, '--json');
      if (ended.code !== code || ended.out !== '') {
        throw new Error(`benchkeep ${words.join(' ')}: exit ${String(ended.code)}\n${ended.out}${ended.err}`);
      }
      return errorDocument.parse(oneDocument(ended.err)).error;
    },
    async close() {
      for (const { child } of running) child.kill('SIGKILL');
      await Promise.all([...running].map(({ ended }) => ended));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** A copy of the program with a window beside it; its `cli.js`. */
export function programWithWindow(folder: string, window = join(project, 'test/hosts/browser/fixtures/page')): string {
  const main = join(folder, 'dist/main');
  cpSync(dirname(PROGRAM), main, { recursive: true });
  symlinkSync(join(project, 'node_modules'), join(folder, 'node_modules'));
  cpSync(window, join(folder, 'dist/renderer'), { recursive: true });
  return join(main, 'cli.js');
}

/** The only document of `text`, which is one line. */
export function oneDocument(text: string): unknown {
  if (!text.endsWith('\n') || text.indexOf('\n') !== text.length - 1) throw new Error(`not one line: ${text}`);
  return JSON.parse(text);
}

function follow(child: ChildProcess): Running {
  const lines: string[] = [];
  const waiting = new Set<() => void>();
  let out = '';
  let err = '';
  let rest = '';
  let over = false;
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    out += text;
    const parts = (rest + text).split('\n');
    rest = parts.pop() ?? '';
    lines.push(...parts);
    for (const look of waiting) look();
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (err += text));
  const ended = new Promise<Ended>((settle, fail) => {
    child.once('error', fail);
    child.once('close', (code, signal) => {
      over = true;
      for (const look of waiting) look();
      settle({ code, signal, out, err });
    });
  });
  return {
    child,
    lines,
    ended,
    line: (wanted) =>
      new Promise((settle, fail) => {
        const look = (): void => {
          const found = lines.find(wanted);
          if (found === undefined && !over) return;
          waiting.delete(look);
          if (found !== undefined) settle(found);
          else fail(new Error(`ended without that line:\n${out}${err}`));
        };
        waiting.add(look);
        look();
      }),
  };
}
