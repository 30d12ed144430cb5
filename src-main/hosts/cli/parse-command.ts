/** From the words of a command line to a command and its arguments. */
import { BenchkeepError } from '../../../shared/errors.ts';
import type { Arguments, Command, OptionSpec } from './command.ts';

const EVERYWHERE: Record<string, OptionSpec> = {
  json: { help: 'one JSON document on standard output' },
  instance: { value: 'NAME', help: 'another instance than the connected one' },
  help: { help: 'how to use the command' },
};

export interface ParsedCommand {
  command: Command;
  arguments: Arguments;
}

/** Errors: `invalid_argument` with the usage as remedy. */
export function parseCommand(words: readonly string[], commands: readonly Command[]): ParsedCommand {
  const command = findCommand(words, commands);
  const specs = { ...command.options, ...EVERYWHERE };
  const values = new Map<string, string[]>();
  const positionals: string[] = [];
  const rest = words.slice(command.name.split(' ').length);
  for (let i = 0; i < rest.length; i++) {
    const word = rest[i] ?? '';
    if (word === '--') {
      positionals.push(...rest.slice(i + 1));
      break;
    }
    if (!word.startsWith('--')) {
      positionals.push(word);
      continue;
    }
    const equals = word.indexOf('=');
    const name = word.slice(2, equals < 0 ? undefined : equals);
    const spec = Object.hasOwn(specs, name) ? specs[name] : undefined;
    if (spec === undefined) throw wrongUsage(`There is no option --${name}`, command);
    let value = '';
    if (spec.value === undefined) {
      if (equals >= 0) throw wrongUsage(`--${name} takes no value`, command);
    } else if (equals >= 0) value = word.slice(equals + 1);
    else {
      const next = rest[++i];
      if (next === undefined) throw wrongUsage(`--${name} needs a value (${spec.value})`, command);
      value = next;
    }
    const known = values.get(name);
    if (known !== undefined && spec.repeated !== true && spec.value !== undefined) {
      throw wrongUsage(`--${name} was given twice`, command);
    }
    values.set(name, [...(known ?? []), value]);
  }
  const [fewest, most] = command.positionals;
  const helpAsked = values.has('help');
  if (!helpAsked && positionals.length < fewest) throw wrongUsage('Something is missing', command);
  if (!helpAsked && positionals.length > most) throw wrongUsage(`"${positionals[most] ?? ''}" is too much`, command);
  return {
    command,
    arguments: {
      positionals,
      text: (name) => values.get(name)?.[0],
      list: (name) => values.get(name) ?? [],
      has: (name) => values.has(name),
    },
  };
}

/** The usage line: `benchkeep label add ARTIFACT... --label NAME`. */
export function usageOf(command: Command): string {
  const options = Object.entries(command.options ?? {}).map(([name, { value, repeated }]) => {
    const shown = `--${name}${value === undefined ? '' : ` ${value}`}`;
    return `[${shown}]${repeated === true ? '...' : ''}`;
  });
  return ['benchkeep', command.name, command.usage, ...options].filter((part) => part !== '').join(' ');
}

function wrongUsage(what: string, command: Command): BenchkeepError {
  return new BenchkeepError('invalid_argument', what, `Usage: ${usageOf(command)}`);
}

function findCommand(words: readonly string[], commands: readonly Command[]): Command {
  const matches = commands.filter(({ name }) => name.split(' ').every((word, index) => words[index] === word));
  const longest = matches.sort((a, b) => b.name.length - a.name.length)[0];
  if (longest !== undefined) return longest;
  const group = commands.filter(({ name }) => name.startsWith(`${words[0] ?? ''} `));
  const remedy = group.length > 0 ? `Use one of: ${group.map(({ name }) => name).join(', ')}` : 'See: benchkeep help';
  throw new BenchkeepError(
    'invalid_argument',
    `There is no command "${words.slice(0, 2).join(' ')}" in this version`,
    remedy,
  );
}
