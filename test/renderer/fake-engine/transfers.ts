/**
 * The fake engine's queue of transfers: nothing in it moves by itself, a test says what happens next (`send`, `check`,
 * `finish`, `fail`). What a person asks for (pause, cancel, …) acts at once, as the contract says.
 */
import type {
  ArtifactRecord,
  ChangeRecord,
  FreePlan,
  FreeResult,
  StorageRecord,
  TransferRecord,
  UploadPlan,
} from '../../../shared/contract/index.ts';
import { BenchkeepError } from '../../../shared/errors.ts';
import { isSo, mayDo, refusal, isLeft, type Deed } from '../../../src-main/transfers/may-do.ts';
import { find } from './find.ts';
import { makeStorage } from './records.ts';
import { changed, emit, labWorld, type World } from './world.ts';

const REMEDY =
  'Add a bucket and make it the default: benchkeep storage add s3://BUCKET, benchkeep storage use s3://BUCKET.';
const isCloud = (path: string): boolean => /^(s3|gs):/.test(path);
const isOver = ({ state }: TransferRecord): boolean => state === 'done' || state === 'cancelled';

export const BUCKET = 's3://lab-data/flow';

/** A lab whose default storage place is a bucket. */
export function cloudWorld(n = 60): World {
  const world = labWorld(n);
  for (const storage of world.storages) storage.default = false;
  world.storages.push(
    makeStorage(7, {
      root: BUCKET,
      type: 's3',
      region: 'eu-central-1',
      default: true,
      description: 'Bucket of the lab',
    }),
  );
  if (world.instance) Object.assign(world.instance, { storage: BUCKET, n_storages: 3 });
  return world;
}

function bucketOf(world: World): StorageRecord {
  const home = world.storages.find((storage) => storage.default);
  if (home !== undefined && isCloud(home.root)) return home;
  throw new BenchkeepError(
    'refused',
    `The default storage ${home?.root ?? ''} is a folder, so there is nothing to upload to`,
    REMEDY,
  );
}

type Fate = 'own' | 'in_place' | 'linked' | 'there' | { reason: string };

function fateOf(world: World, row: ArtifactRecord): Fate {
  if (row.copies.some(({ path }) => isCloud(path))) return 'there';
  if (row.state === 'missing') return { reason: 'it can’t be found on this computer' };
  const [copy] = row.copies;
  if (copy === undefined) return { reason: 'there is no copy of it on this computer' };
  if (row.key_is_virtual) return 'own';
  return world.storages.find(({ uid }) => uid === copy.storage)?.managed === true ? 'in_place' : 'linked';
}

const nameOf = (row: ArtifactRecord): string => row.key ?? row.uid;

export function planUpload(world: World, uids: readonly string[]): UploadPlan {
  const plan: UploadPlan = {
    storage: bucketOf(world).root,
    n_files: 0,
    size: 0,
    own: 0,
    in_place: 0,
    linked: 0,
    there: 0,
    refused: [],
  };
  for (const row of uids.map((uid) => find(world, uid))) {
    const fate = fateOf(world, row);
    if (typeof fate === 'object') {
      plan.refused.push({ uid: row.uid, name: nameOf(row), reason: fate.reason });
      continue;
    }
    plan[fate] += 1;
    if (fate === 'there') continue;
    plan.n_files += 1;
    plan.size += row.size;
  }
  return plan;
}

export type Purpose = 'upload' | 'save' | 'cache';

