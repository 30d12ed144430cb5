/** `view` and `undo`, and how changes are shown. */
import { BenchkeepError } from '../../../../shared/errors.ts';
import type { ChangeRecord } from '../../../../shared/contract/index.ts';
import type { Command } from '../command.ts';
import { renderTable } from '../render-text.ts';
import { wholeNumber } from '../whole-number.ts';

export function renderChanges(items: readonly ChangeRecord[]): string {
  return renderTable(
    // What was done at once has one number: the one that `undo` takes.
    ['no.', 'when', 'who', 'what', 'record', 'change', 'why'],
    items.map((item) => [
      item.transaction,
      item.created_at.slice(0, 19).replace('T', ' '),
      item.created_by,
      item.operation,
      `${item.registry} ${item.uid}`,
      changeWords(item),
      item.note,
    ]),
    'No changes.',
  );
}

function changeWords(item: ChangeRecord): string {
  if (item.action === 'insert')
    return `added ${shown(item.after?.['key'] ?? item.after?.['name'] ?? item.after?.['path'] ?? '')}`.trim();
  if (item.action === 'delete') return 'removed';
  return Object.keys(item.after ?? {})
    .filter((field) => field !== 'updated_at')
    .map((field) => `${field}: ${shown(item.before?.[field])} → ${shown(item.after?.[field])}`)
    .join('; ');
}

function shown(value: unknown): string {
  if (value === null || value === undefined) return '(none)';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

const view: Command = {
  name: 'view',
  usage: '',
  help: 'latest changes',
  positionals: [0, 0],
  options: { since: { value: 'TIME', help: 'only changes after it' }, limit: { value: 'N', help: 'how many (50)' } },
  async run(context) {
    const result = await (
      await context.client()
    ).changes.view({
      since: context.arguments.text('since') ?? null,
      limit: wholeNumber(context.arguments.text('limit'), 50),
    });
    return { json: result, text: renderChanges(result.items) };
  },
};

const undo: Command = {
  name: 'undo',
  usage: '[CHANGE]',
  help: 'take back your last change, or the one with a number of view',
  positionals: [0, 1],
  async run(context) {
    const [change] = context.arguments.positionals;
    const result = await (
      await context.client()
    ).changes.undo({ change: change === undefined ? null : changeNumber(change) });
    return { json: result, text: result.title };
  },
};

function changeNumber(text: string): number {
  if (/^[1-9]\d{0,14}$/.test(text)) return Number(text);
  throw new BenchkeepError('invalid_argument', `"${text}" is not the number of a change`, 'See: benchkeep view');
}

export const changeCommands: readonly Command[] = [view, undo];
