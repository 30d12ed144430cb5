/**
 * What arrives in watched folders whose rule says so is queued for uploading: each artifact once, when all of its content
 * was read. What was there before, and what a person cancelled, is left alone.
 */
import { queueUploads } from '../artifacts/index.ts';
import type { InstanceContext } from '../instance/index.ts';
import type { ArtifactRow, StorageRow } from '../registry/schema.ts';
import { targetStorage } from '../storage/index.ts';
import { forgetSetting, readSetting, writeSetting } from '../workstation/settings.ts';
import { transfersOf } from '../workstation/transfer-rows.ts';
import { writeWorkstation } from '../workstation/open-workstation.ts';
import { alarm } from './alarm.ts';
import { ruleFromRow } from './watch-rule.ts';
import { watchedStorages } from './watched-storages.ts';

/** Ms between something that was registered and the look: many come together. */
const SOON = 500;
/** Ms until it is looked again after a failure of the database. */
const AGAIN = 60_000;
/** Artifacts of one look. */
const PAGE = 500;

/** Where the uploading of a folder stands. */
interface Cursor {
  /** Artifacts with a greater id have not been looked at. */
  after: number;
  /** Ids of those that were looked at, but not read wholly by then. */
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

/** Queues what has arrived since the last look; how many. */
export async function queueArrivals(context: InstanceContext): Promise<number> {
  const storages = (await watchedStorages(context)).filter(({ watch_rule: rule }) => ruleFromRow(rule).upload);
  if (storages.length === 0) return 0;
  const instance = await context.registry.db
    .selectFrom('instance')
    .innerJoin('storage', 'storage.id', 'instance.default_storage_id')
    .select('storage.type')
    .executeTakeFirst();
  // Nothing to upload to at present: they are queued when there is.
  if (instance === undefined || instance.type === 'local') return 0;
  const target = await targetStorage(context, { upload: true });
  let queued = 0;
  for (const storage of storages) queued += await queueArrivalsOf(context, storage, target);
  return queued;
}

async function queueArrivalsOf(context: InstanceContext, storage: StorageRow, target: StorageRow): Promise<number> {
  const { registry, workstation } = context;
  const name = settingOf(storage.uid);
  // Without one this computer has forgotten what it had seen: what is there by now is not sent by surprise.
  let cursor = (await readSetting<Cursor>(workstation, name)) ?? (await expectArrivals(context, storage.uid));
  let queued = 0;
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
    const looked = [...waited, ...fresh].filter((artifact) => isHere(artifact, storage));
    const unread = looked.filter(({ sha256 }) => sha256 === null);
    const ready = looked.filter(({ sha256 }) => sha256 !== null);
    // Whatever became of an upload of it, there was one.
    const known = new Set(
      (
        await transfersOf(
          workstation,
          ready.map(({ uid }) => uid),
          { everything: true },
        )
      ).flatMap(({ artifact_uid: uid, purpose }) => (purpose === 'upload' ? [uid] : [])),
    );
    const { rows } = await queueUploads(
      context,
      ready.filter(({ uid }) => !known.has(uid)),
      target,
    );
    queued += rows.length;
    const next: Cursor = {
      after: fresh.at(-1)?.id ?? cursor.after,
      unread: [...(isFirst ? [] : cursor.unread), ...unread.map(({ id }) => id)],
    };
    if (JSON.stringify(next) !== JSON.stringify(cursor)) await writeSetting(workstation, name, next);
    cursor = next;
    if (fresh.length < PAGE) return queued;
  }
}

/** Its file is (still) there, and it is a file. */
function isHere({ storage_id: id, visibility, n_files: files, state }: ArtifactRow, storage: StorageRow): boolean {
  return id === storage.id && visibility >= 0 && files === null && (state === 'ok' || state === 'unverified');
}

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
      await queueArrivals(context);
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
