/**
 * Content whose object was overwritten in its store, or lost by it, and that the cache of this computer alone still has:
 * nothing there takes it away, it makes no room for others to lose, and a person is told what to do, until it has a place of
 * its own.
 */
import { BenchkeepError } from '../../shared/errors.ts';
import { escapeForDisplay } from '../../shared/format/display-name.ts';
import { rawFromBytes, rawToBytes, rawToText, splitRaw, type RawPath } from '../ports/fs/raw-path.ts';
import { giveWay } from '../ports/give-way.ts';
import type { ArtifactRow } from '../registry/schema.ts';
import { inboxStatements, LAST_COPY } from '../workstation/inbox-rows.ts';
import { writeWorkstation } from '../workstation/open-workstation.ts';
import { readCached } from '../workstation/transfer-rows.ts';
import { cachePath } from './cache-folder.ts';
import type { TransferContext } from './transfer-context.ts';

type LookContext = Pick<TransferContext, 'folder' | 'fs' | 'registry' | 'workstation' | 'clock' | 'onWatching'>;

/** What became of the object, by the reason that its record has. */
const LOSSES: Readonly<Record<string, string>> = {
  overwritten: 'was overwritten',
  'cloud-gone': 'is gone',
  'cloud-mismatch': 'is other content now',
};

const PAGE = 500;
const UID = 20;

/** Tells of those that nobody was told of, and ends what is told of others: the object may have been registered elsewhere. */
export async function lookAtLastCopies(context: LookContext, signal: AbortSignal): Promise<void> {
  const { workstation, registry } = context;
  const turn = giveWay(signal);
  const told = await workstation.db.selectFrom('inbox').select('path').where('cause', '=', LAST_COPY).execute();
  for (const { path } of told) {
    await turn();
    const name = rawToText(splitRaw(rawFromBytes(path)).name) ?? '';
    await lookAtLastCopy(context, name.slice(0, UID), rawFromBytes(path));
  }
  for await (const { uids } of cachedPages(context)) {
    await turn();
    const lost = await registry.db
      .selectFrom('artifact')
      .select('uid')
      .where('uid', 'in', uids)
      .where('state', '=', 'missing')
      .where('state_reason', 'in', Object.keys(LOSSES))
      .execute();
    for (const { uid } of lost) await lookAtLastCopy(context, uid);
  }
}

/** The same of one artifact. `path`: where it was told to be in the cache. */
async function lookAtLastCopy(context: LookContext, uid: string, path?: RawPath): Promise<void> {
  const { workstation, registry } = context;
  const artifact = await registry.db.selectFrom('artifact').selectAll().where('uid', '=', uid).executeTakeFirst();
  const at = path ?? (artifact === undefined ? null : cachePath(context, artifact));
  if (at === null) return;
  const row = await workstation.db
    .selectFrom('inbox')
    .select(['storage_uid', 'cause'])
    .where('path', '=', rawToBytes(at))
    .executeTakeFirst();
  const isLast = artifact !== undefined && (await isLastCopy(context, artifact, at));
  if (isLast && row === undefined) await tell(context, artifact, at);
  if (isLast || row?.cause !== LAST_COPY) return;
  const { remove } = inboxStatements(workstation);
  await writeWorkstation(workstation, () => void remove(row.storage_uid, at));
  context.onWatching('inbox');
}

/** The same, after what was asked for is done: that it can't be said now is no failure of that. The next look says it. */
export async function sayLastCopy(context: LookContext, uid: string): Promise<void> {
  try {
    await lookAtLastCopy(context, uid);
  } catch (error) {
    if (!(error instanceof BenchkeepError)) throw error;
  }
}

async function isLastCopy(context: LookContext, artifact: ArtifactRow, at: RawPath): Promise<boolean> {
  if (artifact.state !== 'missing' || LOSSES[artifact.state_reason ?? ''] === undefined) return false;
  if ((await readCached({ db: context.workstation.db }, artifact.uid)) === null) return false;
  if ((await context.fs.look(at)) === null) return false;
  const other = await context.registry.db
    .selectFrom('copy')
    .select('id')
    .where('artifact_id', '=', artifact.id)
    // One that was found wrong or gone counts no more.
    .where('verified_at', 'is not', null)
    .limit(1)
    .executeTakeFirst();
  return other === undefined;
}

/** Under its storage, which is a store: no look at the files of a folder takes the entry for theirs. */
async function tell(context: LookContext, artifact: ArtifactRow, path: RawPath): Promise<void> {
  const { workstation, registry, clock, fs } = context;
  const { uid, key, storage_id: id } = artifact;
  const storage = await registry.db
    .selectFrom('storage')
    .select(['uid', 'root'])
    .where('id', '=', id)
    .where('type', '!=', 'local')
    .executeTakeFirst();
  const facts = await fs.look(path);
  if (storage === undefined || facts === null) return;
  const name = escapeForDisplay(key ?? uid);
  const loss = LOSSES[artifact.state_reason ?? ''] ?? 'is gone';
  const { put } = inboxStatements(workstation);
  await writeWorkstation(workstation, () => {
    put(storage.uid, {
      path,
      facts,
      state: 'failed',
      cause: LAST_COPY,
      reason:
        `The only copy of "${name}" is in the cache of this computer: what was in ${storage.root} ${loss}. ` +
        `Give it a place where it stays: benchkeep bring-back ${uid}.`,
      since: clock.now(),
      next: null,
      attempts: 1,
    });
  });
  context.onWatching('inbox');
}

/** Bytes of the cache that are known to be nowhere else: they can't be evicted, and nothing else is to go for them. */
export async function bytesOnlyHere(context: Pick<TransferContext, 'registry' | 'workstation'>): Promise<number> {
  let bytes = 0;
  for await (const { uids, sizes } of cachedPages(context)) {
    const { db } = context.registry;
    const known = await db.selectFrom('artifact').select('uid').where('uid', 'in', uids).execute();
    const elsewhere = await db
      .selectFrom('copy')
      .innerJoin('artifact', 'artifact.id', 'copy.artifact_id')
      .select('artifact.uid')
      .where('artifact.uid', 'in', uids)
      .where('copy.verified_at', 'is not', null)
      .execute();
    const named = new Set(elsewhere.map(({ uid }) => uid));
    for (const { uid } of known) if (!named.has(uid)) bytes += sizes.get(uid) ?? 0;
  }
  return bytes;
}

async function* cachedPages({
  workstation,
}: Pick<TransferContext, 'workstation'>): AsyncGenerator<{ uids: string[]; sizes: ReadonlyMap<string, number> }> {
  for (let after = ''; ;) {
    const rows = await workstation.db
      .selectFrom('cached')
      .select(['artifact_uid', 'size'])
      .where('artifact_uid', '>', after)
      .orderBy('artifact_uid')
      .limit(PAGE)
      .execute();
    if (rows.length > 0) {
      const uids = rows.map(({ artifact_uid: uid }) => uid);
      yield { uids, sizes: new Map(rows.map(({ artifact_uid: uid, size }) => [uid, size])) };
    }
    const last = rows.at(-1);
    if (last === undefined || rows.length < PAGE) return;
    after = last.artifact_uid;
  }
}
