/** Work that somebody did in the cache and that is kept beside it: each has an entry in the inbox until it is saved, or gone. */
import type { FileFacts } from '../ports/fs/file-facts.ts';
import {
  joinRaw,
  rawFromBytes,
  rawToBytes,
  rawToDisplay,
  rawToText,
  splitRaw,
  type RawPath,
} from '../ports/fs/raw-path.ts';
import type { ArtifactRow } from '../registry/schema.ts';
import { EDITED, inboxStatements } from '../workstation/inbox-rows.ts';
import { writeWorkstation } from '../workstation/open-workstation.ts';
import { cacheFolder } from './cache-folder.ts';
import { whileContentAlone } from './content-lock.ts';
import type { TransferContext } from './transfer-context.ts';

const NAME = /^edited-\d+-(?<uid>[0-9A-Za-z]{20})/;

type NoteContext = Pick<TransferContext, 'workstation' | 'registry' | 'clock' | 'onWatching'>;

/** Tells of it. `aside`: where it is kept; each has an entry of its own. `uid`: of its artifact, which may be deleted. */
export async function noteEdited(context: NoteContext, uid: string, aside: RawPath, facts: FileFacts): Promise<void> {
  const { workstation, clock } = context;
  const artifact = await context.registry.db
    .selectFrom('artifact')
    .select(['id', 'storage_id'])
    .where('uid', '=', uid)
    .executeTakeFirst();
  const storageUid = artifact === undefined ? await someStorage(context) : await storageFor(context, artifact);
  const { put } = inboxStatements(workstation);
  const shown = rawToDisplay(aside);
  const quoted = JSON.stringify(shown);
  const remedy =
    artifact === undefined
      ? `Its record was deleted; save the work as a new one: benchkeep save ${quoted}.`
      : `Make it the next version: benchkeep save ${quoted} --revises ${uid}.`;
  await writeWorkstation(workstation, () => {
    put(storageUid, {
      path: aside,
      facts,
      state: 'failed',
      cause: EDITED,
      reason: `Somebody edited what was fetched. That work is kept in ${shown}. ${remedy}`,
      since: clock.now(),
      next: null,
      attempts: 1,
    });
  });
  context.onWatching('inbox');
}

/** Takes back that it was told. */
export async function forgetEdited(context: NoteContext, aside: RawPath): Promise<void> {
  const { workstation } = context;
  const entry = await workstation.db
    .selectFrom('inbox')
    .select('storage_uid')
    .where('cause', '=', EDITED)
    .where('path', '=', rawToBytes(aside))
    .executeTakeFirst();
  if (entry === undefined) return;
  const { remove } = inboxStatements(workstation);
  await writeWorkstation(workstation, () => void remove(entry.storage_uid, aside));
  context.onWatching('inbox');
}

/** One in the cloud, if it knows one: no look at its files takes the entry for theirs. */
async function storageFor(
  { registry }: NoteContext,
  { id, storage_id: home }: Pick<ArtifactRow, 'id' | 'storage_id'>,
): Promise<string> {
  const { db } = registry;
  const cloud = await db
    .selectFrom('copy')
    .innerJoin('storage', 'storage.id', 'copy.storage_id')
    .select('storage.uid')
    .where('copy.artifact_id', '=', id)
    .where('storage.type', '!=', 'local')
    .orderBy('copy.id')
    .executeTakeFirst();
  if (cloud !== undefined) return cloud.uid;
  return (await db.selectFrom('storage').select('uid').where('id', '=', home).executeTakeFirstOrThrow()).uid;
}

/** Where nothing of it is left in the registry. */
async function someStorage({ registry }: NoteContext): Promise<string> {
  const storages = registry.db.selectFrom('storage').select('uid');
  return (await storages.orderBy('type', 'desc').orderBy('id').executeTakeFirstOrThrow()).uid;
}

/** Ends the entries of what is saved by now, or gone. At the start (`isFirst`) also what lies there untold is told. */
export async function lookAtEdited(
  context: TransferContext,
  { isFirst, signal }: { isFirst: boolean; signal: AbortSignal },
): Promise<void> {
  const { workstation } = context;
  const entries = await workstation.db
    .selectFrom('inbox')
    .select(['storage_uid', 'path', 'since'])
    .where('cause', '=', EDITED)
    .execute();
  for (const { storage_uid: storageUid, path: bytes, since } of entries) {
    if (signal.aborted) return;
    const path = rawFromBytes(bytes);
    await whileAside(context, path, async () => {
      const facts = await context.fs.look(path);
      if (facts !== null && !(await isSaved(context, path, facts, isFirst ? null : since, signal))) return;
      const { remove } = inboxStatements(workstation);
      await writeWorkstation(workstation, () => void remove(storageUid, path));
      context.onWatching('inbox');
    });
  }
  if (isFirst) await tellUntold(context, signal);
}

async function tellUntold(context: TransferContext, signal: AbortSignal): Promise<void> {
  const folder = cacheFolder(context);
  if ((await context.fs.look(folder)) === null) return;
  for (const { name } of await context.fs.readFolder(folder)) {
    if (signal.aborted) return;
    if (uidIn(name) === null) continue;
    const path = joinRaw(folder, name);
    await whileAside(context, path, async (uid) => {
      const entry = await context.workstation.db
        .selectFrom('inbox')
        .select('id')
        .where('path', '=', rawToBytes(path))
        .executeTakeFirst();
      const facts = await context.fs.look(path);
      if (entry !== undefined || facts === null) return;
      if (!(await isSaved(context, path, facts, null, signal))) await noteEdited(context, uid, path, facts);
    });
  }
}

/** Nobody puts it there at this moment. */
async function whileAside(
  context: TransferContext,
  path: RawPath,
  work: (uid: string) => Promise<void>,
): Promise<void> {
  const uid = uidIn(splitRaw(path).name);
  if (uid !== null) await whileContentAlone(context, uid, () => work(uid));
}

function uidIn(name: RawPath): string | null {
  return NAME.exec(rawToText(name) ?? '')?.groups?.['uid'] ?? null;
}

/** An artifact has this content: one that came since (ISO-8601), or any. All of a file is read only where one may have it. */
async function isSaved(
  { registry, hasher }: TransferContext,
  path: RawPath,
  { kind, size }: FileFacts,
  since: string | null,
  signal: AbortSignal,
): Promise<boolean> {
  if (kind !== 'file') return false;
  let query = registry.db
    .selectFrom('artifact')
    .select('sha256')
    .where('size', '=', size)
    .where('visibility', '!=', -1);
  if (since !== null) query = query.where('created_at', '>=', since);
  const alike = await query.where('sha256', 'is not', null).execute();
  if (alike.length === 0) return false;
  const [outcome] = await hasher.rehashFiles([path], { signal });
  return outcome?.kind === 'hashed' && alike.some(({ sha256 }) => sha256 === outcome.sha256);
}
