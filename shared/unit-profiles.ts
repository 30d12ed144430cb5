/**
 * Folders that instruments write as one thing, and when such a folder is complete. Data, in the order in which they are
 * tried; what a person adds for a watched folder comes before (`unitOf`).
 * Sources: Illumina, "Sequencing run folder contents" (CopyComplete.txt, RTAComplete.txt); Oxford Nanopore, MinKNOW output
 * structure (final_summary); Bruker, Agilent and Waters raw-data folders as ProteoWizard reads them.
 */
import { compileGlob } from './glob.ts';

export interface Completion {
  /** Directly in the folder; null: nothing but quiet is asked for. */
  file: string | null;
  /** Seconds without a change; null: the settle time of the watched folder. */
  quiet: number | null;
}

export interface UnitProfile {
  name: string;
  /** What several of them are called. */
  title: string;
  /** Patterns of the folder's own name; empty: any. */
  folder: readonly string[];
  /** One of these is directly in it; empty: its name is enough. */
  contains: readonly string[];
  /** The first that is met; none: it waits. */
  complete: readonly Completion[];
  /** While it waits for a file. */
  waitsFor: string;
}

export const UNIT_PROFILES: readonly UnitProfile[] = [
  {
    name: 'illumina',
    title: 'Illumina runs',
    folder: [],
    contains: ['RunInfo.xml'],
    complete: [
      { file: 'CopyComplete.txt', quiet: 0 },
      { file: 'RTAComplete.txt', quiet: 900 },
    ],
    waitsFor: 'the sequencer has not written CopyComplete.txt yet',
  },
  {
    name: 'nanopore',
    title: 'Nanopore runs',
    folder: [],
    contains: [
      'final_summary*.txt',
      'sequencing_summary*.txt',
      'throughput_*.csv',
      'pore_activity_*.csv',
      'fastq_pass',
      'fast5_pass',
      'pod5_pass',
      'pod5',
    ],
    complete: [{ file: 'final_summary*.txt', quiet: 0 }],
    waitsFor: 'the sequencer has not written its final summary yet',
  },
  {
    name: 'mass-spectrometry-d',
    title: 'Bruker or Agilent runs (.d)',
    folder: ['*.d'],
    contains: [],
    complete: [
      'analysis.tdf',
      'analysis.tsf',
      'analysis.baf',
      'analysis.yep',
      'Analysis.yep',
      'fid',
      'ser',
      'AcqData',
      'DATA.MS',
      'data.ms',
    ].map((file) => ({ file, quiet: null })),
    waitsFor: 'its data file is not there yet',
  },
  {
    name: 'waters-raw',
    title: 'Waters runs (.raw)',
    folder: ['*.raw'],
    contains: [],
    complete: ['_FUNC*.DAT', '_func*.dat'].map((file) => ({ file, quiet: null })),
    waitsFor: 'its data file is not there yet',
  },
  {
    name: 'zarr',
    title: 'Zarr stores',
    folder: ['*.zarr'],
    contains: [],
    complete: [{ file: null, quiet: 60 }],
    waitsFor: '',
  },
];

/** Beside a folder, with its name at the end: whoever copies it says that it is done. */
export const FINISHED_MARKER = 'MARKER_is_finished_';

/** What a person said of a watched folder. */
export interface OwnUnits {
  /** Patterns of folders (of their name, or with a slash of their path below the root). */
  bundle: readonly string[];
  /** Name or pattern of the file in them that says they are done; null: quiet is enough. */
  doneMarker: string | null;
}

export interface Unit {
  profile: string;
  title: string;
  /** Seconds without a change until it is complete; null: the settle time. Meaningless while `waitsFor` is set. */
  quiet: number | null;
  /** Why it is not complete however quiet it is; null: only quiet is asked for. */
  waitsFor: string | null;
}

export interface FolderToTell {
  /** Its own name. */
  name: string;
  /** Below the root of the watched folder. */
  path: string;
  /** What is directly in it, in the order of characters. */
  names: readonly string[];
  /** What is beside it, in that order. */
  beside: readonly string[];
}

/** What `folder` is where it is one thing, by the first rule that applies; null for an ordinary folder. */
export function unitOf(folder: FolderToTell, own: OwnUnits): Unit | null {
  return finishedUnit(folder) ?? ownUnit(folder, own) ?? profiledUnit(folder);
}

/** Where one folder has such a marker, those beside it get theirs, too: until then they wait. */
function finishedUnit({ name, beside }: FolderToTell): Unit | null {
  if (!has(beside, `${FINISHED_MARKER}*`)) return null;
  const isDone = has(beside, `${FINISHED_MARKER}${name}`);
  return {
    profile: 'marker',
    title: 'Folders with a marker',
    quiet: 0,
    waitsFor: isDone ? null : `${FINISHED_MARKER}${name} is not there yet`,
  };
}

function ownUnit({ name, path, names }: FolderToTell, { bundle, doneMarker }: OwnUnits): Unit | null {
  if (!bundle.some((pattern) => compileGlob(pattern)(pattern.includes('/') ? path : name))) return null;
  const isDone = doneMarker === null || has(names, doneMarker);
  return {
    profile: 'own',
    title: 'Folders kept as one item',
    quiet: doneMarker === null ? null : 0,
    waitsFor: isDone ? null : `${doneMarker} is not there yet`,
  };
}

function profiledUnit({ name, names }: FolderToTell): Unit | null {
  for (const { name: profile, title, folder, contains, complete, waitsFor } of UNIT_PROFILES) {
    if (folder.length > 0 && !folder.some((pattern) => compileGlob(pattern, { ignoreCase: true })(name))) continue;
    if (contains.length > 0 && !contains.some((pattern) => has(names, pattern))) continue;
    const met = complete.find(({ file }) => file === null || has(names, file));
    return { profile, title, quiet: met?.quiet ?? null, waitsFor: met === undefined ? waitsFor : null };
  }
  return null;
}

/** `names` in the order of their characters: found by halving, since a folder may hold 100,000. */
function has(names: readonly string[], pattern: string): boolean {
  const prefix = /^[^*?[{]*/.exec(pattern)?.[0] ?? '';
  const matches = compileGlob(pattern);
  for (let i = firstAtOrAfter(names, prefix); i < names.length; i++) {
    const name = names[i] ?? '';
    if (!name.startsWith(prefix)) return false;
    if (matches(name)) return true;
  }
  return false;
}

function firstAtOrAfter(names: readonly string[], wanted: string): number {
  let low = 0;
  let high = names.length;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if ((names[middle] ?? '') < wanted) low = middle + 1;
    else high = middle;
  }
  return low;
}