/** What can be done with it follows from what it is, by the engine's own rule. */
export function makeTransfer(
  id: number,
  changes: Partial<Omit<TransferRecord, 'can' | 'left'>> = {},
  purpose: Purpose = changes.direction === 'download' ? 'cache' : 'upload',
): TransferRecord {
  const at = new Date().toISOString();
  const facts = {
    id,
    uid: `art${String(id).padStart(13, '0')}0000`,
    name: `flow/day1/sample_${String(id).padStart(5, '0')}.fcs`,
    direction: 'upload',
    storage: BUCKET,
    state: 'planned',
    paused: false,
    busy: false,
    sent: 0,
    total: 40_000_000,
    n_files: null,
    rate: null,
    free_up: false,
    error: null,
    attempts: 0,
    next: null,
    waits_for: null,
    created_at: at,
    updated_at: at,
    ...changes,
  };
  return withRule(facts as TransferRecord, purpose);
}

interface Row {
  id: number;
  direction: TransferRecord['direction'];
  purpose: Purpose;
  state: TransferRecord['state'];
  paused: 0 | 1;
  attempts: number;
}

function rowOf({ id, direction, state, paused, attempts, error }: TransferRecord, purpose: Purpose): Row {
  return { id, direction, purpose, state, paused: paused ? 1 : 0, attempts: error === null ? attempts : attempts || 1 };
}
const rows = new WeakMap<TransferRecord, () => Row>();

function withRule(transfer: TransferRecord, purpose: Purpose): TransferRecord {
  const row = (): Row => rowOf(transfer, purpose);
  rows.set(transfer, row);
  return Object.defineProperties(transfer, {
    can: { enumerable: true, get: () => mayDo(row(), transfer.busy) },
    left: { enumerable: true, get: () => isLeft(row(), transfer.busy) },
  });
}

/** A file is being saved into the bucket, or brought here, by somebody: no queue runs it. */
export function somebodyMoves(world: World, purpose: 'save' | 'cache', row: ArtifactRecord, sent: number): void {
  const direction = purpose === 'save' ? 'upload' : 'download';
  const facts = { uid: row.uid, name: nameOf(row), total: row.size, direction, state: 'sending', busy: true } as const;
  world.transfers.push(makeTransfer(world.transfers.length + 1, { ...facts, sent, rate: 12_000_000 }, purpose));
  emit(world, { type: 'transfers' });
}

export function upload(
  world: World,
  input: { artifacts: string[]; free_up?: boolean | undefined },
): { items: TransferRecord[]; refused: UploadPlan['refused'] } {
  const { storage, refused } = planUpload(world, input.artifacts);
  const items: TransferRecord[] = [];
  for (const row of input.artifacts.map((uid) => find(world, uid))) {
    const fate = fateOf(world, row);
    if (fate === 'there' || typeof fate === 'object') continue;
    const queued = world.transfers.find((transfer) => transfer.uid === row.uid && !isOver(transfer));
    const transfer =
      queued ??
      makeTransfer(world.transfers.length + 1, {
        uid: row.uid,
        name: nameOf(row),
        storage,
        total: row.size,
        n_files: row.n_files,
        free_up: input.free_up ?? false,
      });
    if (queued === undefined) world.transfers.push(transfer);
    items.push(transfer);
  }
  emit(world, { type: 'transfers' });
  return { items, refused };
}

interface Wanted {
  over: number;
  most: number;
  artifacts?: string[] | null | undefined;
}

export function listTransfers(world: World, { over, most, artifacts }: Wanted) {
  const going = world.transfers.filter((transfer) => !isOver(transfer));
  const past = world.transfers.filter(isOver).reverse();
  return {
    items:
      artifacts === null || artifacts === undefined
        ? [...going.slice(0, most), ...past.slice(0, over)]
        : going.filter(({ uid }) => artifacts.includes(uid)),
    waiting: going.filter(({ left }) => !left).length,
    failing: going.filter(({ error, busy, paused }) => error !== null && !busy && !paused).length,
    paused: going.filter(({ paused }) => paused).length,
  };
}

