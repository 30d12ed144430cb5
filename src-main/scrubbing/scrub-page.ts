/** Reads the next copies again and compares them with what was recorded. */
import {
  judgeDamage,
  noteDamaged,
  verifyCopies,
  verifyFolder,
  type CopyToVerify,
  type Finding,
} from '../artifacts/index.ts';
import type { InstanceContext } from '../instance/index.ts';
import { timestamp } from '../ports/clock.ts';
import type { RehashOutcome } from '../ports/fs/hasher.ts';
import { joinRaw, rawFromBytes, rawToBytes, type RawPath } from '../ports/fs/raw-path.ts';
import type { ScrubRow, ScrubbedTable } from '../workstation/schema.ts';
import { putScrub, putScrubbed } from '../workstation/scrub-rows.ts';
import { writeWorkstation } from '../workstation/open-workstation.ts';
import { checkRoot, localRoot, OWN_FOLDER } from '../storage/index.ts';
import { copiesHere } from './copies-here.ts';
import { idleHasher } from './idle-hasher.ts';

/** Copies and bytes of one page: what is read anew after a restart. */
const PAGE = 250;
const PAGE_BYTES = 256 * 1024 * 1024;

export interface ScrubTools {
  signal: AbortSignal;
  onBytes: (bytes: number) => void;
}

/**
 * The position after the page; null where none was left. What can't be read from here keeps its date. Registry and
 * inbox are written before the position, so that what dies in between is read once more.
 */
export async function scrubPage(
  context: InstanceContext,
  before: ScrubRow,
  tools: ScrubTools,
): Promise<ScrubRow | null> {
  const copies = await nextCopies(context, before.position);
  const last = copies.at(-1);
  if (last === undefined) return null;
  const found = await findingsOf(context, copies, tools);
  let bytes = 0;
  let failed = 0;
  for (const copy of copies) {
    const finding = found.get(copy);
    if (finding?.kind === 'same') bytes += copy.artifact.size;
    if (await followUp(context, copy, finding, tools)) failed += 1;
  }
  await noteDamaged(context, copies, found);
  const after: ScrubRow = {
    ...before,
    position: last.id,
    checked: before.checked + copies.length,
    total: Math.max(before.total, before.checked + copies.length),
    bytes: before.bytes + bytes,
    failed: before.failed + failed,
  };
  const dates = await datesOf(context, copies, found, after.round);
  await writeWorkstation(context.workstation, async (tx) => {
    putScrubbed(tx, context.workstation, dates);
    const { state } = await tx.selectFrom('scrub').select('state').executeTakeFirstOrThrow();
    await putScrub(tx, { ...after, state });
  });
  return after;
}

/** In the order in which they were verified: each round goes by their ids, and new ones have higher ids. */
async function nextCopies(context: InstanceContext, position: number): Promise<CopyToVerify[]> {
  const rows = await copiesHere(context)
    .select(['copy.id', 'copy.artifact_id', 'copy.storage_id', 'copy.path', 'copy.verified_at', 'artifact.size'])
    .where('copy.id', '>', position)
    .orderBy('copy.id')
    .limit(PAGE)
    .execute();
  let bytes = 0;
  const page = rows.filter(({ size }, i) => {
    bytes += size;
    return i === 0 || bytes <= PAGE_BYTES;
  });
  if (page.length === 0) return [];
  const { db } = context.registry;
  const artifactIds = [...new Set(page.map((row) => row.artifact_id))];
  const storageIds = [...new Set(page.map((row) => row.storage_id))];
  const artifacts = await db.selectFrom('artifact').selectAll().where('id', 'in', artifactIds).execute();
  const storages = await db.selectFrom('storage').selectAll().where('id', 'in', storageIds).execute();
  const roots = new Map<number, string | null>();
  for (const storage of storages) {
    const root = await checkRoot(context, storage);
    roots.set(storage.id, root.attached ? null : root.reason);
  }
  return page.flatMap((row) => {
    const artifact = artifacts.find(({ id }) => id === row.artifact_id);
    const storage = storages.find(({ id }) => id === row.storage_id);
    if (artifact === undefined || storage === undefined) return [];
    const below = rawFromBytes(row.path);
    const away = roots.get(storage.id) ?? null;
    const path = away === null ? joinRaw(localRoot(storage), below) : null;
    const shown = '';
    return [{ id: row.id, artifact, storage, below, verifiedAt: row.verified_at, shown, path, reason: away ?? '' }];
  });
}

