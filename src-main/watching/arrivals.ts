/**
 * What arrives in watched folders whose rule says so, files and run folders, is queued for uploading: each artifact
 * once, when all of its content was read. What was there before, and what a person cancelled, is left alone.
 */
import type { ErrorCode } from '../../shared/errors.ts';
import { queueUploads } from '../artifacts/index.ts';
import type { InstanceContext } from '../instance/index.ts';
import type { ArtifactRow, StorageRow } from '../registry/schema.ts';
import { checkRoot, targetStorage } from '../storage/index.ts';
import { forgetSetting, readSetting, writeSetting } from '../workstation/settings.ts';
import { transfersOf } from '../workstation/transfer-rows.ts';
import { writeWorkstation } from '../workstation/open-workstation.ts';
import { alarm } from './alarm.ts';
import { ruleFromRow } from './watch-rule.ts';
import { watchedStorages } from './watched-storages.ts';

/** Ms between something that was registered and the look: many come together. */
const SOON = 500;
/** Ms until it is looked again after a failure of the database, or where a drive is away. */
const AGAIN = 60_000;
/** Artifacts of one look. */
const PAGE = 500;

/** Where the uploading of a folder stands. */
interface Cursor {
  /** Artifacts with a greater id have not been looked at. */
  after: number;
  /** Ids of those that were looked at, but not read wholly by then, or not there. */
  unread: number[];
}

type ArrivalContext = Pick<InstanceContext, 'registry' | 'workstation'>;

const settingOf = (storageUid: string): string => `arrivals.${storageUid}`;

/** From now on: what is registered already is not meant. */
export async function expectArrivals({ registry, workstation }: ArrivalContext, storageUid: string): Promise<Cursor> {
  const last = await registry.db.selectFrom('artifact').select('id').orderBy('id', 'desc').limit(1).executeTakeFirst();
  const cursor: Cursor = { after: last?.id ?? 0, unread: [] };
  await writeSetting(workstation, settingOf(storageUid), cursor);
  return cursor;
}

export async function forgetArrivals({ workstation }: ArrivalContext, storageUid: string): Promise<void> {
  await writeWorkstation(workstation, (tx) => forgetSetting(tx, settingOf(storageUid)));
}

/** Watched folders of this computer whose rule is that what arrives is uploaded. */
export async function uploadingFolders(context: InstanceContext): Promise<StorageRow[]> {
  return (await watchedStorages(context)).filter(({ watch_rule: rule }) => ruleFromRow(rule).upload);
}

/** Of these uids those whose artifact is in one of the storages. */
export async function artifactsIn(
  { registry }: ArrivalContext,
  storages: readonly StorageRow[],
  uids: readonly string[],
): Promise<ReadonlySet<string>> {
  const found = new Set<string>();
  const ids = storages.map(({ id }) => id);
  for (let i = 0; i < uids.length; i += PAGE) {
    const some = await registry.db
      .selectFrom('artifact')
      .select('uid')
      .where('uid', 'in', uids.slice(i, i + PAGE))
      .where('storage_id', 'in', ids)
      .execute();
    for (const { uid } of some) found.add(uid);
  }
  return found;
}

/** What a look did. `waits`: a drive is away; nobody tells when it is back. */
export interface Looked {
  queued: number;
  waits: boolean;
}

/** Queues what has arrived since the last look. */
export async function queueArrivals(context: InstanceContext): Promise<Looked> {
  const done: Looked = { queued: 0, waits: false };
  const storages = await uploadingFolders(context);
  if (storages.length === 0) return done;
  const instance = await context.registry.db
    .selectFrom('instance')
    .innerJoin('storage', 'storage.id', 'instance.default_storage_id')
    .select('storage.type')
    .executeTakeFirst();
  // Nothing to upload to at present: they are queued when there is.
  if (instance === undefined || instance.type === 'local') return done;
  const target = await targetStorage(context, { upload: true });
  for (const storage of storages) {
    const { queued, waits } = await queueArrivalsOf(context, storage, target);
    done.queued += queued;
    done.waits ||= waits;
  }
  return done;
}

