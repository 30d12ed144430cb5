/** Prepared statements on the inbox, for batches of thousands. Those that write: only inside `writeWorkstation`, on the same connection. */
import type { Transaction } from 'kysely';
import type { FileFacts } from '../ports/fs/file-facts.ts';
import { rawToBytes, type RawPath } from '../ports/fs/raw-path.ts';
import type { Workstation } from './open-workstation.ts';
import type { InboxRow, InboxTable, WorkstationDB } from './schema.ts';

export interface InboxEntry {
  path: RawPath;
  facts: FileFacts;
  state: InboxTable['state'];
  cause: string;
  /** What people read. */
  reason: string;
  /** Wall clock, ms. */
  since: number;
  next: number | null;
  attempts: number;
}

export interface InboxStatements {
  /** Whether anything of the storage is in the inbox: mostly nothing is, and then nothing has to be looked for. */
  any(storageUid: string): boolean;
  find(storageUid: string, path: RawPath): InboxRow | undefined;
  /** `since` stays that of the first look while the state is the same. */
  put(storageUid: string, entry: InboxEntry): void;
  /** True where there was a row. What a person ignored stays. */
  remove(storageUid: string, path: RawPath): boolean;
}

/** Causes of rows that no look at the file ends: a person said to leave it alone; its bytes are damaged. */
export const IGNORED_BY_PERSON = 'person';
export const DAMAGED = 'damaged';
/** Cause of rows of work that was done in the cache; their path is absolute. */
export const EDITED = 'edited';
/** The same, of content that the cache of this computer alone has. */
export const LAST_COPY = 'last copy';

const COLUMNS = [
  'storage_uid',
  'path',
  'state',
  'cause',
  'reason',
  'since',
  'next',
  'attempts',
  'size',
  'mtime_ns',
  'ctime_ns',
  'dev',
  'ino',
] as const;

export function inboxStatements({ db, sqlite }: Pick<Workstation, 'db' | 'sqlite'>): InboxStatements {
  const blank = Buffer.alloc(0);
  const find = sqlite.prepare(
    db.selectFrom('inbox').selectAll().where('storage_uid', '=', '').where('path', '=', blank).compile().sql,
  );
  const remove = sqlite.prepare(
    db
      .deleteFrom('inbox')
      .where('storage_uid', '=', '')
      .where('path', '=', blank)
      .where('cause', '!=', IGNORED_BY_PERSON)
      .compile().sql,
  );
  const kept = COLUMNS.filter((column) => column !== 'storage_uid' && column !== 'path' && column !== 'since');
  const upsert = db
    .insertInto('inbox')
    .values(Object.fromEntries(COLUMNS.map((column) => [column, 0])) as never)
    .onConflict((conflict) =>
      conflict.columns(['storage_uid', 'path']).doUpdateSet((eb) => ({
        ...Object.fromEntries(kept.map((column) => [column, eb.ref(`excluded.${column}`)])),
        since: eb
          .case()
          .when('inbox.state', '=', eb.ref('excluded.state'))
          .then(eb.ref('inbox.since'))
          .else(eb.ref('excluded.since'))
          .end(),
      })),
    );
  const put = sqlite.prepare(upsert.compile().sql);
  const any = sqlite.prepare(db.selectFrom('inbox').select('id').where('storage_uid', '=', '').limit(1).compile().sql);
  return {
    any: (storageUid) => any.get(storageUid, 1) !== undefined,
    find: (storageUid, path) => find.get(storageUid, rawToBytes(path)) as InboxRow | undefined,
    put(storageUid, { path, facts, state, cause, reason, since, next, attempts }) {
      const times = [new Date(since).toISOString(), next === null ? null : new Date(next).toISOString()];
      const { size, mtimeNs, ctimeNs, dev, ino } = facts;
      put.run(storageUid, rawToBytes(path), state, cause, reason, ...times, attempts, size, mtimeNs, ctimeNs, dev, ino);
    },
    remove: (storageUid, path) => remove.run(storageUid, rawToBytes(path), IGNORED_BY_PERSON).changes > 0,
  };
}

/** Everything of a storage that is looked at again, is so at `next` (wall clock, ms). */
export async function restartInboxRows(
  tx: Transaction<WorkstationDB>,
  storageUid: string,
  next: number,
): Promise<void> {
  await tx
    .updateTable('inbox')
    .set({ next: new Date(next).toISOString() })
    .where('storage_uid', '=', storageUid)
    .where('next', 'is not', null)
    .execute();
}
