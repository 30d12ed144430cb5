/** A file of the cache that somebody worked on: it may be the only place of that work, so it is kept and told (`faults.md`, F-CA04). */
import type { FileFacts } from '../ports/fs/file-facts.ts';
import type { Fs } from '../ports/fs/fs.ts';
import { joinRaw, rawFromBytes, rawToDisplay, splitRaw, type RawPath } from '../ports/fs/raw-path.ts';
import { DAMAGED, inboxStatements } from '../workstation/inbox-rows.ts';
import { writeWorkstation } from '../workstation/open-workstation.ts';
import { forgetCached } from '../workstation/transfer-rows.ts';
import { cloudCopies } from './prove-in-store.ts';
import type { TransferContext } from './transfer-context.ts';

/** Cause of the entry in the inbox. */
export const EDITED = 'edited';

export type AsideContext = Pick<TransferContext, 'fs' | 'workstation' | 'registry' | 'clock' | 'onWatching'>;

/** Moves it beside its place in the cache; its new path. `facts`: as it was found to be other content. */
export async function putAside(
  context: AsideContext,
  { uid }: { uid: string },
  path: RawPath,
  facts: FileFacts,
): Promise<RawPath> {
  const aside = await freeName(context, path);
  await context.fs.moveProven(path, aside, facts);
  await forgetCached(context.workstation, uid);
  await tell(context, uid, aside, facts);
  return aside;
}

/** For an edited file or folder of the cache: a name beside its own that nothing has. */
export async function freeName({ fs }: { fs: Pick<Fs, 'look'> }, path: RawPath): Promise<RawPath> {
  const { folder, name } = splitRaw(path);
  for (let n = 1; ; n++) {
    const aside = joinRaw(folder, `edited-${String(n)}-${name}` as RawPath);
    if ((await fs.look(aside)) === null) return aside;
  }
}

async function tell(context: AsideContext, uid: string, aside: RawPath, facts: FileFacts): Promise<void> {
  const artifact = await context.registry.db
    .selectFrom('artifact')
    .select('id')
    .where('uid', '=', uid)
    .executeTakeFirst();
  const place = artifact === undefined ? await lastPlace(context, uid) : await cloudPlace(context, artifact.id);
  if (place === null) return;
  const { workstation, clock } = context;
  const { find, put } = inboxStatements(workstation);
  if (find(place.storageUid, place.path)?.cause === DAMAGED) return;
  const shown = rawToDisplay(aside);
  const save = `benchkeep save ${JSON.stringify(shown)}`;
  const remedy =
    artifact === undefined
      ? `Its record was deleted; save the work as a new one: ${save}.`
      : `Make it the next version: ${save} --revises ${uid}.`;
  await writeWorkstation(workstation, () => {
    put(place.storageUid, {
      path: place.path,
      facts,
      state: 'failed',
      cause: EDITED,
      reason: `The file that was fetched of it was edited. That work is kept in ${shown}. ${remedy}`,
      since: clock.now(),
      next: null,
      attempts: 1,
    });
  });
  context.onWatching('inbox');
}

/** What people know it by. */
interface ShownPlace {
  storageUid: string;
  path: RawPath;
}

async function cloudPlace(context: AsideContext, artifactId: number): Promise<ShownPlace | null> {
  const [place] = await cloudCopies(context, artifactId);
  return place === undefined ? null : { storageUid: place.storage.uid, path: rawFromBytes(place.copy.path) };
}

/** Where it was before its record was deleted. */
async function lastPlace({ registry }: AsideContext, uid: string): Promise<ShownPlace | null> {
  const change = await registry.db
    .selectFrom('change')
    .select('before')
    .where('uid', '=', uid)
    .where('registry', '=', 'copy')
    .where('action', '=', 'delete')
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst();
  const { storage_id: id = 0, path } = JSON.parse(change?.before ?? '{}') as {
    storage_id?: number;
    path?: string | { hex: string };
  };
  if (path === undefined) return null;
  const storage = await registry.db.selectFrom('storage').select('uid').where('id', '=', id).executeTakeFirst();
  // As the change log writes bytes (`registry/change-hash`).
  const bytes = typeof path === 'string' ? Buffer.from(path, 'utf8') : Buffer.from(path.hex, 'hex');
  return storage === undefined ? null : { storageUid: storage.uid, path: rawFromBytes(bytes) };
}
