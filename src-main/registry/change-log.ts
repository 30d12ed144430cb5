/**
 * The only way to write to the registry. Every row that is inserted, changed or removed is appended to `change`
 * in the same transaction, and what is derived from artifacts (search index, facet counts) is brought up to date
 * there too, so that no operation can forget it.
 */
import type { Insertable, Selectable, Transaction, Updateable } from 'kysely';
import { timestamp, type Clock } from '../ports/clock.ts';
import { failpoint } from '../ports/failpoint.ts';
import { changeHash, EMPTY_LOG_HASH, toLoggedJson, toLoggedJsonWithCopy } from './change-hash.ts';
import { deriveFinding, emptyTouched, type Touched } from './derive-finding.ts';
import type { Registry } from './open-registry.ts';
import { prepareDelete, prepareInsert, prepareUpdate } from './prepared-writes.ts';
import type { ArtifactRow, LoggedTable, NewArtifactRow, NewCopyRow, RegistryDB } from './schema.ts';

/** On whose behalf something is written. */
export interface Author {
  userId: number;
  runId: number | null;
}

/** What a committed transaction changed: for the head file and for those who show it. */
export interface Committed {
  operation: string;
  /** Tables, and uids of the records (at most one entry each). */
  registries: ReadonlySet<string>;
  uids: ReadonlySet<string>;
  head: { id: number; hash: string };
}

export interface WriteContext {
  registry: Registry;
  clock: Pick<Clock, 'now'>;
  onCommitted: (committed: Committed) => void;
}

/** Tables whose rows have no uid of their own: the caller names the record that the row is about. */
type UidOf<T extends LoggedTable> = 'uid' extends keyof RegistryDB[T] ? [uids?: undefined] : [uids: readonly string[]];
type Row<T extends LoggedTable> = Selectable<RegistryDB[T]> & { id: number };

export interface ArtifactWithCopy {
  artifact: NewArtifactRow;
  copy: Omit<NewCopyRow, 'artifact_id'>;
}

/** One transaction of writes. All rows of one `insert` have the same columns. */
export interface RegistryWrite {
  /** For reading inside the transaction. */
  tx: Transaction<RegistryDB>;
  /** UTC time of the transaction, for `created_at` and `updated_at`. */
  now: string;
  author: Author;
  /** Why what follows is written, with the evidence, where no person asked for it: kept with each change. */
  note: string | null;
  /** Ids of the new rows, in order. */
  insert<T extends LoggedTable>(table: T, rows: readonly Insertable<RegistryDB[T]>[], ...uids: UidOf<T>): number[];
  /** New artifacts, each with its first copy: what `insert` of both does, in one change each. */
  insertWithCopies(rows: readonly ArtifactWithCopy[]): number[];
  /** Changes the fields that differ; false where none did. `uid`: of the record it is about (default: its own). */
  update<T extends LoggedTable>(table: T, id: number, patch: Updateable<RegistryDB[T]>, uid?: string): Promise<boolean>;
  /**
   * What `update` does, for many rows that the caller read in this transaction: an order of magnitude faster. False
   * where nothing differs.
   */
  updateRow<T extends LoggedTable>(table: T, before: Row<T>, patch: Updateable<RegistryDB[T]>, uid?: string): boolean;
  remove(table: LoggedTable, id: number, uid?: string): Promise<boolean>;
  /** What `remove` does, of a row that the caller read in this transaction. */
  removeRow<T extends LoggedTable>(table: T, before: Row<T>, uid?: string): void;
}

/**
 * Runs `work` in one transaction and makes it durable. Nothing but the database may be touched inside: no file,
 * no network. Use `write.tx`, never `registry.db`, inside (it would wait for itself).
 */
export async function writeRegistry<T>(
  context: WriteContext,
  author: Author,
  operation: string,
  work: (write: RegistryWrite) => Promise<T> | T,
): Promise<T> {
  const { registry } = context;
  let committed: Committed | null = null;
  try {
    failpoint('registry.commit.before');
    const result = await registry.commit(async (tx) => {
      registry.guard.check();
      const log = await startLog(tx, registry, timestamp(context.clock), author, operation);
      const value = await work(log.write);
      await deriveFinding(tx, registry, log.touched);
      committed = log.committed();
      return value;
    });
    failpoint('registry.commit.after');
    if (committed !== null) context.onCommitted(committed);
    return result;
  } catch (error) {
    throw registry.guard.translate(error);
  }
}

interface Log {
  write: RegistryWrite;
  touched: Touched;
  /** Null where nothing was written. */
  committed(): Committed | null;
}

