/** `upload`, `cache`, `transfers` and what is done with them. */
import { BenchkeepError } from '../../../../shared/errors.ts';
import { formatBytes } from '../../../../shared/format/bytes.ts';
import { LEFT_TEXTS } from '../../../../shared/vocabulary.ts';
import type { TransferRecord } from '../../../../shared/contract/index.ts';
import { systemClock } from '../../../ports/clock.ts';
import type { Client, Command, CommandContext } from '../command.ts';
import { renderTable } from '../render-text.ts';
import { runJob } from '../run-job.ts';
import { artifactsTable } from './artifacts-table.ts';

const upload: Command = {
  name: 'upload',
  usage: 'ARTIFACT...',
  help: 'bring content to the bucket; ends when it is verified there',
  positionals: [1, 100_000],
  async run(context) {
    const { positionals } = context.arguments;
    const client = await context.client();
    const result = await runJob(
      client.artifacts.upload({ artifacts: positionals }, { signal: context.signal }),
      context,
    );
    const text = [artifactsTable(result.items), ...result.warnings.map((warning) => `note: ${warning}`)].join('\n');
    return { json: result, text };
  },
};

const cache: Command = {
  name: 'cache',
  usage: 'ARTIFACT',
  help: 'local path of its content, downloaded if it has to be',
  positionals: [1, 1],
  options: { to: { value: 'FILE', help: 'also as a new file there' } },
  async run(context) {
    const [artifact = ''] = context.arguments.positionals;
    const to = context.arguments.text('to');
    const client = await context.client();
    const input = { artifact, to: to === undefined ? null : context.absolute(to) };
    const result = await runJob(client.artifacts.cache(input, { signal: context.signal }), context);
    return { json: result, text: result.path };
  },
};

function transfersTable(items: readonly TransferRecord[]): string {
  const rows = items.map((item) => [
    String(item.id),
    item.name,
    stateOf(item),
    `${formatBytes(item.sent)} of ${formatBytes(item.total)}`,
    item.rate === null ? '' : `${formatBytes(item.rate)}/s`,
    item.error?.message ?? item.waits_for ?? (item.left ? LEFT_TEXTS[item.direction] : ''),
  ]);
  return renderTable(['id', 'name', 'state', 'sent', 'rate', 'reason'], rows, 'Nothing is on its way.');
}

/** In words that say what it waits for. */
function stateOf({ state, paused, busy, left, error, next }: TransferRecord): string {
  if (state === 'done' || state === 'cancelled') return error === null ? state : 'failed';
  if (paused) return 'paused';
  if (busy) return state === 'planned' ? 'reading' : state;
  if (left) return error === null ? 'stopped' : 'failed';
  return next === null ? 'waiting' : `waiting until ${next.slice(0, 16).replace('T', ' ')} UTC`;
}

/** Ms between two looks, besides those that the engine asks for. */
const LOOK_AGAIN = 1000;

const list: Command = {
  name: 'transfers',
  usage: '',
  help: 'what is on its way to the cloud, what waits, and why',
  positionals: [0, 0],
  options: { watch: { help: 'keep showing it; without a running Benchkeep also work on it' } },
  async run(context) {
    const client = await context.client();
    if (context.arguments.has('watch')) {
      await keepShowing(client, context);
      return null;
    }
    const result = await client.transfers.list({ most: 100_000 });
    return { json: { items: result.items }, text: transfersTable(result.items) };
  },
};

async function keepShowing(client: Client, context: CommandContext): Promise<void> {
  const events = await client.changes.events({}, { signal: context.signal });
  const stop = (): void => void events.return(undefined).catch(() => undefined);
  context.signal.addEventListener('abort', stop, { once: true });
  let shown = '';
  let showing = Promise.resolve();
  const show = async (): Promise<void> => {
    if (context.signal.aborted) return;
    const { items } = await client.transfers.list({ over: 20, most: 1000 });
    const text = context.json ? JSON.stringify({ items }) : transfersTable(items);
    if (text === shown) return;
    shown = text;
    context.line(text);
  };
  // One after the other, or an older one would be told after a newer one.
  const showNext = (): Promise<void> => (showing = showing.then(show));
  let cancel = (): void => undefined;
  // A rate falls although nothing happens.
  const tick = (): void => {
    cancel = systemClock.after(LOOK_AGAIN, () => void showNext().then(tick, () => undefined));
  };
  try {
    await showNext();
    tick();
    for await (const event of events) {
      if (context.signal.aborted) break;
      if (event.type === 'transfers') await showNext();
    }
  } catch (error) {
    // Being stopped is how this command ends.
    if (!context.signal.aborted) throw error;
  } finally {
    cancel();
    context.signal.removeEventListener('abort', stop);
  }
}

type Change = 'pause' | 'resume' | 'cancel' | 'retry' | 'first';

function changing(name: Change, help: string): Command {
  return {
    name: `transfers ${name}`,
    usage: 'ID...',
    help,
    positionals: [0, 10_000],
    options: { all: { help: 'all that are not over' } },
    async run(context) {
      const ids = idsOf(context.arguments);
      const client = await context.client();
      const { items } = await client.transfers[name]({ ids });
      return { json: { items }, text: transfersTable(items) };
    },
  };
}

/** Null: all. Errors: `invalid_argument`. */
function idsOf({ positionals, has }: CommandContext['arguments']): number[] | null {
  const wrong = (message: string): BenchkeepError =>
    new BenchkeepError('invalid_argument', message, 'Give ids as in benchkeep transfers, or --all.');
  if (has('all') === positionals.length > 0)
    throw wrong(has('all') ? '--all and ids exclude each other' : 'No transfer was named');
  if (has('all')) return null;
  return positionals.map((text) => {
    if (/^\d{1,15}$/.test(text)) return Number(text);
    throw wrong(`"${text}" is no id of a transfer`);
  });
}

export const transferCommands: readonly Command[] = [
  upload,
  cache,
  list,
  changing('pause', 'stop them; what was sent is kept'),
  changing('resume', 'let paused ones go on'),
  changing('cancel', 'end them; what was sent of them is taken away, nothing here is touched'),
  changing('retry', 'try now what waits after a failure'),
  changing('first', 'make them the next ones'),
];
