/** Where the files of an undo would be said to be, and what the disk says of that. */
import type { Kysely } from 'kysely';
import type { InstanceContext } from '../instance/index.ts';
import type { FileFacts } from '../ports/fs/file-facts.ts';
import { joinRaw, rawFromBytes, rawToBytes, splitRaw, type RawPath } from '../ports/fs/raw-path.ts';
import type { CopyRow, RegistryDB, StorageRow } from '../registry/schema.ts';
import { checkRoot, localRoot, offline } from '../storage/index.ts';
import type { InventoryRow } from '../workstation/schema.ts';
import { readRows, rowsOver } from './logged-rows.ts';
import type { Step } from './plan-undo.ts';
import { takeBack } from './take-back.ts';

export interface Place {
  storage: StorageRow;
  path: RawPath;
}

/** A file whose copy an undo touches. */
export interface TouchedPlace {
  copyId: number;
  artifactId: number;
  uid: string;
  /** Of its content, null where that is not known. */
  sha256: string | null;
  /** Where the registry says that it is now, and will say after the undo; null: no copy. */
  now: Place | null;
  then: Place | null;
  /** What lies there, null for nothing. The first only where nothing lies at the other place. */
  atNow: FileFacts | null;
  atThen: FileFacts | null;
  /** What this workstation knows of these paths. */
  knownNow: InventoryRow | null;
  knownThen: InventoryRow | null;
}

type Context = Pick<InstanceContext, 'registry' | 'workstation' | 'workstationUid' | 'fs' | 'clock'>;

const CHUNK = 200;

/** Error: `offline` where a storage of them is not connected here, since nothing can be said of its files then. */
export async function placesOfUndo(context: Context, steps: readonly Step[]): Promise<TouchedPlace[]> {
  const copies = await touchedCopies(context.registry.db, steps);
  const contents = await contentsOf(context.registry.db, steps, copies);
  const storages = await localStorages(context, copies);
  const known = knownFiles(context);
  const touched: TouchedPlace[] = [];
  for (let i = 0; i < copies.length; i += CHUNK) {
    const looked = copies.slice(i, i + CHUNK).map(async ({ copyId, artifactId, uid, before, after }) => {
      const now = placeOf(before, storages);
      const then = placeOf(after, storages);
      const atThen = await lookAt(context, then);
      // Asked for only where it decides anything.
      const atNow = isSame(now, then) || atThen !== null ? atThen : await lookAt(context, now);
      const sha256 = contents.get(artifactId) ?? null;
      return {
        copyId,
        artifactId,
        uid,
        sha256,
        now,
        then,
        atNow,
        atThen,
        knownNow: known(now),
        knownThen: known(then),
      };
    });
    touched.push(...(await Promise.all(looked)));
  }
  return touched.filter(({ now, then }) => now !== null || then !== null);
}

interface TouchedCopy {
  copyId: number;
  artifactId: number;
  uid: string;
  before: CopyRow | null;
  after: CopyRow | null;
}

/** Copies that the steps change, and those of artifacts whose state they change. */
async function touchedCopies(db: Kysely<RegistryDB>, steps: readonly Step[]): Promise<TouchedCopy[]> {
  const ofCopies = steps.filter(({ table }) => table === 'copy');
  const ofStates = steps.filter((step) => step.table === 'artifact' && step.kind === 'update' && 'state' in step.to);
  const before = await readRows(db, ofCopies);
  const after = rowsOver(before);
  takeBack(after, ofCopies, null);
  const touched = new Map<number, TouchedCopy>();
  for (const { id, uid } of ofCopies) {
    const rows = { before: before.get('copy', id), after: after.get('copy', id) } as Record<
      'before' | 'after',
      unknown
    >;
    const { before: now, after: then } = rows as { before: CopyRow | null; after: CopyRow | null };
    const artifactId = (then ?? now)?.artifact_id;
    if (artifactId !== undefined) touched.set(id, { copyId: id, artifactId, uid, before: now, after: then });
  }
  const uids = new Map(ofStates.map(({ id, uid }) => [id, uid]));
  const ids = [...uids.keys()];
  for (let i = 0; i < ids.length; i += CHUNK) {
    const rows = await db
      .selectFrom('copy')
      .selectAll()
      .where('artifact_id', 'in', ids.slice(i, i + CHUNK))
      .execute();
    for (const row of rows) {
      const uid = uids.get(row.artifact_id) ?? '';
      if (!touched.has(row.id))
        touched.set(row.id, { copyId: row.id, artifactId: row.artifact_id, uid, before: row, after: row });
    }
  }
  return [...touched.values()];
}

