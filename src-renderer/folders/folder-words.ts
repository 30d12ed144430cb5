/** Health of a watched folder in words. */
import { formatCount } from '../../shared/format/counts.ts';
import { formatRelativeTime } from '../../shared/format/times.ts';
import type { WatchedFolder } from '../../shared/contract/index.ts';

export function folderName(root: string): string {
  return root.split(/[\\/]/).findLast((part) => part !== '') ?? root;
}

/** "checked 8 s ago – 3 new" */
export function healthLine(folder: WatchedFolder, now: number): string {
  const checked =
    folder.checked_at === null ? 'not checked yet' : `checked ${formatRelativeTime(folder.checked_at, now)}`;
  const fresh = folder.n_new > 0 ? `${formatCount(folder.n_new)} new` : 'nothing new';
  const line = `${checked} – ${fresh}`;
  return line.charAt(0).toUpperCase() + line.slice(1);
}
