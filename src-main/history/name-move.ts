/** Files that are at other paths now, as one event in plain words. */
import { countOf } from '../../shared/format/counts.ts';

/** Paths below their roots, as displayed. */
export interface MovedPath {
  before: string;
  after: string;
}

/** `n`: of all files, of which `paths` may be a part. */
export function nameMove(paths: readonly MovedPath[], n: number): string {
  const [only] = paths;
  if (only === undefined) return `${countOf(n, 'file')} were moved`;
  if (n === 1) return nameOne(only);
  const folders = new Map<string, { pair: MovedPath; n: number }>();
  for (const path of paths) {
    const pair = withoutCommonEnd(path);
    const name = `${pair.before}\0${pair.after}`;
    folders.set(name, { pair, n: (folders.get(name)?.n ?? 0) + 1 });
  }
  const [most] = [...folders.values()].sort((a, b) => b.n - a.n);
  // Most of the files tell of one folder, each keeping its name in it.
  if (most === undefined || most.n * 2 <= paths.length || isFile(most.pair, paths))
    return `${countOf(n, 'file')} were moved`;
  return nameFolder(most.pair, n);
}

function nameOne({ before, after }: MovedPath): string {
  const [from, to] = [split(before), split(after)];
  if (from.folder === to.folder) return `${before} was renamed to ${to.name}`;
  if (from.name === to.name) return `${before} was moved to ${to.folder === '' ? 'the top folder' : to.folder}`;
  return `${before} was moved to ${after}`;
}

function nameFolder({ before, after }: MovedPath, n: number): string {
  const kept = `${countOf(n, 'file')} kept their details`;
  if (before === '') return `What lay in the top folder was moved to ${after} – ${kept}`;
  if (after === '') return `What lay in ${before} was moved to the top folder – ${kept}`;
  const isRename = split(before).folder === split(after).folder;
  return `Folder ${before} was ${isRename ? 'renamed' : 'moved'} to ${after} – ${kept}`;
}

function isFile(pair: MovedPath, paths: readonly MovedPath[]): boolean {
  return paths.some(({ before, after }) => before === pair.before && after === pair.after);
}

/** What of two paths differs, up to where they begin to end alike. */
function withoutCommonEnd({ before, after }: MovedPath): MovedPath {
  const [left, right] = [before.split('/'), after.split('/')];
  while (left.length > 0 && right.length > 0 && left.at(-1) === right.at(-1)) {
    left.pop();
    right.pop();
  }
  return { before: left.join('/'), after: right.join('/') };
}

function split(path: string): { folder: string; name: string } {
  const end = path.lastIndexOf('/');
  return { folder: path.slice(0, Math.max(end, 0)), name: path.slice(end + 1) };
}
