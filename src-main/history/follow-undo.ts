/** Brings the inventory of this workstation to what the registry says after an undo, and to what was seen on the disk. */
import type { Insertable } from 'kysely';
import type { InstanceContext } from '../instance/index.ts';
import { timestamp } from '../ports/clock.ts';
import type { FileFacts } from '../ports/fs/file-facts.ts';
import { rawToBytes, splitRaw } from '../ports/fs/raw-path.ts';
import { dropInventory, putInventory } from '../workstation/inventory.ts';
import { writeWorkstation } from '../workstation/open-workstation.ts';
import type { InventoryRow, InventoryTable } from '../workstation/schema.ts';
import { stays } from './part-records.ts';
import { isAsKnown, isMovedFile, isSame, type Place, type TouchedPlace } from './places-of-undo.ts';

type Context = Pick<InstanceContext, 'workstation' | 'clock'>;

/**
 * Before the registry is written: a crash in between leaves files that are not known here, which the next look compares
 * with the registry. Rows that stayed would be believed.
 */
export async function forgetMoved({ workstation }: Context, touched: readonly TouchedPlace[]): Promise<void> {
  const left = touched.flatMap(({ now, then }) =>
    isSame(now, then) ? [] : [now, then].filter((place) => place !== null),
  );
  if (left.length === 0) return;
  await writeWorkstation(workstation, (tx) => {
    dropInventory(
      tx,
      workstation,
      left.map(({ storage, path }) => ({ storageUid: storage.uid, path })),
    );
  });
}

/** After nothing came of it: what was known is known again. */
export async function rememberMoved({ workstation }: Context, touched: readonly TouchedPlace[]): Promise<void> {
  const known = touched.flatMap(({ knownNow, knownThen }) => [knownNow, knownThen].filter((row) => row !== null));
  if (known.length === 0) return;
  await writeWorkstation(workstation, (tx) => {
    putInventory(tx, workstation, known);
  });
}

/** `owners`: uids of the records of files that stay where they are; `missing`: artifacts that are called missing now. */
export async function followUndo(
  { workstation, clock }: Context,
  touched: readonly TouchedPlace[],
  owners: ReadonlyMap<TouchedPlace, string>,
  missing: ReadonlySet<number>,
): Promise<void> {
  const since = timestamp(clock);
  const rows = touched.flatMap((one) => rowsOf(one, owners.get(one) ?? null, missing.has(one.artifactId), since));
  if (rows.length === 0) return;
  await writeWorkstation(workstation, (tx) => {
    putInventory(tx, workstation, rows);
  });
}

function rowsOf(
  one: TouchedPlace,
  owner: string | null,
  missing: boolean,
  since: string,
): Insertable<InventoryTable>[] {
  const { then, atThen, knownThen, now, atNow, knownNow, uid, sha256 } = one;
  const rows: Insertable<InventoryTable>[] = [];
  if (stays(one)) {
    if (owner !== null && now !== null && atNow !== null && knownNow !== null)
      rows.push(rowAt(now, atNow, { ...knownNow, artifact_uid: owner }));
    return rows;
  }
  if (then === null) return rows;
  const gone = { gone_since: since, missing: missing ? 1 : 0 };
  if (atThen === null) {
    const known = knownNow ?? knownThen;
    return known === null ? rows : [{ ...known, ...placed(then), artifact_uid: uid, ...gone }];
  }
  const known = isAsKnown(atThen, knownThen, sha256)
    ? knownThen
    : isMovedFile(atThen, knownNow, then, sha256)
      ? knownNow
      : null;
  // What is there and is no file that is known from either path is left to the next look.
  if (known === null) return rows;
  const row = rowAt(then, atThen, { ...known, artifact_uid: uid });
  // What is called missing although it is there is found again by the next look, which says so.
  return [missing ? { ...row, ...gone } : row];
}

function rowAt(place: Place, facts: FileFacts, known: InventoryRow): Insertable<InventoryTable> {
  return {
    ...placed(place),
    size: facts.size,
    mtime_ns: facts.mtimeNs,
    ctime_ns: facts.ctimeNs,
    dev: facts.dev,
    ino: facts.ino,
    sha256: known.sha256,
    artifact_uid: known.artifact_uid,
    gone_since: null,
    missing: 0,
    unit: known.unit,
  };
}

function placed({ storage, path }: Place): Pick<InventoryRow, 'storage_uid' | 'folder' | 'name'> {
  const { folder, name } = splitRaw(path);
  return { storage_uid: storage.uid, folder: rawToBytes(folder), name: rawToBytes(name) };
}
