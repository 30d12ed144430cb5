/** The fake engine's memory of what was done, and taking it back. */
import type { ArtifactRecord, TransactionRecord } from '../../../shared/contract/index.ts';
import { BenchkeepError } from '../../../shared/errors.ts';
import { changed, type World } from './world.ts';

/** Ids are far apart, as those of transactions with many changes are. */
const STEP = 10;

export function did(
  world: World,
  operation: string,
  title: string,
  rows: readonly ArtifactRecord[],
  back: () => void,
  more: Partial<TransactionRecord> = {},
): number {
  const transaction = (world.done.length + 1) * STEP;
  const created_at = new Date().toISOString();
  const record = {
    transaction,
    created_at,
    created_by: 'ada',
    operation,
    title,
    n: rows.length,
    undoable: true,
    why_not: null,
    undone_by: null,
    ...more,
  };
  world.done.push({ record, back });
  return transaction;
}

export function tellDeeds(
  world: World,
  input: { limit: number; before?: number | null | undefined; operation?: string[] | undefined },
): { items: TransactionRecord[] } {
  const items = world.done
    .map(({ record }) => record)
    .filter(({ transaction }) => transaction < (input.before ?? Infinity))
    .filter(({ operation }) => input.operation?.includes(operation) ?? true)
    .reverse();
  return { items: items.slice(0, input.limit) };
}

export function takeBack(
  world: World,
  change: number | null,
): { items: ArtifactRecord[]; transaction: number; title: string } {
  const deed =
    change === null
      ? world.done.findLast(({ record }) => record.undoable && record.undone_by === null && record.operation !== 'undo')
      : world.done.find(({ record }) => record.transaction === change);
  if (deed === undefined) {
    throw new BenchkeepError('not_found', 'There is nothing of yours that can be taken back', 'See the history.');
  }
  const { record } = deed;
  if (!record.undoable) throw new BenchkeepError('refused', record.why_not ?? 'It can’t be taken back', 'See why.');
  deed.back();
  const title = record.title.startsWith('Taken back: ')
    ? `Done again: ${record.title.slice('Taken back: '.length)}`
    : `Taken back: ${record.title}`;
  const transaction = did(world, 'undo', title, [], () => {
    record.undone_by = null;
    record.undoable = true;
  });
  record.undone_by = transaction;
  record.undoable = false;
  changed(world, 'artifact', 'ulabel', 'artifact_ulabel', 'storage');
  return { items: [], transaction, title };
}
