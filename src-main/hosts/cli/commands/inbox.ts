/** `inbox`, `inbox ignore`, `inbox unignore`, `inbox retry`. */
import { BenchkeepError } from '../../../../shared/errors.ts';
import type { InboxItem } from '../../../../shared/contract/index.ts';
import type { Client, Command, CommandContext } from '../command.ts';
import { renderTable } from '../render-text.ts';
import { wholeNumber } from '../whole-number.ts';

/** Items that are looked through for a path. */
const MOST = 10_000;

const list: Command = {
  name: 'inbox',
  usage: '',
  help: 'what the watcher waits for or could not register, and why',
  positionals: [0, 0],
  options: { limit: { value: 'N', help: 'how many (1000)' } },
  async run(context) {
    const client = await context.client();
    const result = await client.watching.inbox({ limit: wholeNumber(context.arguments.text('limit'), 1000) });
    const rows = result.items.map((item) => [item.state, item.path, item.reason, item.since, item.next]);
    return {
      json: result,
      text: renderTable(['state', 'path', 'why', 'since', 'looks again'], rows, 'Nothing waits.'),
    };
  },
};

const ignore: Command = {
  name: 'inbox ignore',
  usage: 'PATH',
  help: 'leaves a file of the inbox alone from now on',
  positionals: [1, 1],
  options: { names: { help: 'all that are named like it: makes a pattern of the watched folder’s rule' } },
  async run(context) {
    const client = await context.client();
    const { storage, relative } = await itemAt(client, context);
    const names = context.arguments.has('names');
    const result = await client.watching.ignore({ storage, path: relative, names });
    const what = result.pattern === null ? relative : `everything named ${result.pattern}`;
    return { json: result, text: `Left alone from now on: ${what}` };
  },
};

const unignore: Command = {
  name: 'inbox unignore',
  usage: 'PATH',
  help: 'looks again at a file that was ignored',
  positionals: [1, 1],
  async run(context) {
    const client = await context.client();
    const { storage, relative } = await itemAt(client, context);
    return {
      json: await client.watching.unignore({ storage, path: relative }),
      text: `Looked at again: ${relative}`,
    };
  },
};

const retry: Command = {
  name: 'inbox retry',
  usage: '[PATH]',
  help: 'tries now again what failed, or one file of it',
  positionals: [0, 1],
  async run(context) {
    const client = await context.client();
    if (context.arguments.positionals.length > 0) {
      const { storage, relative } = await itemAt(client, context);
      const json = await client.watching.retry({ storage, path: relative });
      return { json, text: `It is tried again at once, or by the next: benchkeep watch --once` };
    }
    const { items } = await client.watching.inbox({ limit: MOST });
    const storages = new Set(items.filter(({ can }) => can.includes('retry')).map(({ storage }) => storage));
    for (const storage of storages) await client.watching.retry({ storage, path: null });
    return { json: {}, text: 'What failed is tried again at once, or by the next: benchkeep watch --once' };
  },
};

/** By the path as it is shown, or from where one is. Errors: `not_found`. */
async function itemAt(client: Client, { arguments: given, absolute }: CommandContext): Promise<InboxItem> {
  const [path = ''] = given.positionals;
  const { items } = await client.watching.inbox({ limit: MOST });
  const found = items.find((item) => item.path === path) ?? items.find((item) => item.path === absolute(path));
  if (found !== undefined) return found;
  throw new BenchkeepError('not_found', `${path} is not in the inbox`, 'See what is: benchkeep inbox.');
}

export const inboxCommands: readonly Command[] = [list, ignore, unignore, retry];
