/** Runs one command line from its words to an exit code; `main.ts` gives it the real process. */
import { isAbsolute, resolve } from 'node:path';
import { BenchkeepError, ERROR_EXIT_CODES, toErrorData } from '../../../shared/errors.ts';
import { formatBytes } from '../../../shared/format/bytes.ts';
import { allCommands, describeCommand } from './all-commands.ts';
import type { CommandContext } from './command.ts';
import { openClient, type OpenClient } from './open-client.ts';
import { parseCommand } from './parse-command.ts';

export interface CommandLine {
  words: readonly string[];
  home: string;
  cwd: string;
  out: (text: string) => void;
  err: (text: string) => void;
  /** Where progress may be shown and wiped again. */
  errIsTerminal: boolean;
  signal: AbortSignal;
}

/** The exit code of `cli.md`. */
export async function runCommandLine(line: CommandLine): Promise<number> {
  const json = line.words.includes('--json');
  let opened: Promise<OpenClient> | null = null;
  let wipe = (): void => undefined;
  try {
    const words = line.words.length === 0 ? ['help'] : line.words[0] === '--help' ? ['help'] : line.words;
    const parsed = parseCommand(movePastGlobals(words), allCommands);
    const instance = parsed.arguments.text('instance') ?? null;
    if (parsed.arguments.has('help')) {
      line.out(`${describeCommand(parsed.command)}\n`);
      return 0;
    }
    const context: CommandContext = {
      client: async () => {
        const watch = parsed.command.name === 'watch' && !parsed.arguments.has('once');
        opened ??= openClient({ home: line.home, instance, watch });
        return (await opened).client;
      },
      arguments: parsed.arguments,
      json,
      signal: line.signal,
      absolute: (path) => absolutePath(line.cwd, path),
      line: (text) => {
        line.out(`${text}\n`);
      },
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
    if (answer !== null) line.out(json ? `${JSON.stringify(answer.json)}\n` : `${answer.text}\n`);
    return answer?.exitCode ?? 0;
  } catch (error) {
    wipe();
    const shown = line.signal.aborted && !(error instanceof BenchkeepError) ? stopped() : error;
    const { code, message, remedy } = toErrorData(shown);
    line.err(json ? `${JSON.stringify({ error: { code, message, remedy } })}\n` : `error: ${oneLine(message)}. ${oneLine(remedy)}\n`);
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

function stopped(): BenchkeepError {
  return new BenchkeepError('cancelled', 'Stopped', 'Run the command again to go on where it was.');
}

function oneLine(text: string): string {
  return text.replace(/\s*\n\s*/g, ' ').replace(/\.$/, '');
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