/** Null: all that can. */
function change(
  world: World,
  deed: Deed,
  ids: number[] | null,
  act: (transfer: TransferRecord) => void,
): { items: TransferRecord[] } {
  const meant = world.transfers.filter((transfer) => (ids === null ? !isOver(transfer) : ids.includes(transfer.id)));
  if (ids !== null && meant.length < ids.length)
    throw new BenchkeepError('not_found', 'There is no such transfer', 'It may be over meanwhile.');
  const refused = meant.filter((transfer) => !transfer.can[deed]);
  for (const transfer of meant) {
    if (!transfer.can[deed]) continue;
    act(transfer);
    transfer.updated_at = new Date().toISOString();
  }
  emit(world, { type: 'transfers' });
  for (const transfer of refused) {
    const row = rows.get(transfer)?.();
    if (ids !== null && row !== undefined && !isSo(deed, row, transfer.busy)) throw refusal(deed, row);
  }
  return { items: meant };
}

export const pause = (world: World, ids: number[] | null) =>
  change(world, 'pause', ids, (transfer) => Object.assign(transfer, { paused: true, busy: false, rate: null }));

export const resume = (world: World, ids: number[] | null) =>
  change(world, 'resume', ids, (transfer) =>
    Object.assign(transfer, { paused: false, error: null, next: null, attempts: 0 }),
  );

export const cancel = (world: World, ids: number[] | null) =>
  change(world, 'cancel', ids, (transfer) =>
    Object.assign(transfer, { state: 'cancelled', busy: false, paused: false, rate: null, error: null, next: null }),
  );

export const retry = (world: World, ids: number[] | null) =>
  change(world, 'retry', ids, (transfer) => Object.assign(transfer, { error: null, next: null, attempts: 0 }));

export function first(world: World, ids: number[] | null) {
  const done = change(world, 'first', ids, () => undefined);
  world.transfers = [...done.items, ...world.transfers.filter((transfer) => !done.items.includes(transfer))];
  return done;
}

export function clear(world: World): Record<string, never> {
  world.transfers = world.transfers.filter((transfer) => !isOver(transfer));
  emit(world, { type: 'transfers' });
  return {};
}

// What happens to a transfer: levers of the test.

function transferOf(world: World, uid: string): TransferRecord {
  const transfer = world.transfers.find((one) => one.uid === uid && !isOver(one));
  if (transfer === undefined) throw new Error(`Nothing is on its way for ${uid}`);
  return transfer;
}

function move(world: World, uid: string, changes: Partial<TransferRecord>): TransferRecord {
  const transfer = transferOf(world, uid);
  Object.assign(transfer, { updated_at: new Date().toISOString() }, changes);
  emit(world, { type: 'transfers' });
  return transfer;
}

/** `share` of its bytes are sent, from 0 to 1. */
export function send(world: World, uid: string, share: number, rate = 12_000_000): void {
  const { total } = transferOf(world, uid);
  move(world, uid, { state: 'sending', busy: true, sent: Math.floor(total * share), rate, error: null, next: null });
}

export function check(world: World, uid: string): void {
  move(world, uid, { state: 'completing', busy: true, sent: transferOf(world, uid).total, rate: null });
}

/** It is verified, the registry names it, and the copy here is where it was asked to be. */
export function finish(world: World, uid: string): void {
  const { storage: root, total, free_up } = transferOf(world, uid);
  const row = find(world, uid);
  const bucket = world.storages.find((storage) => storage.root === root) ?? makeStorage(7, { root, type: 's3' });
  const verified_at = new Date().toISOString();
  const fate = fateOf(world, row);
  row.copies = [
    ...(fate === 'own' || (fate === 'in_place' && free_up)
      ? [{ storage: null, path: `/home/ada/.local/share/benchkeep/ada-lab/cache/${uid}`, verified_at }]
      : row.copies),
    { storage: bucket.uid, path: `${root}/.lamindb/${uid}${row.suffix}`, verified_at },
  ];
  row.storage = { uid: bucket.uid, root: bucket.root, type: bucket.type, region: bucket.region };
  move(world, uid, { state: 'done', busy: false, sent: total, rate: null, error: null, next: null });
  changed(world, 'copy', 'artifact');
}

