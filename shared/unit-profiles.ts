/**
 * Folders that instruments write as one thing, and when such a folder is complete. Data, in the order in which they are
 * tried: instruments, a marker beside the folder, what a person said of the watched folder, formats.
 * Sources: Illumina, "Sequencing run folder contents" (CopyComplete.txt, RTAComplete.txt); Oxford Nanopore, MinKNOW output
 * structure (final_summary); Bruker, Agilent and Waters raw-data folders as ProteoWizard reads them; openBIS dropboxes
 * (MARKER_is_finished_).
 */

export interface Completion {
  /** In the folder, at most one folder deep (pattern with one `*`, lower case); null: nothing but quiet is asked for. */
  file: string | null;
  /** Seconds without a change; null: the settle time of the watched folder. */
  quiet: number | null;
}

export interface UnitProfile {
  name: string;
  /** What several of them are called. */
  title: string;
  /** The folder's own name, lower case: by itself it is enough. */
  folder: readonly RegExp[];
  /** One of these is directly in it (patterns with one `*`, lower case). */
  contains: readonly string[];
  /** The first that is met; none: it waits. */
  complete: readonly Completion[];
  /** While it waits for a file. */
  waitsFor: string;
}

export const INSTRUMENTS: readonly UnitProfile[] = [
  {
    name: 'illumina',
    title: 'Illumina runs',
    folder: [],
    contains: ['runinfo.xml'],
    complete: [
      { file: 'copycomplete.txt', quiet: null },
      { file: 'rtacomplete.txt', quiet: 900 },
    ],
    waitsFor: 'the sequencer has not written CopyComplete.txt yet',
  },
  {
    name: 'nanopore',
    title: 'Nanopore runs',
    // Date, time, position, flow cell, run: so MinKNOW names the folder before anything is in it.
    folder: [/^\d{8}_\d{4}_[^_]+_[^_]+_[0-9a-f]{6,8}$/],
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
    complete: [{ file: 'final_summary*.txt', quiet: null }],
    waitsFor: 'the sequencer has not written its final summary yet',
  },
  {
    name: 'mass-spectrometry-d',
    title: 'Bruker or Agilent runs (.d)',
    folder: [/.\.d$/],
    contains: [],
    complete: [
      'analysis.tdf',
      'analysis.tsf',
      'analysis.baf',
      'analysis.yep',
      'fid',
      'ser',
      '*.ms',
      '*.ch',
      '*.uv',
      'acqdata/*.bin',
    ].map((file) => ({ file, quiet: 60 })),
    waitsFor: 'its data file is not there yet',
  },
  {
    name: 'waters-raw',
    title: 'Waters runs (.raw)',
    folder: [/.\.raw$/],
    contains: [],
    complete: [{ file: '_func*.dat', quiet: 60 }],
    waitsFor: 'its data file is not there yet',
  },
];

export const FORMATS: readonly UnitProfile[] = [
  {
    name: 'zarr',
    title: 'Zarr stores',
    folder: [/.\.zarr$/],
    contains: [],
    complete: [{ file: null, quiet: 60 }],
    waitsFor: '',
  },
];