/** Checksums by artifact, of those too that the steps bring back. */
async function contentsOf(
  db: Kysely<RegistryDB>,
  steps: readonly Step[],
  copies: readonly TouchedCopy[],
): Promise<Map<number, string | null>> {
  const contents = new Map<number, string | null>();
  for (const step of steps)
    if (step.kind === 'insert' && step.table === 'artifact')
      contents.set(step.id, (step.row['sha256'] ?? null) as string | null);
  const ids = copies.map(({ artifactId }) => artifactId);
  for (let i = 0; i < ids.length; i += CHUNK) {
    const rows = await db
      .selectFrom('artifact')
      .select(['id', 'sha256'])
      .where('id', 'in', ids.slice(i, i + CHUNK))
      .execute();
    for (const { id, sha256 } of rows) contents.set(id, sha256);
  }
  return contents;
}

async function localStorages(context: Context, copies: readonly TouchedCopy[]): Promise<Map<number, StorageRow>> {
  const ids = [...new Set(copies.flatMap(({ before, after }) => [before?.storage_id ?? 0, after?.storage_id ?? 0]))];
  if (ids.length === 0) return new Map();
  const rows = await context.registry.db
    .selectFrom('storage')
    .selectAll()
    .where('id', 'in', ids)
    .where('type', '=', 'local')
    .execute();
  for (const storage of rows) {
    const state = await checkRoot(context, storage);
    if (!state.attached) throw offline(state.reason);
  }
  return new Map(rows.map((row) => [row.id, row]));
}

function placeOf(copy: CopyRow | null, storages: ReadonlyMap<number, StorageRow>): Place | null {
  const storage = storages.get(copy?.storage_id ?? 0);
  return copy === null || storage === undefined ? null : { storage, path: rawFromBytes(copy.path) };
}

export function isSame(a: Place | null, b: Place | null): boolean {
  return a?.storage.id === b?.storage.id && a?.path === b?.path;
}

function lookAt({ fs }: Context, place: Place | null): Promise<FileFacts | null> {
  return place === null ? Promise.resolve(null) : fs.look(joinRaw(localRoot(place.storage), place.path));
}

function knownFiles({ workstation }: Context): (place: Place | null) => InventoryRow | null {
  const blank = Buffer.alloc(0);
  const { sql } = workstation.db
    .selectFrom('inventory')
    .selectAll()
    .where('storage_uid', '=', '')
    .where('folder', '=', blank)
    .where('name', '=', blank)
    .compile();
  const statement = workstation.sqlite.prepare(sql);
  return (place) => {
    if (place === null) return null;
    const { folder, name } = splitRaw(place.path);
    return (statement.get(place.storage.uid, rawToBytes(folder), rawToBytes(name)) as InventoryRow | undefined) ?? null;
  };
}

/** What this workstation knows of a path is of the content `sha256`, and the file there is as it was then. */
export function isAsKnown(facts: FileFacts | null, known: InventoryRow | null, sha256: string | null): boolean {
  return isAlike(facts, known, sha256) && facts?.ctimeNs === known?.ctime_ns;
}

/** The file that is known from another path. As for every move, a time of whole seconds is too coarse to tell. */
export function isMovedFile(
  facts: FileFacts,
  known: InventoryRow | null,
  { storage }: Place,
  sha256: string | null,
): boolean {
  if (!isAlike(facts, known, sha256) || facts.mtimeNs.endsWith('000000000')) return false;
  return facts.dev === known?.dev || storage.uid === known?.storage_uid;
}

function isAlike(facts: FileFacts | null, known: InventoryRow | null, sha256: string | null): boolean {
  return (
    facts?.kind === 'file' &&
    known !== null &&
    known.sha256 === sha256 &&
    facts.ino === known.ino &&
    facts.size === known.size &&
    facts.mtimeNs === known.mtime_ns
  );
}
