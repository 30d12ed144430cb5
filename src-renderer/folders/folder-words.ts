/** Health of a watched folder in words. */
import type { WatchedFolder } from '../../shared/contract/index.ts';
import { agoText } from '../ui/words.ts';

export function folderName(root: string): string {
  return root.split(/[\\/]/).findLast((part) => part !== '') ?? root;
}

/** "checked 8 s ago – 3 new" */
export function healthLine(folder: WatchedFolder, now: number): string {
  const checked = folder.checked_at === null ? 'not checked yet' : `checked ${agoText(folder.checked_at, now)}`;
  const fresh = folder.n_new > 0 ? `${folder.n_new.toLocaleString()} new` : 'nothing new';
  const line = `${checked} – ${fresh}`;
  return line.charAt(0).toUpperCase() + line.slice(1);
}

export function offlineText(root: string): string {
  return `The drive '${folderName(root)}' is not connected. Nothing has been deleted. We will look again when it is back.`;
}
