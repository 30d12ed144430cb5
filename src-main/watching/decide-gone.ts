/**
 * What becomes of files that are not where they were: after a second look they are missing, or they moved to where the
 * same content was registered meanwhile. Gone is not deleted: records stay, and so many at once are never taken for
 * true without a person's word (`faults.md`, R6).
 */
import type { InstanceContext } from '../instance/index.ts';
import { timestamp } from '../ports/clock.ts';
import { isAsNoted, type FileFacts } from '../ports/fs/file-facts.ts';
import { joinRaw, rawFromBytes, rawToBytes, rawToDisplay, type RawPath } from '../ports/fs/raw-path.ts';
import { instrumentRun } from '../provenance/index.ts';
import { writeRegistry, type RegistryWrite } from '../registry/change-log.ts';
import type { StorageRow } from '../registry/schema.ts';
import { checkRoot, localRoot } from '../storage/index.ts';
import { markMissing, restartHold } from '../workstation/inventory.ts';
import { writeWorkstation } from '../workstation/open-workstation.ts';
import type { InventoryRow } from '../workstation/schema.ts';
import { bareArtifacts } from './bare-artifacts.ts';
import { factsOfRow } from './inbox.ts';
import { followMoves } from './follow-moves.ts';
import { attachedStorages, commonTail, isAbsent, pathOf, placeOf, type Move } from './moves.ts';

/** Ms between the look that did not find a file first and the one that counts. */
export const HOLD = 10_000;
/** More than so many files, and more than this share of a root, gone at once may be a loss: a person is asked. */
const POSSIBLE_LOSS = 50;
const POSSIBLE_LOSS_SHARE = 0.2;
/** Ms: a copy of a file that was registered so long before the file went may be where it went to. */
const MOVED_WITHIN = 3_600_000;
const PAGE = 500;

export interface GoneDecision {
  /** Files that are held as a possible loss. */
  held: number;
  /** When more is to be decided, wall clock ms. */
  next: number | null;
}

/** Concludes nothing unless the root is attached. `confirmed`: a person said that they are really gone. */
export async function decideGone(
  context: InstanceContext,
  storage: StorageRow,
  confirmed = false,
): Promise<GoneDecision> {
  const now = context.clock.now();
  await forgetFuture(context, storage.uid, now);
  const rows = await goneRows(context, storage.uid, confirmed ? now : now - HOLD);
  const later = await nextGone(context, storage.uid, now - HOLD);
  if (rows.length === 0) return { held: 0, next: later };
  if (!(await checkRoot(context, storage)).attached) return { held: 0, next: null };
  const root = localRoot(storage);
  const gone = rows.filter((row) => isAbsent(context, joinRaw(root, pathOf(row))));
  const author = { userId: storage.created_by_id, runId: await instrumentRun(context, storage) };
  const moved = new Set(
    (await followMoves(context, await pairWithRegistered(context, storage, gone), author)).map(({ from }) => from.path),
  );
  const missing = gone.filter((row) => !moved.has(pathOf(row)));
  if (!confirmed && (await isPossibleLoss(context, storage.uid, missing.length)))
    return { held: missing.length, next: later };
  if (missing.length > 0) {
    await writeRegistry(context, author, 'missing', (write) => writeMissing(write, storage, missing));
    await writeWorkstation(context.workstation, (tx) => {
      markMissing(tx, context.workstation, storage.uid, missing.map(pathOf));
    });
    context.onWatching('folders');
  }
  return { held: 0, next: later };
}

/** After a jump of the wall clock the hold begins anew: the time recorded before means nothing any more. */
export async function restartGone(context: InstanceContext, storageUid: string): Promise<void> {
  const now = timestamp(context.clock);
  await writeWorkstation(context.workstation, (tx) => restartHold(tx, storageUid, now));
}

/** A clock that was set back since, perhaps while the program was closed: the hold begins anew. */
async function forgetFuture(context: InstanceContext, storageUid: string, now: number): Promise<void> {
  const row = await context.workstation.db
    .selectFrom('inventory')
    .select('gone_since')
    .where('storage_uid', '=', storageUid)
    .where('gone_since', '>', new Date(now).toISOString())
    .where('missing', '=', 0)
    .limit(1)
    .executeTakeFirst();
  if (row !== undefined) await restartGone(context, storageUid);
}

function goneRows({ workstation }: InstanceContext, storageUid: string, until: number): Promise<InventoryRow[]> {
  return workstation.db
    .selectFrom('inventory')
    .selectAll()
    .where('storage_uid', '=', storageUid)
    .where('gone_since', '<=', new Date(until).toISOString())
    .where('missing', '=', 0)
    .execute();
}

async function nextGone({ workstation }: InstanceContext, storageUid: string, after: number): Promise<number | null> {
  const row = await workstation.db
    .selectFrom('inventory')
    .select('gone_since')
    .where('storage_uid', '=', storageUid)
    .where('gone_since', '>', new Date(after).toISOString())
    .where('missing', '=', 0)
    .orderBy('gone_since')
    .limit(1)
    .executeTakeFirst();
  const since = row?.gone_since ?? null;
  return since === null ? null : Date.parse(since) + HOLD;
}

