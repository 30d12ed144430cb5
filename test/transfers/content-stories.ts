/** What moves, brings or removes content that is in a bucket: what is killed, and of what the power is cut. */

export interface ContentStory {
  name: string;
  /** Words of the command line; with `byEngine` a doing of `children/engine-call.ts`. `KEY`: of what is new each time, `SECOND` of another. */
  command: readonly string[];
  byEngine?: true;
  /** Brings it where the command begins, from wherever it is; done with what is there in each turn. */
  reset?: readonly (readonly string[])[];
  /** Content that is new in each turn: where a person saved it from, and what was done with it before. */
  fresh?: { of: Fresh; before?: readonly (readonly string[])[]; stopped?: StoppedUpload };
  /** What is so at its end. */
  end: ContentEnd;
  /** Done then: it works as if nothing had been. */
  after?: readonly string[];
}

export type Fresh = 'file' | 'folder' | 'large file' | 'file in place' | 'two files in place' | 'folder in place';

/** An upload that was killed there before. */
export interface StoppedUpload {
  failpoint: string;
}

/** Of what the story is about; what is not said may be either way. */
export interface ContentEnd {
  inPlace?: boolean;
  cached?: boolean;
  /** False: nothing of it is left anywhere. */
  record?: false;
  /** Whether the bucket has it. */
  object?: boolean;
}

/** Stands in a trace where an upload begins to be cancelled. */
export const CANCELLING = 'cancelling';

export const STORIES: readonly ContentStory[] = [
  {
    name: 'fetch',
    command: ['cache', 'own.fcs'],
    reset: [['free', 'own.fcs']],
    end: { cached: true, object: true },
  },
  {
    name: 'fetch a folder',
    command: ['cache', 'run.d'],
    reset: [['free', 'run.d']],
    end: { cached: true, object: true },
  },
  {
    name: 'evict',
    command: ['free', 'own.fcs'],
    reset: [['cache', 'own.fcs']],
    end: { cached: false, object: true },
  },
  {
    name: 'evict a folder',
    command: ['free', 'run.d'],
    reset: [['cache', 'run.d']],
    end: { cached: false, object: true },
  },
  {
    name: 'free',
    command: ['free', 'mine.fcs'],
    reset: [['bring-back', 'mine.fcs']],
    end: { inPlace: false, object: true },
  },
  {
    name: 'bring back',
    command: ['bring-back', 'mine.fcs'],
    reset: [['free', 'mine.fcs']],
    end: { inPlace: true, object: true },
  },
  {
    name: 'free a folder',
    command: ['free', 'mine.d'],
    reset: [['bring-back', 'mine.d']],
    end: { inPlace: false, object: true },
  },
  {
    name: 'bring back a folder',
    command: ['bring-back', 'mine.d'],
    reset: [['free', 'mine.d']],
    end: { inPlace: true, object: true },
  },
  {
    name: 'settle',
    command: ['upload', 'KEY'],
    fresh: { of: 'file' },
    end: { cached: true, object: true },
  },
  {
    name: 'upload together',
    command: ['upload', 'KEY', 'SECOND'],
    fresh: { of: 'two files in place' },
    end: { inPlace: true, cached: false, object: true },
  },
  {
    name: 'settle in place',
    byEngine: true,
    command: ['upload and free', 'KEY'],
    fresh: { of: 'file in place' },
    end: { inPlace: false, cached: true, object: true },
  },
  {
    name: 'settle a folder in place',
    byEngine: true,
    command: ['upload and free', 'KEY'],
    fresh: { of: 'folder in place' },
    end: { inPlace: false, cached: true, object: true },
  },
  {
    name: 'cancel',
    command: ['transfers', 'cancel', '--all'],
    fresh: { of: 'large file', stopped: { failpoint: 'store.send.after#1' } },
    end: { object: false },
    after: ['upload', 'KEY'],
  },
  {
    name: 'cancel while it runs',
    byEngine: true,
    command: ['cancel while it runs', 'KEY'],
    fresh: { of: 'large file' },
    // Little of it may be left to be sent, and it is faster.
    end: {},
    after: ['upload', 'KEY'],
  },
  {
    name: 'delete',
    command: ['delete', 'KEY', '--permanent'],
    fresh: { of: 'file', before: [['upload', 'KEY']] },
    end: { record: false, cached: false, object: false },
  },
  {
    name: 'delete a folder',
    command: ['delete', 'KEY', '--permanent'],
    fresh: { of: 'folder', before: [['upload', 'KEY']] },
    end: { record: false, cached: false, object: false },
  },
  {
    name: 'delete in place',
    command: ['delete', 'KEY', '--permanent', '--storage', 'yes'],
    fresh: { of: 'file in place', before: [['upload', 'KEY']] },
    end: { record: false, inPlace: false, cached: false, object: false },
  },
];

/** Those of which the power is cut: they remove or move bytes of this computer. Without points that are no effect on its disk. */
export const CUT_STORIES: readonly string[] = [
  'fetch',
  'evict',
  'evict a folder',
  'free',
  'bring back',
  'free a folder',
  'bring back a folder',
  'settle',
  'settle in place',
  'settle a folder in place',
  'delete in place',
];

export function matters(point: string): boolean {
  return !/^(?:hash|store|hints)\./.test(point);
}

export function storyOf(name: string): ContentStory {
  const story = STORIES.find((one) => one.name === name);
  if (story === undefined) throw new Error(`There is no story ${name}`);
  return story;
}
