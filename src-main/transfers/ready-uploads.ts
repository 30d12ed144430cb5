/** Uploads that may begin, in their order: read some at a time, for the queue may be long. */
import { timestamp, type Clock } from '../ports/clock.ts';
import type { Workstation } from '../workstation/open-workstation.ts';
import type { TransferRow } from '../workstation/schema.ts';
import { nextDue, readyTransfers, type ReadyTransfer } from '../workstation/transfer-rows.ts';
import { OVER } from './upload-states.ts';

/** Rows of one reading. */
const SOME = 200;

export interface ReadyWanted {
  /** Ids of those that alone may begin; null for all. */
  only: (() => readonly number[]) | null;
  /** Storages that are left in peace. */
  except: readonly string[];
  /** How many are not to begin for reasons that the database does not know, at most. */
  passed: number;
  mayBegin: (row: ReadyTransfer) => boolean;
}

export interface ReadyUploads {
  /** Those that may begin, from the first to the one for which there is no room. `hasRoom`: beside those of these sizes. */
  takeWhile(
    wanted: ReadyWanted,
    hasRoom: (sizes: readonly number[], size: number) => boolean,
  ): Promise<ReadyTransfer[]>;
  /** Something was added or changed. */
  forget(): void;
}

export function readyUploads({ workstation, clock }: { workstation: Workstation; clock: Clock }): ReadyUploads {
  let rows: ReadyTransfer[] | null = null;
  /** What the rows were read for. */
  let readFor = '';
  let hasMore = false;
  /** Until when (wall clock, ms) they hold: then one that failed may begin again. */
  let until = Infinity;
  let changes = 0;

  async function read({ only, except, passed }: ReadyWanted): Promise<readonly ReadyTransfer[]> {
    const limit = SOME + passed;
    for (;;) {
      const asked = changes;
      const now = timestamp(clock);
      const found = await readyTransfers(workstation, { now, only: only?.() ?? null, except, limit });
      const due = await nextDue(workstation, now);
      // Something was added while it was read.
      if (asked !== changes) continue;
      rows = found;
      hasMore = found.length === limit;
      until = due === null ? Infinity : Date.parse(due);
      return found;
    }
  }

  /** Null where there is none now. */
  async function first(wanted: ReadyWanted): Promise<ReadyTransfer | null> {
    const key = `${wanted.only === null ? 'all' : 'some'} ${wanted.except.join()}`;
    const isKnown = rows !== null && key === readFor && clock.now() < until;
    const known = isKnown && rows !== null ? rows : await read(wanted);
    readFor = key;
    const found = known.find(wanted.mayBegin);
    if (found !== undefined || !hasMore) return found ?? null;
    return (await read(wanted)).find(wanted.mayBegin) ?? null;
  }

  return {
    async takeWhile(wanted, hasRoom) {
      const taken = new Map<number, ReadyTransfer>();
      for (;;) {
        const next = await first({
          ...wanted,
          passed: wanted.passed + taken.size,
          mayBegin: (row) => !taken.has(row.id) && wanted.mayBegin(row),
        });
        const sizes = [...taken.values()].map(({ size }) => size);
        if (next === null || !hasRoom(sizes, next.size)) return [...taken.values()];
        taken.set(next.id, next);
        rows = rows?.filter((other) => other !== next) ?? null;
      }
    },
    forget() {
      changes++;
      rows = null;
    },
  };
}

/** What `readyTransfers` looks for, of one row as it is by now. `now`: ms. */
export function isReady({ purpose, state, paused, next }: TransferRow, now: number): boolean {
  // A save has nobody who waits for it any more; what was sent is used when it is saved again.
  return purpose === 'upload' && !OVER.has(state) && paused === 0 && (next === null || Date.parse(next) <= now);
}
