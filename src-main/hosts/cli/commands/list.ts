/** `list`. */
import { BenchkeepError } from '../../../../shared/errors.ts';
import type { SortField } from '../../../../shared/contract/index.ts';
import type { Command } from '../command.ts';
import { wholeNumber } from '../whole-number.ts';
import { artifactsTable } from './artifacts-table.ts';
import { checkIncluded, includedField } from './included-field.ts';

const SORTS: readonly SortField[] = ['key', 'created_at', 'updated_at', 'size', 'suffix'];

function sortOf(text: string | undefined): { field: SortField; descending: boolean } | undefined {
  if (text === undefined) return undefined;
  const descending = text.startsWith('-');
  const field = SORTS.find((known) => known === text.replace(/^-/, ''));
  if (field === undefined) {
    throw new BenchkeepError(
      'invalid_argument',
      `Can't sort by "${text}"`,
      `Use one of: ${SORTS.join(', ')}, with - for descending.`,
    );
  }
  return { field, descending };
}

export const listCommand: Command = {
  name: 'list',
  usage: '[FILTER...]',
  help: 'find artifacts',
  positionals: [0, 50],
  options: {
    search: { value: 'TEXT', help: 'all words, in any order' },
    sort: { value: 'FIELD|-FIELD', help: 'key, created_at, updated_at, size or suffix' },
    limit: { value: 'N', help: 'rows of a page (100)' },
    cursor: { value: 'C', help: 'the next_cursor of the page before' },
    include: { value: 'FIELD', repeated: true, help: 'one more column, for example storage__root' },
    trash: { help: 'what lies in the trash' },
    'all-versions': { help: 'older versions too' },
  },
  async run(context) {
    const given = context.arguments;
    const included = given.list('include');
    included.forEach(checkIncluded);
    const sort = sortOf(given.text('sort'));
    const client = await context.client();
    const page = await client.artifacts.list({
      filters: given.positionals,
      search: given.text('search') ?? null,
      ...(sort === undefined ? {} : { sort }),
      limit: wholeNumber(given.text('limit'), 100),
      cursor: given.text('cursor') ?? null,
      trash: given.has('trash'),
      all_versions: given.has('all-versions'),
    });
    const items = page.items.map((item) => ({
      ...item,
      ...Object.fromEntries(included.map((field) => [field, includedField(item, field)])),
    }));
    const footer =
      page.next_cursor === null
        ? []
        : [
            `${page.total === null ? 'More than 10,000' : String(page.total)} in all; next page: --cursor ${page.next_cursor}`,
          ];
    return { json: { ...page, items }, text: [artifactsTable(page.items, included), ...footer].join('\n') };
  },
};
