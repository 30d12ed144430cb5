/** `upload`, `cache`. */
import type { Command } from '../command.ts';
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

export const transferCommands: readonly Command[] = [upload, cache];