/** `next`: when it is tried again by itself; null if a person has to do something. */
export function fail(
  world: World,
  uid: string,
  error: NonNullable<TransferRecord['error']>,
  next: string | null,
  attempts = 1,
): void {
  move(world, uid, { busy: false, rate: null, error, next, attempts });
}

// Content here that is in the cloud, too.

function whyKept(world: World, row: ArtifactRecord): string | null {
  const cloud = row.copies.some(({ path, verified_at }) => isCloud(path) && verified_at !== null);
  if (!cloud) return 'it is not in the cloud yet';
  const here = row.copies.filter(({ path }) => !isCloud(path));
  if (here.length === 0) return 'it is only in the cloud already';
  const linked = here.some(({ storage }) => world.storages.find(({ uid }) => uid === storage)?.managed === false);
  return linked ? 'it lies in a linked folder, which is never changed' : null;
}

function named(world: World, uids: readonly string[] | null): ArtifactRecord[] {
  if (uids !== null) return uids.map((uid) => find(world, uid));
  return world.artifacts.filter((row) => whyKept(world, row) === null);
}

export function planFree(world: World, uids: readonly string[] | null): FreePlan {
  const plan: FreePlan = { n_files: 0, size: 0, kept: [] };
  for (const row of named(world, uids)) {
    const reason = whyKept(world, row);
    if (reason !== null) plan.kept.push({ uid: row.uid, name: nameOf(row), reason });
    else {
      plan.n_files += 1;
      plan.size += row.size;
    }
  }
  return plan;
}

function freedAt(world: World, { uid, created_by }: ArtifactRecord, path: string): ChangeRecord {
  const id = world.changes.length + 1;
  const made = { id, transaction: id, created_at: new Date().toISOString(), created_by, run: null, note: null };
  return { ...made, operation: 'free', registry: 'copy', uid, action: 'delete', before: { path }, after: null };
}

export function free(world: World, uids: readonly string[] | null): FreeResult {
  const { kept, size } = planFree(world, uids);
  const rows = named(world, uids).filter((row) => whyKept(world, row) === null);
  for (const row of rows) {
    for (const { path } of row.copies.filter((copy) => !isCloud(copy.path) && copy.storage !== null))
      world.changes.push(freedAt(world, row, path));
    row.copies = row.copies.filter(({ path }) => isCloud(path));
  }
  changed(world, 'copy', 'artifact');
  return { items: rows, freed: size, kept };
}

/** Somebody asked for it again, and it came. */
function endDownload(world: World, uid: string): void {
  for (const one of world.transfers)
    if (one.uid === uid && one.direction === 'download' && !isOver(one))
      Object.assign(one, { state: 'done', busy: false, sent: one.total, rate: null, error: null });
  emit(world, { type: 'transfers' });
}

export function bringBack(world: World, uids: readonly string[]): { items: ArtifactRecord[]; warnings: string[] } {
  const rows = uids.map((uid) => find(world, uid));
  const home = world.storages.find(({ local }) => local) ?? makeStorage(1);
  for (const row of rows) {
    endDownload(world, row.uid);
    row.copies = [
      { storage: home.uid, path: `${home.root}/${nameOf(row)}`, verified_at: new Date().toISOString() },
      ...row.copies.filter(({ path }) => isCloud(path)),
    ];
  }
  changed(world, 'copy', 'artifact');
  return { items: rows, warnings: [] };
}

export function cacheHere(world: World, uid: string): { path: string } {
  const row = find(world, uid);
  const path = `/home/ada/.local/share/benchkeep/ada-lab/cache/${row.uid}${row.suffix}`;
  endDownload(world, uid);
  row.copies = [...row.copies, { storage: null, path, verified_at: new Date().toISOString() }];
  changed(world, 'copy', 'artifact');
  return { path };
}