async function isPossibleLoss({ workstation }: InstanceContext, storageUid: string, n: number): Promise<boolean> {
  if (n <= POSSIBLE_LOSS) return false;
  const { all } = await workstation.db
    .selectFrom('inventory')
    .select((eb) => eb.fn.countAll<number>().as('all'))
    .where('storage_uid', '=', storageUid)
    .where('missing', '=', 0)
    .executeTakeFirstOrThrow();
  return n > all * POSSIBLE_LOSS_SHARE;
}

/** Files that were copied elsewhere and then removed here: what a move to another disk is made of. */
async function pairWithRegistered(
  context: InstanceContext,
  storage: StorageRow,
  gone: readonly InventoryRow[],
): Promise<Move[]> {
  const attached = attachedStorages(context, storage);
  const moves: Move[] = [];
  const wanted = gone.filter(({ sha256, size }) => sha256 !== null && size > 0);
  for (let i = 0; i < wanted.length; i += PAGE) {
    const page = wanted.slice(i, i + PAGE);
    const since = Math.min(...page.map((row) => Date.parse(row.gone_since ?? ''))) - MOVED_WITHIN;
    const found = await bareArtifacts(context.registry.db)
      .innerJoin('storage', 'storage.id', 'copy.storage_id')
      .select('storage.uid as storage_uid')
      .where(
        'artifact.sha256',
        'in',
        page.map(({ sha256 }) => sha256 ?? ''),
      )
      .where('artifact.created_at', '>=', new Date(since).toISOString())
      .where('artifact.state', '=', 'ok')
      .where('storage.workstation_uid', '=', context.workstationUid)
      .execute();
    const fresh = found.filter(({ bare }) => bare === 1);
    const ranked = page
      .flatMap((row) =>
        fresh
          .filter(({ sha256, uid }) => sha256 === row.sha256 && uid !== row.artifact_uid)
          .map((one) => ({ row, one, common: commonTail(pathOf(row), rawFromBytes(one.path)) })),
      )
      .sort((a, b) => b.common - a.common);
    for (const { row, one, common } of ranked) {
      // One alone on both sides, or it is left to people.
      const rivals = ranked.filter((other) => other.common === common && (other.row === row || other.one === one));
      if (rivals.length > 1 || moves.some(({ absorbs, from }) => absorbs === one.id || from.path === pathOf(row)))
        continue;
      const target = await attached.byUid(one.storage_uid);
      const path = rawFromBytes(one.path);
      const facts = target === null ? null : await context.fs.look(joinRaw(localRoot(target), path));
      // As it was when it was read: what was written since may have other content.
      if (target === null || facts === null || !(await isAsRead(context, target, path, facts))) continue;
      moves.push({
        uid: row.artifact_uid,
        from: { storage, path: pathOf(row) },
        to: { storage: target, path, facts },
        sha256: row.sha256 ?? '',
        evidence: 'the same content (size and checksum agree) came up here shortly before it went there',
        sameFile: false,
        absorbs: one.id,
      });
    }
  }
  return moves;
}

async function isAsRead(
  { workstation }: InstanceContext,
  { uid }: StorageRow,
  path: RawPath,
  facts: FileFacts,
): Promise<boolean> {
  const { folder, name } = placeOf(path);
  const known = await workstation.db
    .selectFrom('inventory')
    .select(['size', 'mtime_ns', 'ctime_ns', 'dev', 'ino'])
    .where('storage_uid', '=', uid)
    .where('folder', '=', folder)
    .where('name', '=', name)
    .executeTakeFirst();
  return known !== undefined && isAsNoted(facts, factsOfRow(known));
}

async function writeMissing(write: RegistryWrite, storage: StorageRow, gone: readonly InventoryRow[]): Promise<void> {
  for (let i = 0; i < gone.length; i += PAGE) {
    const page = new Map(gone.slice(i, i + PAGE).map((row) => [pathOf(row), row]));
    const copies = await write.tx
      .selectFrom('copy')
      .selectAll()
      .where('storage_id', '=', storage.id)
      .where('path', 'in', [...page.keys()].map(rawToBytes))
      .execute();
    if (copies.length === 0) continue;
    const ids = copies.map(({ artifact_id: id }) => id);
    const artifacts = await write.tx.selectFrom('artifact').selectAll().where('id', 'in', ids).execute();
    const others = await write.tx
      .selectFrom('copy')
      .select('artifact_id')
      .where('artifact_id', 'in', ids)
      .where(
        'id',
        'not in',
        copies.map(({ id }) => id),
      )
      .execute();
    const elsewhere = new Set(others.map(({ artifact_id: id }) => id));
    const byId = new Map(artifacts.map((row) => [row.id, row]));
    for (const copy of copies) {
      const artifact = byId.get(copy.artifact_id);
      if (artifact === undefined) continue;
      const path = rawFromBytes(copy.path);
      write.note = noteOf(path, page.get(path)?.gone_since ?? '');
      if (elsewhere.has(artifact.id)) await write.remove('copy', copy.id, artifact.uid);
      else if (artifact.state !== 'missing')
        write.updateRow('artifact', artifact, { state: 'missing', state_reason: 'path-gone', updated_at: write.now });
    }
  }
}

function noteOf(path: RawPath, since: string): string {
  return `Not found at ${rawToDisplay(path)} since ${since}; a second look did not find it either.`;
}
