/** What the hash pool and its threads say to each other. Outcomes travel as text: cloning objects costs more than hashing small files. */
import type { EndsOutcome, HashOutcome, RehashOutcome } from '../ports/fs/hasher.ts';
import type { RawPath } from '../ports/fs/raw-path.ts';

export interface ToHash {
  /** From 1. */
  job: number;
  paths: RawPath[];
  /** All of each; only its two ends; or all of it once more. */
  read: 'whole' | 'ends' | 'again';
}

/** Slots of the memory that a thread shares with the pool: the job that is to be ended; 1: reading again waits. */
export const CANCELLED = 0;
export const HELD = 1;

export type Outcome = HashOutcome | EndsOutcome | RehashOutcome;

/** `bytes` were read since the last message; with `outcomes` (see `packOutcomes`) the job is done. */
export interface FromHash {
  job: number;
  bytes: number;
  outcomes?: string;
}

/** One line a file: what was hashed as its fields between tabs, everything else as JSON. */
export function packOutcomes(outcomes: readonly Outcome[]): string {
  return outcomes.map(packOutcome).join('\n');
}

function packOutcome(outcome: Outcome): string {
  if (outcome.kind !== 'hashed') return JSON.stringify(outcome);
  const { facts } = outcome;
  const { hash, hashType } = 'hash' in outcome ? outcome : { hash: '', hashType: '' };
  const sha256 = 'sha256' in outcome ? outcome.sha256 : '';
  return `${hash}\t${hashType}\t${sha256}\t${String(facts.size)}\t${facts.mtimeNs}\t${facts.ctimeNs}\t${facts.dev}\t${facts.ino}`;
}

export function unpackOutcomes(packed: string): Outcome[] {
  return packed.split('\n').map((line) => {
    if (line.startsWith('{')) return JSON.parse(line) as Outcome;
    const [hash = '', hashType = '', sha256 = '', size = '', mtimeNs = '', ctimeNs = '', dev = '', ino = ''] =
      line.split('\t');
    const facts = { kind: 'file' as const, size: Number(size), mtimeNs, ctimeNs, dev, ino };
    if (sha256 === '') return { kind: 'hashed', facts, hash, hashType: 'sha1-fl' };
    return { kind: 'hashed', facts, hash, hashType: hashType as 'md5' | 'sha1-fl', sha256 };
  });
}
