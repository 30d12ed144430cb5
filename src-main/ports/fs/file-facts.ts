/** What the file system says of a path, in a form that survives databases and threads exactly. */
import type { BigIntStats } from 'node:fs';

export type FileKind = 'file' | 'folder' | 'symlink' | 'special';

/** `size` in bytes; times in nanoseconds, device and inode as decimal text (numbers of them collide on Windows). */
export interface FileFacts {
  kind: FileKind;
  size: number;
  mtimeNs: string;
  ctimeNs: string;
  dev: string;
  ino: string;
}

export function factsFromStats(stats: BigIntStats): FileFacts {
  return {
    kind: stats.isFile() ? 'file' : stats.isDirectory() ? 'folder' : stats.isSymbolicLink() ? 'symlink' : 'special',
    size: Number(stats.size),
    mtimeNs: String(stats.mtimeNs),
    ctimeNs: String(stats.ctimeNs),
    dev: String(stats.dev),
    ino: String(stats.ino),
  };
}

/** Nothing happened to the file between the two looks: same inode, size, mtime and ctime. */
export function sameFacts(a: FileFacts, b: FileFacts): boolean {
  return a.size === b.size && a.mtimeNs === b.mtimeNs && a.ctimeNs === b.ctimeNs && a.ino === b.ino && a.dev === b.dev;
}

/**
 * As `sameFacts`, of facts that were written down: the computer may have been started again since, or its drive plugged in
 * again, and then devices get other numbers (`faults.md`, R5). Only of what lies where the root is proven to be attached,
 * or in Benchkeep's own folder.
 */
export function isAsNoted(now: FileFacts, noted: FileFacts): boolean {
  return sameFacts(now, { ...noted, dev: now.dev });
}

/** As `isOneFile`, with facts that were written down. */
export function isNotedFile(now: FileFacts | null, noted: FileFacts): boolean {
  return now !== null && now.ino === noted.ino;
}

/** Two names of one file, or one name that a disk without case sees in two ways. */
export function isOneFile(a: FileFacts | null, b: FileFacts | null): boolean {
  return a !== null && b !== null && a.dev === b.dev && a.ino === b.ino;
}

/** Milliseconds since 1970 of the younger of mtime and ctime. */
export function lastTouched(facts: FileFacts): number {
  const m = BigInt(facts.mtimeNs);
  const c = BigInt(facts.ctimeNs);
  return Number((m > c ? m : c) / 1_000_000n);
}
