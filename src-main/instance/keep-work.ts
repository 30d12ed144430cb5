/** What an instance's cache alone has is nobody's to delete with it: work of a person, and content that is not proven elsewhere. */
import { BenchkeepError } from '../../shared/errors.ts';
import type { FileFacts } from '../ports/fs/file-facts.ts';
import { isOpenElsewhere } from '../ports/fs/open-files.ts';
import { joinRaw, rawFromText, type RawPath } from '../ports/fs/raw-path.ts';
import { TEMPORARY_PREFIX } from '../ports/fs/node-fs.ts';
import { PART_ENDING } from '../ports/fs/part-verbs.ts';
import type { Registry } from '../registry/open-registry.ts';
import type { ArtifactRow } from '../registry/schema.ts';
import type { Stores } from '../storage/index.ts';
import {
  cacheFolder,
  cloudCopies,
  findCached,
  freeName,
  giveNamesBack,
  looksOf,
  onceAskedStores,
  proveInStore,
  removeCachedFolder,
  whyNotInStore,
  whyNotThere,
} from '../transfers/index.ts';
import type { CachedRow } from '../workstation/schema.ts';
import type { Workstation } from '../workstation/open-workstation.ts';
import type { Workbench } from './workbench.ts';

/** In the data folder, by the uid of the instance that is gone. */
const KEPT_FOLDER = rawFromText('kept');

interface WorkContext extends Pick<Workbench, 'home' | 'fs'> {
  registry: Registry;
  workstation: Workstation;
  /** Signed in as the instance is. */
  stores: Stores;
  /** Of the instance. */
  folder: RawPath;
}

/**
 * Removes from the cache what its stores prove now that they have, and moves the rest out of the instance's folder; the
 * folder where that is now, null where there is none of it. A store that is away proves nothing.
 */
export async function keepWork(context: WorkContext, instanceUid: string): Promise<RawPath | null> {
  const { home, fs, folder } = context;
  const cache = cacheFolder({ folder });
  if ((await fs.look(cache))?.kind !== 'folder') return null;
  await giveNamesBack(fs, cache);
  await removeProven(context);
  const kept = joinRaw(joinRaw(home, KEPT_FOLDER), rawFromText(instanceUid));
  let any = false;
  for (const { name, kind } of await fs.readFolder(cache)) {
    const path = joinRaw(cache, name);
    if (isOnItsWay(name) || (kind !== 'file' && kind !== 'folder')) continue;
    const facts = await fs.look(path);
    if (facts === null) continue;
    if (!any) await fs.makeFolder(kept, 0o700);
    any = true;
    const target = joinRaw(kept, name);
    // What an earlier instance of that name left there is work, too.
    const isFree = (await fs.look(target)) === null;
    await fs.moveProven(path, isFree ? target : await freeName({ fs }, target), facts);
  }
  return any ? kept : null;
}

/** Nobody worked on it: it was being fetched, or removed. */
function isOnItsWay(name: RawPath): boolean {
  return name.startsWith(TEMPORARY_PREFIX) && (name.endsWith(PART_ENDING) || name.endsWith('.tmp'));
}

async function removeProven(outside: WorkContext): Promise<void> {
  const context = { ...outside, stores: onceAskedStores(outside.stores).stores };
  const rows = await context.workstation.db.selectFrom('cached').selectAll().execute();
  for (const row of rows) {
    const artifact = await context.registry.db
      .selectFrom('artifact')
      .selectAll()
      .where('uid', '=', row.artifact_uid)
      .executeTakeFirst();
    if (artifact === undefined) continue;
    try {
      await removeIfProven(context, row, artifact);
    } catch (error) {
      // Whatever keeps it from being proven keeps it.
      if (!(error instanceof BenchkeepError)) throw error;
    }
  }
}

async function removeIfProven(context: WorkContext, row: CachedRow, artifact: ArtifactRow): Promise<void> {
  const found = await findCached({ fs: context.fs, workstation: context.workstation.db }, artifact);
  if (found === null) return;
  const remove = found.facts.kind === 'folder' ? removeFolder : removeFile;
  await remove(context, artifact, { ...found, sha256: row.sha256 });
}

interface Cached {
  path: RawPath;
  facts: FileFacts;
  sha256: string;
}

async function removeFile(context: WorkContext, { id }: ArtifactRow, cached: Cached): Promise<void> {
  const { signal } = new AbortController();
  const proven = await proveInStore(context, id, cached, signal);
  if (proven.kind === 'not proven' || (await whyNotThere(context, proven.proof, signal)) !== null) return;
  if (!(await isOpenElsewhere(cached.facts))) await context.fs.unlinkProven(cached.path, cached.facts);
}

async function removeFolder(context: WorkContext, { id, uid }: ArtifactRow, { path, sha256 }: Cached): Promise<void> {
  const looks = await looksOf(context, path);
  if (looks === null) return;
  for (const { copy, storage } of await cloudCopies(context, id)) {
    if ((await whyNotInStore(context, { uid, path, sha256 }, { copy, storage }, new AbortController().signal)) !== null)
      continue;
    await removeCachedFolder(context, path, looks);
    return;
  }
}
