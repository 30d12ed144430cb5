/** `locate`, `watch lost`: what a person says of files that are not where they were. */
import type { Command } from '../command.ts';
import { onStorage } from '../storage-argument.ts';
import { artifactsTable } from './artifacts-table.ts';
import { renderTable } from '../render-text.ts';

const locate: Command = {
  name: 'locate',
  usage: 'ARTIFACT [PATH]',
  help: 'says where a missing file is now; without PATH, where it may be',
  positionals: [1, 2],
  options: { siblings: { help: 'also the other missing files of its folder' } },
  async run(context) {
    const given = context.arguments;
    const [artifact = '', path] = given.positionals;
    const client = await context.client();
    if (path === undefined) {
      const found = await client.artifacts.find({ artifact });
      const rows = found.items.map(({ path: where, evidence }) => [where, evidence]);
      return { json: found, text: renderTable(['path', 'why'], rows, 'Nothing like it is known.') };
    }
    const result = await client.artifacts.locate({
      artifact,
      path: context.absolute(path),
      siblings: given.has('siblings'),
    });
    return { json: result, text: artifactsTable(result.items) };
  },
};

const lost: Command = {
  name: 'watch lost',
  usage: 'ROOT',
  help: 'says that the files which are gone from a watched folder at once are really gone',
  positionals: [1, 1],
  options: {},
  async run(context) {
    const client = await context.client();
    const [named = ''] = context.arguments.positionals;
    const result = await onStorage(context, named, (storage) => client.watching.confirmLoss({ storage, lost: true }));
    return { json: result, text: 'They are called missing now. Their records stay.' };
  },
};

export const missingCommands: readonly Command[] = [locate, lost];