async function startLog(
  tx: Transaction<RegistryDB>,
  registry: Registry,
  now: string,
  author: Author,
  operation: string,
): Promise<Log> {
  const last = await tx.selectFrom('change').select(['id', 'hash']).orderBy('id', 'desc').limit(1).executeTakeFirst();
  const head = { id: last?.id ?? 0, hash: last?.hash ?? EMPTY_LOG_HASH };
  const first = head.id + 1;
  const touched = emptyTouched();
  const registries = new Set<string>();
  const uids = new Set<string>();
  const insertChange = prepareInsert(registry, 'change');

  function append(
    table: LoggedTable,
    uid: string,
    action: 'insert' | 'update' | 'delete',
    before: string | null,
    after: string | null,
  ): void {
    const row = {
      id: head.id + 1,
      tx: first,
      created_at: now,
      created_by_id: author.userId,
      operation,
      registry: table,
      uid,
      action,
      before,
      after,
      run_id: author.runId,
      note: write.note,
      hash: '',
    };
    row.hash = changeHash(head.hash, row);
    insertChange(row);
    head.hash = row.hash;
    head.id = row.id;
    registries.add(table);
    uids.add(uid);
  }

  async function find<T extends LoggedTable>(table: T, id: number): Promise<Row<T> | undefined> {
    const rows = await tx
      .selectFrom(table as 'user')
      .selectAll()
      .where('id', '=', id)
      .execute();
    return rows[0] as unknown as Row<T> | undefined;
  }

  const write: RegistryWrite = {
    tx,
    now,
    author,
    note: null,
    insert(table, rows, ...[recordUids]) {
      const insertRow = prepareInsert(registry, table);
      return rows.map((row, index) => {
        const id = insertRow(row);
        const inserted = { ...row, id } as Record<string, unknown>;
        append(table, recordUids?.[index] ?? String(inserted['uid']), 'insert', null, toLoggedJson(inserted));
        if (table === 'artifact') touched.inserted.push(inserted as unknown as ArtifactRow);
        else touchLinks(touched, table, inserted, 1);
        return id;
      });
    },
    insertWithCopies(rows) {
      const insertArtifact = prepareInsert(registry, 'artifact');
      const insertCopy = prepareInsert(registry, 'copy');
      return rows.map(({ artifact, copy }) => {
        const id = insertArtifact(artifact);
        const copyOf = { artifact_id: id, ...copy };
        const copyId = insertCopy(copyOf);
        const inserted = { id, ...artifact };
        append('artifact', artifact.uid, 'insert', null, toLoggedJsonWithCopy(inserted, { id: copyId, ...copyOf }));
        registries.add('copy');
        touched.inserted.push(inserted as unknown as ArtifactRow);
        return id;
      });
    },
    async update(table, id, patch, uid) {
      const before = await find(table, id);
      return before !== undefined && write.updateRow(table, before, patch, uid);
    },
    updateRow(table, before, patch, uid) {
      const { id } = before;
      const changed = Object.keys(patch).filter((field) => !sameValue(field, before, patch));
      if (changed.length === 0) return false;
      const fields = Object.fromEntries(changed.map((field) => [field, valueOf(patch, field)]));
      prepareUpdate(registry, table, changed)(id, Object.values(fields));
      const old = Object.fromEntries(changed.map((field) => [field, valueOf(before, field)]));
      // With the row's id: a record has several rows in tables of copies and links.
      append(
        table,
        uid ?? String(valueOf(before, 'uid')),
        'update',
        toLoggedJson({ id, ...old }),
        toLoggedJson({ id, ...fields }),
      );
      if (table === 'artifact') {
        touched.updated.push({
          before: before as unknown as ArtifactRow,
          after: { ...before, ...fields } as unknown as ArtifactRow,
        });
      } else if (table === 'ulabel' && 'name' in fields) touched.renamedLabels.push(id);
      return true;
    },
    async remove(table, id, uid) {
      const before = await find(table, id);
      if (before === undefined) return false;
      write.removeRow(table, before, uid);
      return true;
    },
    removeRow(table, before, uid) {
      prepareDelete(registry, table)(before.id);
      append(table, uid ?? String(valueOf(before, 'uid')), 'delete', toLoggedJson(before), null);
      if (table === 'artifact') touched.removed.push(before as unknown as ArtifactRow);
      else touchLinks(touched, table, before, -1);
    },
  };

  return {
    write,
    touched,
    committed: () => (head.id < first ? null : { operation, registries, uids, head: { ...head } }),
  };
}

function touchLinks(touched: Touched, table: LoggedTable, row: object, n: 1 | -1): void {
  if (table !== 'artifact_ulabel') return;
  touched.labelled.push({
    artifactId: Number(valueOf(row, 'artifact_id')),
    ulabelId: Number(valueOf(row, 'ulabel_id')),
    n,
  });
}

function valueOf(row: object, field: string): unknown {
  return (row as Record<string, unknown>)[field];
}

function sameValue(field: string, before: object, patch: object): boolean {
  const [a, b] = [valueOf(before, field), valueOf(patch, field)];
  return Buffer.isBuffer(a) && Buffer.isBuffer(b) ? a.equals(b) : a === b;
}
