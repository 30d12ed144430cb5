/**
 * Unfinished uploads at the stores that nobody goes on with: of a program that died between beginning one and noting it,
 * or that could not reach the store when one was cancelled. They cost money and are seen by nobody.
 */
import { isUid } from '../../shared/uid.ts';
import { BenchkeepError } from '../../shared/errors.ts';
import type { InstanceContext } from '../instance/index.ts';
import { OWN_FOLDER, readObjectMarker, storeOf } from '../storage/index.ts';
import { SNAPSHOT_NAME } from '../storage/published/published-place.ts';
import { transfersInto } from '../workstation/transfer-rows.ts';
import type { StorageRow } from '../registry/schema.ts';
import { keyOf } from './transfer-context.ts';

const DAY = 24 * 3600 * 1000;
/** Ms. Another computer of the lab may be at work on younger ones. */
const OLD = 7 * DAY;

type OrphanContext = Pick<InstanceContext, 'registry' | 'workstation' | 'stores' | 'clock'>;

export interface OrphanUpload {
  /** Root and key, for people. */
  address: string;
  startedAt: string;
}

interface Found extends OrphanUpload {
  storage: StorageRow;
  key: string;
  token: string;
}

/** Older than a week; `unreachable`: roots of stores that could not be asked, with the reason. */
export async function findOrphanUploads(
  context: OrphanContext,
  signal?: AbortSignal,
): Promise<{ orphans: OrphanUpload[]; unreachable: string[] }> {
  const { orphans, unreachable } = await find(context, signal);
  return { orphans: orphans.map(({ address, startedAt }) => ({ address, startedAt })), unreachable };
}

/** Takes them away; how many. What can't be reached, or taken away, is done another day. */
export async function sweepOrphanUploads(context: OrphanContext, signal?: AbortSignal): Promise<number> {
  let removed = 0;
  for (const { storage, key, token } of (await find(context, signal)).orphans) {
    try {
      const store = await storeOf(context, storage);
      // Begun again meanwhile with the same token it is not: but a live row may have taken it up.
      if ((await tokensOf(context, storage)).has(token)) continue;
      await store.uploads.abort(key, token, signal === undefined ? {} : { signal });
      removed++;
    } catch (error) {
      if (!(error instanceof BenchkeepError) || signal?.aborted === true) throw error;
    }
  }
  return removed;
}

async function find(
  context: OrphanContext,
  signal: AbortSignal | undefined,
): Promise<{ orphans: Found[]; unreachable: string[] }> {
  const storages = await context.registry.db
    .selectFrom('storage')
    .selectAll()
    .where('type', '!=', 'local')
    .where('managed', '=', 1)
    .execute();
  const orphans: Found[] = [];
  const unreachable: string[] = [];
  for (const storage of storages) {
    try {
      orphans.push(...(await orphansIn(context, storage, signal)));
    } catch (error) {
      if (!(error instanceof BenchkeepError) || signal?.aborted === true) throw error;
      unreachable.push(`${storage.root} (${error.message})`);
    }
  }
  return { orphans, unreachable };
}

async function orphansIn(
  context: OrphanContext,
  storage: StorageRow,
  signal: AbortSignal | undefined,
): Promise<Found[]> {
  const store = await storeOf(context, storage);
  // Another instance's by now: its uploads are none of ours.
  if ((await readObjectMarker(store))?.uid !== storage.uid) return [];
  const call = signal === undefined ? {} : { signal };
  const live = await transfersInto(context.workstation, storage.uid);
  const keys = live.map(keyOf);
  const found: Found[] = [];
  for await (const { key, token, startedAt } of store.uploads.list(`${OWN_FOLDER}/`, call)) {
    if (startedAt === null || context.clock.now() - Date.parse(startedAt) < OLD) continue;
    if (!isOurs(key) || keys.some((one) => key === one || key.startsWith(`${one}/`))) continue;
    found.push({ storage, key, token, startedAt, address: `${storage.root}/${key}` });
  }
  return found;
}

async function tokensOf(context: OrphanContext, storage: StorageRow): Promise<Set<string | null>> {
  return new Set((await transfersInto(context.workstation, storage.uid)).map(({ token }) => token));
}

/**
 * As this program names what it brings to our folder: by a uid, a member of a folder that is named so, the list of
 * one, the registry.
 */
function isOurs(key: string): boolean {
  if (!key.startsWith(`${OWN_FOLDER}/`)) return false;
  const name = key.slice(OWN_FOLDER.length + 1);
  if (name === SNAPSHOT_NAME) return true;
  const list = /^manifests\/(?<uid>[^/]+)\.tsv\.gz$/.exec(name)?.groups?.['uid'];
  if (list !== undefined) return isUid(list, 'artifact');
  return isUid(name.slice(0, 20), 'artifact') && /^(?:\.[^/]*)?(?:\/.+)?$/.test(name.slice(20));
}
