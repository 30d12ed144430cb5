/** How to use commands, for people and for programs. */
import { VERSION } from '../../../shared/version.ts';
import type { Answer, Command } from './command.ts';
import { usageOf } from './parse-command.ts';

/** Each command with its options. */
export function helpAnswer(commands: readonly Command[]): Answer {
  return { json: { commands: commands.map(asData) }, text: commands.map(describe).join('\n\n') };
}

/** All commands, a line each. */
export function overview(commands: readonly Command[]): Answer {
  const width = Math.max(...commands.map(({ name }) => name.length));
  const lines = commands.map(({ name, help }) => `  ${name.padEnd(width)}  ${help}`);
  const head = `benchkeep ${VERSION}   benchkeep COMMAND …   (benchkeep help COMMAND tells more)`;
  const everywhere = 'Every command takes --json (one JSON document) and --instance NAME.';
  return {
    json: { version: VERSION, commands: commands.map(asData) },
    text: [head, '', ...lines, '', everywhere].join('\n'),
  };
}

function asData(command: Command): { name: string; usage: string; help: string } {
  return { name: command.name, usage: usageOf(command), help: command.help };
}

function describe(command: Command): string {
  const options = Object.entries(command.options ?? {}).map(
    ([name, { value, help }]) => `  --${name}${value === undefined ? '' : ` ${value}`}  ${help}`,
  );
  return [usageOf(command), `  ${command.help}`, ...options].join('\n');
}
