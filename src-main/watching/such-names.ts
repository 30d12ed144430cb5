/** The pattern for files that are named like one. */
import { rawToDisplay, splitRaw, type RawPath } from '../ports/fs/raw-path.ts';

/** Beginnings by which programs mark their own files: what follows is the name of a real one. */
const MARKS = ['~$', '.~', '._', '.#', '~'];

/** `x.lock` → `*.lock`, `~$x.docx` → `~$*`, a name without an ending → itself. */
export function suchNames(path: RawPath): string {
  const name = rawToDisplay(splitRaw(path).name);
  const mark = MARKS.find((beginning) => name.startsWith(beginning) && name.length > beginning.length);
  if (mark !== undefined) return `${mark}*`;
  const dot = name.lastIndexOf('.');
  return dot > 0 && dot < name.length - 1 ? `*${plain(name.slice(dot))}` : plain(name);
}

/** Characters that mean something in a pattern fit any. */
function plain(text: string): string {
  return text.replace(/[*?{}]/g, '?');
}