async function findingsOf(
  context: InstanceContext,
  copies: readonly CopyToVerify[],
  tools: ScrubTools,
): Promise<Map<CopyToVerify, Finding>> {
  const found = new Map<CopyToVerify, Finding>();
  const files = copies.filter(({ path, artifact }) => path !== null && artifact.n_files === null);
  const outcomes = await context.hasher.rehashFiles(
    files.map(({ path }) => path ?? ('' as RawPath)),
    tools,
  );
  for (const [i, copy] of files.entries()) {
    const outcome = outcomes[i];
    if (outcome !== undefined) found.set(copy, findingOf(copy, outcome));
  }
  const idle = { ...context, hasher: idleHasher(context.hasher) };
  for (const copy of copies) {
    const { path, artifact, reason } = copy;
    if (path === null) found.set(copy, { kind: 'unknown', reason });
    else if (artifact.n_files !== null) found.set(copy, await verifyFolder(idle, artifact, path, tools));
  }
  for (const [copy, finding] of found)
    if (finding.kind === 'differs') found.set(copy, await judgeDamage(context, copy, finding));
  return found;
}

function findingOf({ artifact }: CopyToVerify, outcome: RehashOutcome): Finding {
  switch (outcome.kind) {
    case 'hashed': {
      const { facts, sha256 } = outcome;
      if (sha256 === artifact.sha256) return { kind: 'same' };
      return { kind: 'differs', reason: 'Its bytes are not those that were recorded.', facts };
    }
    case 'failed':
      return { kind: 'unknown', reason: `${outcome.error.message}. ${outcome.error.remedy}`, unreadable: true };
    default:
      return { kind: 'unknown', reason: 'It is not there, or is written to.' };
  }
}

/**
 * What is damaged, or differs where no watcher sees to it, is read a second time before it is said so; what is right
 * again is recorded. True where it counts as failed.
 */
async function followUp(
  context: InstanceContext,
  { artifact, storage, below }: CopyToVerify,
  finding: Finding | undefined,
  { signal }: ScrubTools,
): Promise<boolean> {
  const again = (): ReturnType<typeof verifyCopies> => verifyCopies(context, storage, [rawToBytes(below)], signal);
  if (finding?.kind === 'unknown') return finding.unreadable === true;
  if (finding?.kind === 'same') {
    if (artifact.state !== 'ok') await again();
    return false;
  }
  // An ordinary change in a watched folder becomes a new version there; nobody watches what Benchkeep made.
  const isOwn = below.startsWith(`${OWN_FOLDER}/`);
  if (finding?.damaged !== true && storage.watch === 1 && !isOwn) return false;
  return (await again()).length > 0;
}

async function datesOf(
  context: InstanceContext,
  copies: readonly CopyToVerify[],
  found: ReadonlyMap<CopyToVerify, Finding>,
  round: number,
): Promise<ScrubbedTable[]> {
  const rows = await context.workstation.db
    .selectFrom('scrubbed')
    .selectAll()
    .where(
      'copy_id',
      'in',
      copies.map(({ id }) => id),
    )
    .execute();
  const known = new Map(rows.map((row) => [row.copy_id, row]));
  const now = timestamp(context.clock);
  return copies.map((copy) => {
    const before = known.get(copy.id);
    const earlier = before?.artifact_uid === copy.artifact.uid ? before.verified_at : copy.verifiedAt;
    const verified = found.get(copy)?.kind === 'same' ? now : earlier;
    return { copy_id: copy.id, artifact_uid: copy.artifact.uid, round, verified_at: verified };
  });
}
