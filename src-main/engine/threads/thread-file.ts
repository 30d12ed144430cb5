/** Where the program of a thread lies: beside this file in the sources, flat beside its chunk when built. */

declare const BK_BUILT: boolean | undefined;

export type ThreadName =
  | 'engine-thread'
  | 'reader-thread'
  | 'scan-thread'
  | 'hash-thread'
  | 'content-thread'
  | 'hint-thread'
  | 'small-file-thread'
  | 'registry-thread';

/** Heap of young objects for threads that keep little: without a bound V8 lets each grow by tens of MB before it cleans up. */
export const SMALL_THREAD = { maxYoungGenerationSizeMb: 12 } as const;

export function threadFile(name: ThreadName): URL {
  const ending = typeof BK_BUILT !== 'undefined' && BK_BUILT ? 'js' : 'ts';
  return new URL(`./${name}.${ending}`, import.meta.url);
}
