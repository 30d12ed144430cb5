/** Which folders are one item, and what they wait for, by the data of `shared/unit-profiles` and a person's rule. Pure. */
import { FORMATS, INSTRUMENTS, type UnitProfile } from './unit-profiles.ts';

/** Beside a folder, with its name at the end: whoever copies it says that it is done. */
export const FINISHED_MARKER = 'MARKER_is_finished_';

/** Seconds of quiet for a folder of a person's rule that names neither a marker nor a time. */
const OWN_QUIET = 60;
/** In a marker of a person's rule: the name of the folder or file that it belongs to, and lies beside. */
const NAME = '{name}';
const LONGEST_NAME = 255;

/** What a person said of a watched folder. */
export interface OwnUnits {
  /** Whether a folder (its path below the root) is one item. */
  isBundle(path: string): boolean;
  /** Whether any folder may be. */
  any: boolean;
  /** What says that it is done; null: quiet is enough. */
  marker: DoneMarker | null;
  /** Seconds of quiet where there is no marker; null: the default. */
  quiet: number | null;
}

/** Name of a file, with one `*` or `{name}` at most: in the folder; with `{name}` beside it. */
export interface DoneMarker {
  /** As names on the disk are held, lower case. */
  pattern: string;
  /** For people. */
  shown: string;
}

export interface Unit {
  profile: string;
  title: string;
  /** Seconds without a change until it is complete; null: the settle time. Meaningless while `waitsFor` is set. */
  quiet: number | null;
  /** Why it is not complete however quiet it is; null: only quiet is asked for. */
  waitsFor: string | null;
}

/** Names and paths as they are held, one character a byte or in full: they are only compared. */
export interface FolderToTell {
  /** Its own name. */
  name: string;
  /** That name for people. */
  shown: string;
  /** Below the root of the watched folder, for people. */
  path: string;
  /** What is directly in it. */
  names: readonly string[];
  /** What is beside it. */
  beside: readonly string[];
  /** What is in a folder in it. */
  within(name: string): readonly string[];
}

/** What `folder` is where it is one thing, by the first rule that applies; null for an ordinary folder. */
export function unitOf(folder: FolderToTell, own: OwnUnits): Unit | null {
  return (
    profiledUnit(folder, INSTRUMENTS) ?? finishedUnit(folder) ?? ownUnit(folder, own) ?? profiledUnit(folder, FORMATS)
  );
}

/** Where one folder has such a marker, those beside it get theirs, too: until then they wait. */
function finishedUnit({ name, shown, beside }: FolderToTell): Unit | null {
  if (!beside.some((one) => one.startsWith(FINISHED_MARKER))) return null;
  const isDone = beside.includes(FINISHED_MARKER + name);
  return {
    profile: 'marker',
    title: 'Folders with a marker',
    quiet: null,
    waitsFor: isDone ? null : `${FINISHED_MARKER}${shown} is not there yet`,
  };
}

function ownUnit(folder: FolderToTell, { any, isBundle, marker, quiet }: OwnUnits): Unit | null {
  if (!any || !isBundle(folder.path)) return null;
  return {
    profile: 'own',
    title: 'Folders kept as one item',
    quiet: marker === null ? (quiet ?? OWN_QUIET) : null,
    waitsFor:
      marker === null ? null : missingMarker(marker, folder, marker.pattern.includes(NAME) ? 'beside' : 'names'),
  };
}

/**
 * Why a single file is not complete, where a rule names a marker and no folders: the marker lies beside it. `names`:
 * what is in its folder.
 */
export function fileWaitsFor(
  file: { name: string; shown: string; names: () => readonly string[] },
  { any, marker }: OwnUnits,
): string | null {
  if (any || marker === null || isMarker(file.name, marker)) return null;
  return missingMarker(marker, { name: file.name, shown: file.shown, beside: file.names(), names: [] }, 'beside');
}

function isMarker(name: string, { pattern }: DoneMarker): boolean {
  return fitsName(pattern.replace(NAME, '*'), folded(name));
}

function missingMarker(
  { pattern, shown }: DoneMarker,
  at: Pick<FolderToTell, 'name' | 'shown' | 'names' | 'beside'>,
  where: 'names' | 'beside',
): string | null {
  const wanted = pattern.replace(NAME, folded(at.name));
  const exact = pattern.includes(NAME);
  if (at[where].some((name) => (exact ? folded(name) === wanted : fitsName(wanted, folded(name))))) return null;
  return `${shown.replace(NAME, at.shown)} is not there yet`;
}

/** False for what can't be the name of a marker. */
export function isDoneMarker(marker: string): boolean {
  const parts = marker.split('*').length + marker.split(NAME).length - 2;
  return marker.trim() !== '' && marker.length <= LONGEST_NAME && !/[/\\]/.test(marker) && parts <= 1;
}

function profiledUnit(folder: FolderToTell, profiles: readonly UnitProfile[]): Unit | null {
  const own = folded(folder.name);
  const found = profiles.find(
    (profile) =>
      profile.folder.some((pattern) => pattern.test(own)) || profile.contains.some((pattern) => has(folder, pattern)),
  );
  if (found === undefined) return null;
  const { name: profile, title, complete, waitsFor } = found;
  const met = complete.find(({ file }) => file === null || has(folder, file));
  return { profile, title, quiet: met?.quiet ?? null, waitsFor: met === undefined ? waitsFor : null };
}

function has({ names, within }: FolderToTell, pattern: string): boolean {
  const slash = pattern.indexOf('/');
  if (slash < 0) return names.some((name) => fitsName(pattern, name));
  const folder = pattern.slice(0, slash);
  return names.some(
    (name) => fitsName(folder, name) && within(name).some((one) => fitsName(pattern.slice(slash + 1), one)),
  );
}

/** Whether `name`, in whatever case, is `pattern`: lower case, at most one `*`. Asked of every name of every folder. */
function fitsName(pattern: string, name: string): boolean {
  const star = pattern.indexOf('*');
  if (star < 0) return name.length === pattern.length && folded(name) === pattern;
  // Most names differ at once.
  if (star > 0 && (name.charCodeAt(0) | 32) !== (pattern.charCodeAt(0) | 32)) return false;
  if (name.length < pattern.length - 1 || folded(name.slice(0, star)) !== pattern.slice(0, star)) return false;
  const end = pattern.slice(star + 1);
  return end === '' || folded(name.slice(-end.length)) === end;
}

/** Only letters that have no more than one byte: names on a disk are held byte by byte. */
export function folded(name: string): string {
  return name.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}
