/**
 * Writes to one database that share a commit. A commit is a wait for the disk, and only one can be under way: what is
 * asked for meanwhile is committed together afterwards, each write whole or not at all, by a savepoint of its own.
 */
import type { Kysely, Transaction } from 'kysely';
import type { SqliteHandle } from '../ports/fs/sqlite-file.ts';
import { sqliteCode } from './sqlite-error.ts';

export interface CommitOptions {
  /**
   * A power cut may take it back, with nothing lost that can't be found out again: nobody waits for the disk then. What
   * is committed to the same file after it never stays without it, and a program that is killed loses nothing.
   */
  mayBeLost?: boolean;
}

/** Resolves when what `work` wrote is committed, durably unless it `mayBeLost`; rejects with its error, and then nothing of it was written. */
export type Commit<DB> = <T>(work: (tx: Transaction<DB>) => Promise<T> | T, options?: CommitOptions) => Promise<T>;

interface Write<DB> {
  mayBeLost: boolean;
  /** Does the work. What it throws is the error of this write. */
  run(tx: Transaction<DB>): Promise<void>;
  /** It is committed. */
  resolve(): void;
  reject(error: unknown): void;
}

/** Writes of one commit: who came first does not wait for ever more. */
const MOST = 64;

export function sharedCommit<DB>(db: Kysely<DB>, sqlite: SqliteHandle): Commit<DB> {
  const waiting: Write<DB>[] = [];
  let isCommitting = false;

  async function commitAll(): Promise<void> {
    if (isCommitting) return;
    isCommitting = true;
    while (waiting.length > 0) await (waiting.length === 1 ? commitOne() : commitSome());
    isCommitting = false;
  }

  async function commitOne(): Promise<void> {
    const [one] = waiting.splice(0, 1);
    if (one === undefined) return;
    try {
      await commit([one], (tx) => one.run(tx));
      one.resolve();
    } catch (error) {
      one.reject(error);
    }
  }

  /** Of a log, `NORMAL` syncs nothing at a commit; the next that does syncs all before it. */
  async function commit(group: readonly Write<DB>[], work: (tx: Transaction<DB>) => Promise<void>): Promise<void> {
    const isLasting = group.some(({ mayBeLost }) => !mayBeLost);
    if (!isLasting) sqlite.pragma('synchronous = NORMAL');
    try {
      await db.transaction().execute(work);
    } finally {
      if (!isLasting) sqlite.pragma('synchronous = FULL');
    }
  }

  async function commitSome(): Promise<void> {
    const group = waiting.splice(0, MOST);
    try {
      await commit(group, async (tx) => {
        for (const one of group) await runAlone(one, tx);
      });
      // Those that failed alone were told: a promise is settled once.
      for (const one of group) one.resolve();
    } catch (error) {
      for (const one of group) one.reject(error);
    }
  }

  /** Nothing of one that fails stays. Throws where what others wrote before can't stay either. */
  async function runAlone(one: Write<DB>, tx: Transaction<DB>): Promise<void> {
    sqlite.exec('SAVEPOINT one_write');
    try {
      await one.run(tx);
    } catch (error) {
      // SQLite may have rolled back by itself.
      if (!sqlite.inTransaction || isOfAll(error)) throw error;
      sqlite.exec('ROLLBACK TO one_write');
      one.reject(error);
    }
    sqlite.exec('RELEASE one_write');
  }

  return <T>(work: (tx: Transaction<DB>) => Promise<T> | T, { mayBeLost = false }: CommitOptions = {}) =>
    new Promise<T>((resolve, reject) => {
      let result: T;
      waiting.push({
        mayBeLost,
        async run(tx) {
          result = await work(tx);
        },
        resolve() {
          resolve(result);
        },
        reject,
      });
      void commitAll();
    });
}

/** A disk that is full or fails is everybody's; a rule of the tables that was broken is not. */
function isOfAll(error: unknown): boolean {
  const code = sqliteCode(error);
  return code !== null && !code.startsWith('SQLITE_CONSTRAINT');
}
