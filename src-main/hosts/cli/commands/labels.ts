/** `label create|list|add|remove`. */
import { BenchkeepError } from '../../../../shared/errors.ts';
import type { LabelRecord } from '../../../../shared/contract/index.ts';
import type { Command, CommandContext } from '../command.ts';
import { renderTable } from '../render-text.ts';
import { artifactsTable } from './artifacts-table.ts';

function labelsTable(items: readonly LabelRecord[]): string {
  const rows = items.map((item) => [item.uid, item.name, item.type, item.is_type, item.n_artifacts, item.description]);
  return renderTable(['uid', 'name', 'type', 'is a type', 'files', 'description'], rows, 'No labels.');
}

const create: Command = {
  name: 'label create',
  usage: 'NAME',
  help: 'make a label',
  positionals: [1, 1],
  options: {
    type: { value: 'T', help: 'the type that it belongs to' },
    'is-type': { help: 'it is a type of labels' },
    description: { value: 'D', help: 'what it means' },
  },
  async run(context) {
    const given = context.arguments;
    const result = await (
      await context.client()
    ).labels.create({
      name: given.positionals[0] ?? '',
      type: given.text('type') ?? null,
      is_type: given.has('is-type'),
      description: given.text('description') ?? null,
    });
    return { json: result, text: labelsTable(result.items) };
  },
};

const list: Command = {
  name: 'label list',
  usage: '',
  help: 'labels and how many files carry them',
  positionals: [0, 0],
  options: { search: { value: 'T', help: 'part of a name' } },
  async run(context) {
    const result = await (await context.client()).labels.list({ search: context.arguments.text('search') ?? null });
    return { json: result, text: labelsTable(result.items) };
  },
};

function labelling(context: CommandContext): { artifacts: string[]; labels: string[] } {
  const labels = context.arguments.list('label');
  if (labels.length === 0)
    throw new BenchkeepError('invalid_argument', 'The label is missing', 'Give it with --label NAME.');
  return { artifacts: context.arguments.positionals, labels };
}

const LABEL = { label: { value: 'NAME', repeated: true, help: 'the label (needed)' } };

const add: Command = {
  name: 'label add',
  usage: 'ARTIFACT...',
  help: 'label artifacts',
  positionals: [1, 10_000],
  options: LABEL,
  async run(context) {
    const result = await (await context.client()).labels.add(labelling(context));
    return { json: result, text: artifactsTable(result.items) };
  },
};

const remove: Command = {
  name: 'label remove',
  usage: 'ARTIFACT...',
  help: 'take labels off artifacts',
  positionals: [1, 10_000],
  options: LABEL,
  async run(context) {
    const result = await (await context.client()).labels.remove(labelling(context));
    return { json: result, text: artifactsTable(result.items) };
  },
};

export const labelCommands: readonly Command[] = [create, list, add, remove];
