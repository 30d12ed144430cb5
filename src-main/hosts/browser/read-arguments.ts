/** The few options of the browser host started by itself; `benchkeep serve` has the same. */
import { parseArgs } from 'node:util';
import { BenchkeepError } from '../../../shared/errors.ts';
import type { BrowserHostOptions } from './start-browser-host.ts';

export function readArguments(args: string[]): Pick<BrowserHostOptions, 'port' | 'open' | 'instance'> {
  const { port, 'no-open': noOpen = false, instance = null } = parse(args);
  return { open: !noOpen, instance, ...(port === undefined ? {} : { port: portNumber(port) }) };
}

function parse(args: string[]): { port?: string; 'no-open'?: boolean; instance?: string } {
  try {
    return parseArgs({
      args,
      options: { port: { type: 'string' }, 'no-open': { type: 'boolean' }, instance: { type: 'string' } },
    }).values;
  } catch (cause) {
    throw new BenchkeepError(
      'invalid_argument',
      `The options ${args.join(' ')} were not understood`,
      'Use: [--port P] [--no-open] [--instance NAME]',
      { cause },
    );
  }
}

function portNumber(text: string): number {
  const port = Number(text);
  if (/^\d{1,5}$/.test(text) && port < 65_536) return port;
  throw new BenchkeepError(
    'invalid_argument',
    `${text} is not a port`,
    'Give a number from 0 (any free one) to 65535.',
  );
}
