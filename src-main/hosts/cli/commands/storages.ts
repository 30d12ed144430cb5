/** `storage list|add|use|local|edit|remove|tree`. */
import { BenchkeepError } from '../../../../shared/errors.ts';
import { formatBytes } from '../../../../shared/format/bytes.ts';
import type { StorageRecord, TreeFolder } from '../../../../shared/contract/index.ts';
import { escapeForDisplay } from '../../../../shared/format/display-name.ts';
import type { Command } from '../command.ts';
import { renderTable } from '../render-text.ts';
import { onStorage } from '../storage-argument.ts';
import { countOf } from '../../../../shared/format/counts.ts';
import { remainsText } from '../../../../shared/vocabulary.ts';

function storagesTable(items: readonly StorageRecord[]): string {
  const rows = items.map((item) => [
    item.uid,
    item.root,
    item.type,
    item.region,
    item.managed ? 'managed' : 'linked',
    [item.default ? 'default' : '', item.local ? 'local' : '', item.watch ? 'watched' : '']
      .filter((word) => word !== '')
      .join(', '),
    item.description,
  ]);
  return renderTable(['uid', 'root', 'type', 'region', 'access', 'used as', 'description'], rows, 'No storages.');
}

const list: Command = {
  name: 'storage list',
  usage: '',
  help: 'storages of the instance',
  positionals: [0, 0],
  async run(context) {
    const result = await (await context.client()).storages.list({});
    return { json: result, text: storagesTable(result.items) };
  },
};

const add: Command = {
  name: 'storage add',
  usage: 'ROOT',
  help: 'add a storage',
  positionals: [1, 1],
  options: {
    host: { value: 'H', help: 'a label for the computer of a local root, shown as its region' },
    description: { value: 'T', help: 'what it is used for' },
    link: { help: 'only read it' },
    managed: { help: 'write and delete there too' },
    watch: { help: 'register what is there and what arrives' },
  },
  async run(context) {
    const given = context.arguments;
    if (given.has('link') && given.has('managed')) {
      throw new BenchkeepError(
        'invalid_argument',
        'A storage is linked or managed, not both',
        'Give one of --link and --managed.',
      );
    }
    const result = await (
      await context.client()
    ).storages.add({
      root: context.absolute(given.positionals[0] ?? ''),
      host: given.text('host') ?? null,
      description: given.text('description') ?? null,
      managed: given.has('managed') ? true : given.has('link') ? false : null,
      watch: given.has('watch'),
    });
    return { json: result, text: storagesTable(result.items) };
  },
};

const use: Command = {
  name: 'storage use',
  usage: 'ROOT|UID',
  help: 'make it the default storage',
  positionals: [1, 1],
  async run(context) {
    const client = await context.client();
    const [named = ''] = context.arguments.positionals;
    const result = await onStorage(context, named, (storage) => client.storages.use({ storage }));
    return { json: result, text: storagesTable(result.items) };
  },
};

const local: Command = {
  name: 'storage local',
  usage: 'ROOT|UID',
  help: 'use it while artifacts are kept local',
  positionals: [1, 1],
  async run(context) {
    const client = await context.client();
    const [named = ''] = context.arguments.positionals;
    const result = await onStorage(context, named, (storage) => client.storages.local({ storage }));
    return { json: result, text: storagesTable(result.items) };
  },
};

const edit: Command = {
  name: 'storage edit',
  usage: 'ROOT|UID',
  help: 'change its description',
  positionals: [1, 1],
  options: { description: { value: 'T', help: 'what it is used for (needed)' } },
  async run(context) {
    const description = context.arguments.text('description');
    if (description === undefined) {
      throw new BenchkeepError(
        'invalid_argument',
        'The description is missing',
        'Usage: benchkeep storage edit ROOT|UID --description T',
      );
    }
    const client = await context.client();
    const [named = ''] = context.arguments.positionals;
    const result = await onStorage(context, named, (storage) => client.storages.edit({ storage, description }));
    return { json: result, text: storagesTable(result.items) };
  },
};

const remove: Command = {
  name: 'storage remove',
  usage: 'ROOT|UID',
  help: 'forget a storage that no artifact lives in',
  positionals: [1, 1],
  async run(context) {
    const client = await context.client();
    const [named = ''] = context.arguments.positionals;
    const result = await onStorage(context, named, (storage) => client.storages.remove({ storage }));
    return {
      json: result,
      text: ['Removed.', ...result.remains.map(remainsText)].join('\n'),
    };
  },
};

const tree: Command = {
  name: 'storage tree',
  usage: 'ROOT|UID|URL',
  help: 'folders, files and counts by suffix',
  positionals: [1, 1],
  async run(context) {
    const client = await context.client();
    const [named = ''] = context.arguments.positionals;
    const { signal } = context;
    const found = await onStorage(context, named, (storage) => client.storages.tree({ storage }, { signal }));
    const suffixes = found.suffixes
      .map(({ suffix, n }) => `${suffix === '' ? '(none)' : suffix} ${String(n)}`)
      .join(', ');
    const head = `${countOf(found.n_folders, 'folder')} & ${countOf(found.n_files, 'file')}, ${formatBytes(found.size)}${suffixes === '' ? '' : `: ${suffixes}`}`;
    const region =
      typeof found.region === 'string' && found.root.includes('://') ? ` (${escapeForDisplay(found.region)})` : '';
    const root = `${escapeForDisplay(found.root)}${region}`;
    return { json: found, text: [head, root, ...treeLines(found.tree, '')].join('\n') };
  },
};

function treeLines(folder: TreeFolder, indent: string): string[] {
  const entries: { line: string; below: TreeFolder | null }[] = [
    ...folder.folders.map((below) => ({ line: `${escapeForDisplay(below.name)}/`, below })),
    ...folder.files.map(({ name }) => ({ line: escapeForDisplay(name), below: null })),
    ...(folder.truncated ? [{ line: '…', below: null }] : []),
  ];
  return entries.flatMap(({ line, below }, index) => {
    const last = index === entries.length - 1;
    const lines = [`${indent}${last ? '└── ' : '├── '}${line}`];
    if (below !== null) lines.push(...treeLines(below, `${indent}${last ? '    ' : '│   '}`));
    return lines;
  });
}

export const storageCommands: readonly Command[] = [list, add, use, local, edit, remove, tree];
