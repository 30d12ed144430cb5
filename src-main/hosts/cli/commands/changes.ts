/** `view`, and how changes are shown. */
import type { ChangeRecord } from '../../../../shared/contract/index.ts';
import type { Command } from '../command.ts';
import { renderTable } from '../render-text.ts';
import { wholeNumber } from '../whole-number.ts';

export function renderChanges(items: readonly ChangeRecord[]): string {
  return renderTable(
    ['when', 'who', 'what', 'record', 'change'],
    items.map((item) => [
      item.created_at.slice(0, 19).replace('T', ' '),
      item.created_by,
      item.operation,
      `${item.registry} ${item.uid}`,
      changeWords(item),
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

export const changeCommands: readonly Command[] = [view];
