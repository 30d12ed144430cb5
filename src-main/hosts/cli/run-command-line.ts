/** Runs one command line from its words to an exit code; `main.ts` gives it the real process. */
import { isAbsolute, resolve } from 'node:path';
import { Readable } from 'node:stream';
import { ERROR_EXIT_CODES, toErrorData } from '../../../shared/errors.ts';
import { formatBytes } from '../../../shared/format/bytes.ts';
import { askTerminal, type Terminal } from './ask-terminal.ts';
import { allCommands } from './all-commands.ts';
import type { Answer, CommandContext } from './command.ts';
import { helpAnswer } from './help-answer.ts';
import { openClient, type OpenClient } from './open-client.ts';
import { parseCommand } from './parse-command.ts';
import { stopped } from './run-job.ts';

export interface CommandLine {
  words: readonly string[];
  home: string;
  cwd: string;
  out: (text: string) => void;
  err: (text: string) => void;
  /** Where progress may be shown and wiped again. */
  errIsTerminal: boolean;
  signal: AbortSignal;
  /** Where a person types; nobody does without it. */
  input?: Terminal['input'];
}

/** The exit code of `cli.md`. */
export async function runCommandLine(line: CommandLine): Promise<number> {
  const json = asksForJson(line.words);
  let opened: Promise<OpenClient> | null = null;
  let wipe = (): void => undefined;
  const show = (answer: Answer): void => {
    line.out(json ? `${JSON.stringify(answer.json)}\n` : `${answer.text}\n`);
  };
  try {
    const words = movePastGlobals(line.words);
    const parsed = parseCommand(isHelp(words[0]) ? ['help', ...words.slice(1)] : words, allCommands);
    const instance = parsed.arguments.text('instance') ?? null;
    if (parsed.arguments.has('help')) {
      show(helpAnswer([parsed.command]));
      return 0;
    }
    const context: CommandContext = {
      client: async () => {
        const watch = parsed.command.name === 'watch' && !parsed.arguments.has('once');
        const transfers = watch || (parsed.command.name === 'transfers' && parsed.arguments.has('watch'));
        opened ??= openClient({
          home: line.home,
          instance,
          watch,
          transfers,
          open: parsed.command.opensInstance ?? true,
        }).then((found) => {
          found.warnings.forEach(context.note);
          return found;
        });
        return (await opened).client;
      },
      arguments: parsed.arguments,
      json,
      signal: line.signal,
      absolute: (path) => absolutePath(line.cwd, path),
      line: (text) => {
        line.out(`${text}\n`);
      },
      note: (text) => {
        if (!json) line.err(`note: ${oneLine(text)}.\n`);
      },
      ask: askTerminal({ input: line.input ?? (() => Readable.from([])), write: line.err, signal: line.signal }),
      progress: (progress) => {
        if (!line.errIsTerminal || json) return;
        const total = progress.items_total === null ? '' : ` of ${String(progress.items_total)}`;
        line.err(`\r\u001b[2K${String(progress.items)}${total} files, ${formatBytes(progress.bytes)}`);
        wipe = () => {
          line.err('\r\u001b[2K');
        };
      },
      home: line.home,
      instance,
    };
    const answer = await parsed.command.run(context);
    wipe();
    if (answer !== null) show(answer);
    return answer?.exitCode ?? 0;
  } catch (error) {
    wipe();
    // What breaks off because it was stopped has its own words for it, or none.
    const shown = line.signal.aborted ? stopped() : error;
    const { code, message, remedy } = toErrorData(shown);
    line.err(
      json
        ? `${JSON.stringify({ error: { code, message, remedy } })}\n`
        : `error: ${oneLine(message)}. ${oneLine(remedy)}\n`,
    );
    return ERROR_EXIT_CODES[code];
  } finally {
    await closeQuietly(opened);
  }
}

/** An engine that never opened has nothing to close: its error was shown where it was awaited. */
async function closeQuietly(opened: Promise<OpenClient> | null): Promise<void> {
  const client = await (opened ?? Promise.resolve(null)).catch(() => null);
  await client?.close();
}

function oneLine(text: string): string {
  return text.replace(/\s*\n\s*/g, ' ').replace(/\.$/, '');
}

/** `--json` anywhere but after `--` and as the value of another option. */
function asksForJson(words: readonly string[]): boolean {
  const end = words.indexOf('--');
  return (end < 0 ? words : words.slice(0, end)).includes('--json');
}

function isHelp(word: string | undefined): boolean {
  return word === undefined || word === '--help' || word === '-h';
}

/** `--instance N` and `--json` may stand before the command. */
function movePastGlobals(words: readonly string[]): string[] {
  const globals: string[] = [];
  const rest = [...words];
  for (;;) {
    if (rest[0] === '--json') globals.push(rest.shift() ?? '');
    else if (rest[0] === '--instance') globals.push(...rest.splice(0, 2));
    else if (rest[0]?.startsWith('--instance=') === true) globals.push(rest.shift() ?? '');
    else return [...rest, ...globals];
  }
}

function absolutePath(cwd: string, path: string): string {
  if (/^[a-z][a-z0-9+.-]+:\/\//i.test(path) || path === 'default') return path;
  return isAbsolute(path) ? resolve(path) : resolve(cwd, path);
}
