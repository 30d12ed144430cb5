/** What the thread that makes checksums of content, and whoever reads the content, say to each other. */
import type { ChecksumsWanted, PartChecksums, WholeChecksums } from '../ports/fs/content-hash.ts';

/** `of`: which content, from 1. Slices are in shared memory. */
export type ToContent = { of: number } & (
  { say: 'open'; wanted: ChecksumsWanted } | { say: 'add'; slice: Uint8Array } | { say: 'part' | 'whole' | 'close' }
);

/** Answers come in the order in which they were asked for. */
export type FromContent = { of: number; checksums: PartChecksums | WholeChecksums };
