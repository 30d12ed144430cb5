/** LaminDB's hash of a folder (`md5-d`) made piece by piece: for a hundred thousand members the engine stays free. */
import { createHash } from 'node:crypto';
import { encodeHash } from '../../../shared/hash-encoding.ts';
import { BenchkeepError } from '../../../shared/errors.ts';
import { giveWay } from '../../ports/give-way.ts';

export interface FolderHash {
  /** A member's hash, 22 characters. */
  add(hash: string): void;
  /** Errors: `empty_folder`. */
  end(): Promise<string>;
}

/** Members between two looks at the clock. */
const CHECK_EVERY = 256;

/** What `hashFolder` of the same hashes is: they are sorted in small heaps of equal beginnings. */
export function collectFolderHash(): FolderHash {
  const heaps = new Map<string, string[]>();
  return {
    add(hash) {
      const beginning = hash.slice(0, 2);
      const heap = heaps.get(beginning);
      if (heap === undefined) heaps.set(beginning, [hash]);
      else heap.push(hash);
    },
    async end() {
      if (heaps.size === 0) throw emptyFolder();
      const whole = createHash('md5');
      const turn = giveWay();
      let n = 0;
      for (const beginning of [...heaps.keys()].sort()) {
        for (const hash of (heaps.get(beginning) ?? []).sort()) {
          whole.update(createHash('md5').update(hash).digest());
          if (++n % CHECK_EVERY === 0) await turn();
        }
      }
      return encodeHash(whole.digest());
    },
  };
}

export function emptyFolder(): BenchkeepError {
  return new BenchkeepError('empty_folder', 'The folder has no files in it', 'Choose a folder with at least one file.');
}
