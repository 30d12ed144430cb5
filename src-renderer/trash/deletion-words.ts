/** What deleting for good would do, from the engine's plan, in sentences. */
import { formatBytes } from '../../shared/format/bytes.ts';
import { countOf } from '../../shared/format/counts.ts';
import { escapeForDisplay } from '../../shared/format/display-name.ts';
import type { PlannedDeletion } from '../../shared/contract/index.ts';

export interface DeletionSummary {
  /** What can be deleted. */
  free: PlannedDeletion[];
  /** Of those: content that lies among a person's own files, in places that Benchkeep may write to. */
  removable: PlannedDeletion[];
  blocked: PlannedDeletion[];
}

export function summariseDeletion(plan: readonly PlannedDeletion[]): DeletionSummary {
  const free = plan.filter(({ blocked }) => blocked === null);
  return {
    free,
    removable: free.filter(({ in_place, linked }) => in_place !== null && !linked),
    blocked: plan.filter(({ blocked }) => blocked !== null),
  };
}

/** `alsoFiles`: content in place is to go too, where that can be. Each sentence on its own. */
export function whatGoes({ free }: DeletionSummary, alsoFiles: boolean): string[] {
  const own = free.filter(({ managed }) => managed !== null);
  const inPlace = alsoFiles ? free.filter(({ in_place, linked }) => in_place !== null && !linked) : [];
  const size = (rows: readonly PlannedDeletion[]): string => formatBytes(rows.reduce((sum, row) => sum + row.size, 0));
  return [
    `${countOf(free.length, 'record')} with labels, description and history: ${free.length === 1 ? 'it does' : 'they do'} not come back.`,
    ...(own.length > 0 ? [`Benchkeep’s own copy of ${countOf(own.length, 'item')}, ${size(own)}.`] : []),
    ...(inPlace.length > 0
      ? [`The content of ${countOf(inPlace.length, 'item')} on your disk, ${size(inPlace)}.`]
      : []),
  ];
}

/** Where something remains, one path each. */
export function whatRemains({ free }: DeletionSummary, alsoFiles: boolean): string[] {
  return free.flatMap(({ remains, linked }) => {
    if (remains === null || (alsoFiles && !linked)) return [];
    const text = escapeForDisplay(remains);
    return [text.charAt(0).toUpperCase() + text.slice(1)];
  });
}

export function nameOf({ key, uid }: Pick<PlannedDeletion, 'key' | 'uid'>): string {
  return escapeForDisplay(key ?? uid);
}
