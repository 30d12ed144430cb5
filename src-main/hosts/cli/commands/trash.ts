/** `delete`, `restore`, `revert`, `replace`. */
import { BenchkeepError } from '../../../../shared/errors.ts';
import type { Command } from '../command.ts';
import { yesOrNo } from '../yes-or-no.ts';
import { runJob } from '../run-job.ts';
import { artifactsTable } from './artifacts-table.ts';

const remove: Command = {
  name: 'delete',
  usage: 'ARTIFACT...',
  help: 'moves to the trash; with --permanent deletes for good',
  positionals: [1, 100_000],
  options: {
    permanent: { help: 'the record is deleted for good, with the copy that Benchkeep made' },
    storage: { value: 'yes|no', help: 'also its file in place (yes), or no file at all (no)' },
  },
  async run(context) {
    const given = context.arguments;
    const client = await context.client();
    const artifacts = [...given.positionals];
    const storage = yesOrNo('storage', given.text('storage'));
    if (!given.has('permanent')) {
      if (storage !== null)
        throw new BenchkeepError(
          'invalid_argument',
          '--storage goes with --permanent only',
          'The trash keeps every file.',
        );
      const result = await client.artifacts.trash({ artifacts });
      return { json: result, text: artifactsTable(result.items) };
    }
    if (storage === null) await refuseUnasked(client, artifacts);
    const result = await client.artifacts.delete({ artifacts, storage });
    const lines = [...result.removed.map((path) => `removed: ${path}`), ...result.remains];
    return { json: result, text: [`${String(result.items.length)} deleted for good`, ...lines].join('\n') };
  },
};

type Client = Awaited<ReturnType<Parameters<Command['run']>[0]['client']>>;

/** Content in place is never decided on silently: the person says what becomes of it. */
async function refuseUnasked(client: Client, artifacts: string[]): Promise<void> {
  const { items } = await client.artifacts.planDeletion({ artifacts });
  const inPlace = items.filter(({ in_place: path, linked }) => path !== null && !linked);
  if (inPlace.length === 0) return;
  throw new BenchkeepError(
    'refused',
    `${inPlace.length === 1 ? 'A file lies' : `${String(inPlace.length)} files lie`} in place: ${inPlace[0]?.in_place ?? ''}`,
    'Say what becomes of it: --storage no keeps the file, --storage yes deletes it too.',
  );
}

const restore: Command = {
  name: 'restore',
  usage: 'ARTIFACT...',
  help: 'takes out of the trash',
  positionals: [1, 100_000],
  options: {},
  async run(context) {
    const result = await (await context.client()).artifacts.restore({ artifacts: [...context.arguments.positionals] });
    const text = [artifactsTable(result.items), ...result.warnings.map((warning) => `note: ${warning}`)].join('\n');
    return { json: result, text };
  },
};

const revert: Command = {
  name: 'revert',
  usage: 'ARTIFACT',
  help: 'makes the content of an old version the newest again',
  positionals: [1, 1],
  options: {},
  async run(context) {
    const [artifact = ''] = context.arguments.positionals;
    const result = await (await context.client()).artifacts.revert({ artifact });
    return { json: result, text: artifactsTable(result.items) };
  },
};

const replace: Command = {
  name: 'replace',
  usage: 'ARTIFACT PATH',
  help: 'other content under the same uid; the old goes to the trash',
  positionals: [2, 2],
  options: {},
  async run(context) {
    const [artifact = '', path = ''] = context.arguments.positionals;
    const client = await context.client();
    const input = { artifact, path: context.absolute(path) };
    const result = await runJob(client.artifacts.replace(input, { signal: context.signal }), context);
    return { json: result, text: artifactsTable(result.items) };
  },
};

export const trashCommands: readonly Command[] = [remove, restore, revert, replace];
