/** Counts a folder before anything is registered: what would be, and what would be left out. Synchronous, for the scan thread. */
import { suffixOf } from '../../shared/suffixes.ts';
import type { FolderSurvey } from '../../shared/contract/index.ts';
import { BenchkeepError } from '../../shared/errors.ts';
import { listFolder } from '../ports/fs/list-folder.ts';
import { joinRaw, rawToDisplay, type RawPath } from '../ports/fs/raw-path.ts';
import { isJunk } from './watch-rule.ts';

/** Counts are told after this many folders. */
const TELL_EVERY = 20;
const MOST_SUFFIXES = 12;

/** `tell` returns false to end the walk. Errors: the root is not there or can't be read. */
export function surveyWalk(root: RawPath, tell: (counts: FolderSurvey) => boolean): FolderSurvey {
  const suffixes = new Map<string, number>();
  const counts = { files: 0, folders: 0, bytes: 0, skipped: 0 };
  const seen = new Set<string>();
  const open: RawPath[] = [root];
  const soFar = (): FolderSurvey => ({
    ...counts,
    suffixes: [...suffixes].sort((a, b) => b[1] - a[1]).slice(0, MOST_SUFFIXES).map(([suffix, n]) => ({ suffix, n })),
  });
  while (open.length > 0) {
    const folder = open.pop() ?? root;
    const content = read(folder, root);
    if (content === null) continue;
    if (folder !== root) counts.folders += 1;
    for (const { name, facts } of content.files) {
      if (isJunk(name)) {
        counts.skipped += 1;
        continue;
      }
      counts.files += 1;
      counts.bytes += facts.size;
      const { suffix } = suffixOf(rawToDisplay(name));
      suffixes.set(suffix, (suffixes.get(suffix) ?? 0) + 1);
    }
    counts.skipped += content.special.length + content.failed.length;
    for (const { name, id } of content.folders) {
      if (isJunk(name) || seen.has(id)) counts.skipped += 1;
      else open.push(joinRaw(folder, name));
      seen.add(id);
    }
    if (counts.folders % TELL_EVERY === 0 && !tell(soFar())) break;
  }
  return soFar();

  function read(folder: RawPath, from: RawPath): ReturnType<typeof listFolder> {
    try {
      const content = listFolder(folder, () => true);
      if (content === null && folder === from) {
        throw new BenchkeepError('file_not_found', `There is no folder ${rawToDisplay(folder)}`, 'Choose another folder.');
      }
      return content;
    } catch (error) {
      if (folder === from) throw error;
      // A folder below that can't be read is left out of the count, as it would be of the registry.
      counts.skipped += 1;
      return null;
    }
  }
}
