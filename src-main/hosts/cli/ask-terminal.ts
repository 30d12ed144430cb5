/** Asks a person on the terminal; what is secret is not shown while it is typed. */
import { createInterface } from 'node:readline';
import { BenchkeepError } from '../../../shared/errors.ts';

export type TerminalInput = NodeJS.ReadableStream & { isTTY?: boolean; setRawMode?: (raw: boolean) => unknown };

export interface Terminal {
  /** Opened when something is asked: a command that asks nothing does not touch it. */
  input: () => TerminalInput;
  /** Standard error: the answer of a command goes to standard output. */
  write: (text: string) => void;
  signal: AbortSignal;
}

/**
 * Lines of an input that is no terminal are taken one by one, without asking; where it has ended, what is `optional` is
 * empty. Errors: `invalid_argument`, `cancelled`.
 */
export type Ask = (question: string, options: { hidden: boolean; optional?: boolean }) => Promise<string>;

export function askTerminal({ input: open, write, signal }: Terminal): Ask {
  let lines: AsyncIterator<string> | null = null;
  async function nextLine(input: TerminalInput, optional: boolean): Promise<string> {
    lines ??= createInterface({ input })[Symbol.asyncIterator]();
    const line = await lines.next();
    if (line.done !== true) return line.value;
    if (optional) return '';
    throw new BenchkeepError(
      'invalid_argument',
      'There is nobody to ask, and nothing was given on the standard input',
      'Run it in a terminal, or use a profile (--profile NAME).',
    );
  }
  return async (question, { hidden, optional = false }) => {
    const input = open();
    if (input.isTTY !== true) return nextLine(input, optional);
    write(`${question}: `);
    return readTyped(input, { write, signal }, hidden);
  };
}

/** In raw mode nothing is echoed but by us. */
function readTyped(input: TerminalInput, { write, signal }: Omit<Terminal, 'input'>, hidden: boolean): Promise<string> {
  return new Promise((resolve, reject) => {
    let typed = '';
    function end(settle: () => void): void {
      input.removeListener('data', read);
      signal.removeEventListener('abort', stop);
      input.setRawMode?.(false);
      input.pause();
      write('\n');
      settle();
    }
    function stop(): void {
      end(() => {
        reject(new BenchkeepError('cancelled', 'Stopped', 'Nothing was changed.'));
      });
    }
    function read(bytes: Buffer | string): void {
      for (const sign of String(bytes)) {
        if (sign === '\u0003' || sign === '\u0004') {
          stop();
          return;
        }
        if (sign === '\r' || sign === '\n') {
          end(() => {
            resolve(typed.trim());
          });
          return;
        }
        if (sign === '\u007f' || sign === '\b') {
          if (!hidden && typed !== '') write('\b \b');
          typed = typed.slice(0, -1);
        } else if (sign >= ' ') {
          typed += sign;
          if (!hidden) write(sign);
        }
      }
    }
    signal.addEventListener('abort', stop, { once: true });
    input.setRawMode?.(true);
    input.on('data', read);
    input.resume();
  });
}
