/** Every command there is. */
import type { Command } from './command.ts';
import { artifactCommands } from './commands/artifacts.ts';
import { changeCommands } from './commands/changes.ts';
import { demoCommands } from './commands/demo.ts';
import { instanceCommands } from './commands/instance.ts';
import { labelCommands } from './commands/labels.ts';
import { serveCommands } from './commands/serve.ts';
import { storageCommands } from './commands/storages.ts';
import { watchingCommands } from './commands/watching.ts';
import { usageOf } from './parse-command.ts';

const help: Command = {
  name: 'help',
  usage: '[COMMAND]',
  help: 'this list, or how to use a command',
  positionals: [0, 2],
  run({ arguments: { positionals } }) {
    const asked = positionals.join(' ');
    const shown = allCommands.filter(({ name }) => asked === '' || name === asked || name.startsWith(`${asked} `));
    return Promise.resolve({
      json: { commands: shown.map((command) => ({ name: command.name, usage: usageOf(command), help: command.help })) },
      text: asked === '' ? overview(shown) : shown.map(describeCommand).join('\n\n'),
    });
  },
};

export const allCommands: readonly Command[] = [
  ...instanceCommands,
  ...storageCommands,
  ...artifactCommands,
  ...labelCommands,
  ...watchingCommands,
  ...changeCommands,
  ...serveCommands,
  ...demoCommands,
  help,
];

function overview(commands: readonly Command[]): string {
  const width = Math.max(...commands.map(({ name }) => name.length));
  const lines = commands.map(({ name, help: words }) => `  ${name.padEnd(width)}  ${words}`);
  return ['benchkeep COMMAND …   (benchkeep help COMMAND tells more; --json on every command)', '', ...lines].join('\n');
}

export function describeCommand(command: Command): string {
  const options = Object.entries(command.options ?? {}).map(
    ([name, { value, help: words }]) => `  --${name}${value === undefined ? '' : ` ${value}`}  ${words}`,
  );
  return [usageOf(command), `  ${command.help}`, ...options].join('\n');
}
