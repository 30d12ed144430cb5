/** Every command there is. */
import { BenchkeepError } from '../../../shared/errors.ts';
import type { Command } from './command.ts';
import { artifactCommands } from './commands/artifacts.ts';
import { changeCommands } from './commands/changes.ts';
import { demoCommands } from './commands/demo.ts';
import { inboxCommands } from './commands/inbox.ts';
import { instanceCommands } from './commands/instance.ts';
import { labelCommands } from './commands/labels.ts';
import { listCommand } from './commands/list.ts';
import { missingCommands } from './commands/missing.ts';
import { registryCommands } from './commands/registry.ts';
import { scrubCommands } from './commands/scrub.ts';
import { serveCommands } from './commands/serve.ts';
import { spaceCommands } from './commands/space.ts';
import { storageAccessCommands } from './commands/storage-access.ts';
import { storageCommands } from './commands/storages.ts';
import { transferCommands } from './commands/transfers.ts';
import { trashCommands } from './commands/trash.ts';
import { watchingCommands } from './commands/watching.ts';
import { helpAnswer, overview } from './help-answer.ts';

const help: Command = {
  name: 'help',
  usage: '[COMMAND]',
  help: 'this list, or how to use a command',
  positionals: [0, 2],
  run({ arguments: { positionals } }) {
    const asked = positionals.join(' ');
    const shown = allCommands.filter(({ name }) => asked === '' || name === asked || name.startsWith(`${asked} `));
    if (shown.length === 0) {
      throw new BenchkeepError(
        'invalid_argument',
        `There is no command "${asked}" in this version`,
        'See: benchkeep help',
      );
    }
    return Promise.resolve(asked === '' ? overview(shown) : helpAnswer(shown));
  },
};

export const allCommands: readonly Command[] = [
  ...instanceCommands,
  ...storageCommands,
  ...storageAccessCommands,
  listCommand,
  ...artifactCommands,
  ...labelCommands,
  ...watchingCommands,
  ...inboxCommands,
  ...scrubCommands,
  ...missingCommands,
  ...transferCommands,
  ...spaceCommands,
  ...trashCommands,
  ...changeCommands,
  ...registryCommands,
  ...serveCommands,
  ...demoCommands,
  help,
];
