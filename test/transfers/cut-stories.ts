/** Commands under which the power is cut: what they begin from, and which of their points matter. */

export interface CutStory {
  /** `TURN` in it: of a file that is new each time. */
  command: string[];
  /** Brings it where the command begins, from wherever it is. */
  reset: string[][];
  isNew?: boolean;
  /** Points that are no effect on the disk are left out. */
  matters(this: void, point: string): boolean;
}

const onDisk = (point: string): boolean => !/^(?:hash|store|hints)\./.test(point);

export const STORIES: Readonly<Record<string, CutStory>> = {
  fetch: { command: ['cache', 'own.fcs'], reset: [['free', 'own.fcs']], matters: onDisk },
  evict: { command: ['free', 'own.fcs'], reset: [['cache', 'own.fcs']], matters: onDisk },
  'evict a folder': { command: ['free', 'run.d'], reset: [['cache', 'run.d']], matters: onDisk },
  free: { command: ['free', 'mine.fcs'], reset: [['bring-back', 'mine.fcs']], matters: onDisk },
  'bring back': { command: ['bring-back', 'mine.fcs'], reset: [['free', 'mine.fcs']], matters: onDisk },
  'free a folder': { command: ['free', 'mine.d'], reset: [['bring-back', 'mine.d']], matters: onDisk },
  'bring back a folder': { command: ['bring-back', 'mine.d'], reset: [['free', 'mine.d']], matters: onDisk },
  settle: { command: ['upload', 'new-TURN.fcs'], reset: [], isNew: true, matters: onDisk },
};