async function queueArrivalsOf(context: InstanceContext, storage: StorageRow, target: StorageRow): Promise<Looked> {
  const { registry, workstation } = context;
  const name = settingOf(storage.uid);
  // Without one this computer has forgotten what it had seen: what is there by now is not sent by surprise.
  let cursor = (await readSetting<Cursor>(workstation, name)) ?? (await expectArrivals(context, storage.uid));
  const done: Looked = { queued: 0, waits: false };
  // Its drive is away, and all of it would be refused: it is looked at when it is back.
  if (!(await checkRoot(context, storage)).attached) return { ...done, waits: true };
  for (let isFirst = true; ; isFirst = false) {
    const fresh = await registry.db
      .selectFrom('artifact')
      .selectAll()
      .where('storage_id', '=', storage.id)
      .where('id', '>', cursor.after)
      .orderBy('id')
      .limit(PAGE)
      .execute();
    const waited = isFirst ? await artifactsById(context, cursor.unread) : [];
    const wanted = [...waited, ...fresh].filter((artifact) => isWanted(artifact, storage));
    const uids = wanted.map(({ uid }) => uid);
    // Whatever became of an upload of it, there was one.
    const all = await transfersOf(workstation, uids, { everything: true });
    const known = new Set(all.flatMap(({ artifact_uid: uid, purpose }) => (purpose === 'upload' ? [uid] : [])));
    const left = wanted.filter(({ uid }) => !known.has(uid));
    const { rows, refused } = await queueUploads(context, left.filter(isReady), target);
    done.queued += rows.length;
    done.waits ||= refused.some(({ error }) => error.code === 'offline');
    const again = new Set(refused.flatMap(({ artifact, error }) => (NEVER.has(error.code) ? [] : [artifact.id])));
    const unread = left.filter((artifact) => !isReady(artifact) || again.has(artifact.id));
    const next: Cursor = {
      after: fresh.at(-1)?.id ?? cursor.after,
      unread: [...(isFirst ? [] : cursor.unread), ...unread.map(({ id }) => id)],
    };
    if (JSON.stringify(next) !== JSON.stringify(cursor)) await writeSetting(workstation, name, next);
    cursor = next;
    if (fresh.length < PAGE) return done;
  }
}

/** It may be there now or come back. What was written over never does. */
function isWanted(
  { storage_id: id, visibility, state, state_reason: reason }: ArtifactRow,
  storage: StorageRow,
): boolean {
  return id === storage.id && visibility >= 0 && !(state === 'missing' && reason === 'overwritten');
}

/** It is there, and all of it was read. */
function isReady({ sha256, state }: ArtifactRow): boolean {
  return sha256 !== null && (state === 'ok' || state === 'unverified');
}

/** No later look finds it otherwise: it is in a store already, or the registry is wrong. */
const NEVER: ReadonlySet<ErrorCode> = new Set(['in_cloud', 'refused']);

async function artifactsById({ registry }: ArrivalContext, ids: readonly number[]): Promise<ArtifactRow[]> {
  const rows: ArtifactRow[] = [];
  for (let i = 0; i < ids.length; i += PAGE)
    rows.push(
      ...(await registry.db
        .selectFrom('artifact')
        .selectAll()
        .where('id', 'in', ids.slice(i, i + PAGE))
        .execute()),
    );
  return rows;
}

export interface Arrivals {
  /** Something was registered or read. */
  soon(): void;
  close(): Promise<void>;
}

/** Looks at the start, and soon after something was registered. */
export function followArrivals(context: InstanceContext): Arrivals {
  let running: Promise<void> = Promise.resolve();
  let isClosed = false;
  const bell = alarm(context.clock, () => {
    // One after the other: two looks would take the same ones.
    running = running.then(look);
  });
  async function look(): Promise<void> {
    if (isClosed) return;
    try {
      if ((await queueArrivals(context)).waits) bell.ringIn(AGAIN);
    } catch {
      // Whoever writes is told of a database that fails; what has arrived stays in the registry.
      bell.ringIn(AGAIN);
    }
  }
  bell.ringIn(SOON);
  return {
    soon: () => {
      if (!isClosed) bell.ringIn(SOON);
    },
    async close() {
      isClosed = true;
      bell.silence();
      await running;
    },
  };
}
