/** Where the registry is published and how far, and what the cache holds, in words. */
import type { InstanceInfo, PublishedInfo } from '../../shared/contract/index.ts';
import { formatBytes } from '../../shared/format/bytes.ts';
import { countOf } from '../../shared/format/counts.ts';
import { formatRelativeTime } from '../../shared/format/times.ts';
import { longTime } from '../ui/words.ts';

export function publishedLine({ at, unpublished }: PublishedInfo, now: number): string {
  if (at === null) return 'Not published yet: it is done by itself soon.';
  const when = `Published ${longTime(at)} (${formatRelativeTime(at, now)})`;
  if (unpublished === 0) return `${when}. All changes are in it.`;
  return `${when}. ${countOf(unpublished, 'change')} since then ${unpublished === 1 ? 'is' : 'are'} not in it yet.`;
}

/** "12 files, 3.4 GB of 50 GB are in use"; null where nothing is told. */
export function cacheLine(cache: InstanceInfo['cache']): string | null {
  if (cache === undefined) return null;
  if (cache.n_files === 0) return `Nothing is in it now; it may take ${formatBytes(cache.limit)}.`;
  return `In it now: ${countOf(cache.n_files, 'file')}, ${formatBytes(cache.size)} of ${formatBytes(cache.limit)}.`;
}
