/** The inventory and the inbox as a walk reads them: statements prepared once, pages of bounded size, no transaction left open. */
import { DAMAGED } from '../workstation/inbox-rows.ts';
import type { Workstation } from '../workstation/open-workstation.ts';
import { rawFromBytes, rawFromText, rawToBytes, splitRaw, type RawPath } from '../ports/fs/raw-path.ts';

/** The facts that tell a change, joined. The device is left out: its number changes when a drive is plugged in again. */
export function inventoryFacts(facts: { size: number; mtimeNs: string; ctimeNs: string; ino: string }): string {
  return `${String(facts.size)} ${facts.mtimeNs} ${facts.ctimeNs} ${facts.ino}`;
}

/** A file as it was when it was registered. */
export interface KnownFile {
  name: RawPath;
  /** `inventoryFacts` of it. */
  facts: string;
  /** Noted as gone. */
  gone: boolean;
  /** A folder that is one item. */
  unit: boolean;
}

export interface InventoryReader {
  /** In the order of their names' bytes. */
  filesOf(folder: RawPath): Iterable<KnownFile>;
  fileAt(path: RawPath): KnownFile | null;
  /** True where another storage has this path and has not noted it as gone. */
  ownedBy(storageUid: string, path: RawPath): boolean;
  /** Folders at or below `folder` that hold known files. */
  foldersBelow(folder: RawPath): Iterable<RawPath>;
  /** Why something waits at `path`, and when it is looked at again (wall clock, ms); null where nothing waits. */
  waitAt(path: RawPath): { cause: string; due: number } | null;
  /** Paths at or below `path` that wait or failed, and are over when there is nothing to register. */
  inboxBelow(path: RawPath): RawPath[];
}

type FileColumns = [
  name: Buffer,
  size: number,
  mtimeNs: string,
  ctimeNs: string,
  ino: string,
  goneSince: string | null,
  unit: number,
];

const PAGE = 1000;
const NOTHING = rawFromText('');
/** Sorts after every name. */
const BEYOND = Buffer.alloc(256, 0xff);

export function inventoryReader({ db, sqlite }: Workstation, storageUid: string): InventoryReader {
  const blank = Buffer.alloc(0);
  const prepare = (query: { compile(): { sql: string } }) => sqlite.prepare(query.compile().sql).raw(true);
  const columns = db
    .selectFrom('inventory')
    .select(['name', 'size', 'mtime_ns', 'ctime_ns', 'ino', 'gone_since', 'unit']);
  const page = prepare(
    columns
      .where('storage_uid', '=', '')
      .where('folder', '=', blank)
      .where('name', '>', blank)
      .orderBy('name')
      .limit(PAGE),
  );
  const one = prepare(columns.where('storage_uid', '=', '').where('folder', '=', blank).where('name', '=', blank));
  // One seek a folder, however many files it has.
  const nextFolder = prepare(
    db
      .selectFrom('inventory')
      .select('folder')
      .where('storage_uid', '=', '')
      .where('folder', '>=', blank)
      .where('folder', '<', blank)
      .orderBy('folder')
      .limit(1),
  );
  const inbox = prepare(
    db
      .selectFrom('inbox')
      .select('path')
      .where('storage_uid', '=', '')
      .where('path', '>=', blank)
      .where('path', '<', blank)
      .where('state', '!=', 'ignored')
      .where('cause', '!=', DAMAGED),
  );

  const waiting = prepare(
    db
      .selectFrom('inbox')
      .select(['cause', 'next'])
      .where('storage_uid', '=', '')
      .where('path', '=', blank)
      .where('state', '=', 'waiting'),
  );

  function rowAt(uid: string, path: RawPath): KnownFile | null {
    const { folder, name } = splitRaw(path);
    const row = one.get(uid, rawToBytes(folder), rawToBytes(name)) as FileColumns | undefined;
    return row === undefined ? null : knownFile(row);
  }

  /** Seeks from folder to folder: `from` and all below `to`. */
  function* foldersFrom(first: Buffer, to: Buffer): Generator<RawPath> {
    let from = first;
    for (;;) {
      const row = nextFolder.get(storageUid, from, to, 1) as [Buffer] | undefined;
      if (row === undefined) return;
      yield rawFromBytes(row[0]);
      from = Buffer.concat([row[0], Buffer.from([0])]);
    }
  }

  return {
    *filesOf(folder) {
      let after: Buffer = blank;
      for (;;) {
        const rows = page.all(storageUid, rawToBytes(folder), after, PAGE) as FileColumns[];
        for (const row of rows) yield knownFile(row);
        const last = rows.at(-1);
        if (last === undefined || rows.length < PAGE) return;
        after = last[0];
      }
    },
    fileAt: (path) => rowAt(storageUid, path),
    ownedBy: (uid, path) => rowAt(uid, path)?.gone === false,
    *foldersBelow(folder) {
      const { exactly, below } = rangesOf(folder);
      if (exactly !== null) yield* foldersFrom(exactly.from, exactly.to);
      yield* foldersFrom(below.from, below.to);
    },
    waitAt(path) {
      const row = waiting.get(storageUid, rawToBytes(path), 'waiting') as [string, string | null] | undefined;
      return row === undefined ? null : { cause: row[0], due: row[1] === null ? 0 : Date.parse(row[1]) };
    },
    inboxBelow(path) {
      const { exactly, below } = rangesOf(path);
      const rows = [exactly, below].flatMap((range) =>
        range === null ? [] : (inbox.all(storageUid, range.from, range.to, 'ignored', DAMAGED) as [Buffer][]),
      );
      return rows.map(([found]) => rawFromBytes(found));
    },
  };
}

function knownFile([name, size, mtimeNs, ctimeNs, ino, goneSince, unit]: FileColumns): KnownFile {
  return {
    name: rawFromBytes(name),
    facts: inventoryFacts({ size, mtimeNs, ctimeNs, ino }),
    gone: goneSince !== null,
    unit: unit === 1,
  };
}

/** `path` itself, and all below it: between `path/` and `path0`, the next character. */
function rangesOf(path: RawPath): { exactly: Range | null; below: Range } {
  if (path === NOTHING) return { exactly: null, below: { from: Buffer.alloc(0), to: BEYOND } };
  const bytes = rawToBytes(path);
  return {
    exactly: { from: bytes, to: Buffer.concat([bytes, Buffer.from([0])]) },
    below: { from: Buffer.concat([bytes, Buffer.from('/')]), to: Buffer.concat([bytes, Buffer.from('0')]) },
  };
}

interface Range {
  from: Buffer;
  to: Buffer;
}
