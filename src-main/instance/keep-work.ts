/** What an instance's cache alone has is nobody's to delete with it: work of a person, and content that is not proven elsewhere. */
import { joinRaw, rawFromText, type RawPath } from '../ports/fs/raw-path.ts';
import { TEMPORARY_PREFIX } from '../ports/fs/node-fs.ts';
import type { Registry } from '../registry/open-registry.ts';
import { cacheFolder, findCached } from '../transfers/index.ts';
import type { Workstation } from '../workstation/open-workstation.ts';
import type { Workbench } from './workbench.ts';

/** In the data folder, by the uid of the instance that is gone. */
const KEPT_FOLDER = rawFromText('kept');

interface WorkContext extends Pick<Workbench, 'home' | 'fs'> {
  registry: Registry;
  workstation: Workstation;
  /** Of the instance. */
  folder: RawPath;
}

/** Moves it out of the instance's folder; the folder where it is now, null where there is none of it. */
export async function keepWork(context: WorkContext, instanceUid: string): Promise<RawPath | null> {
  const { home, fs, folder } = context;
  const cache = cacheFolder({ folder });
  if ((await fs.look(cache))?.kind !== 'folder') return null;
  const proven = await provenElsewhere(context);
  const kept = joinRaw(joinRaw(home, KEPT_FOLDER), rawFromText(instanceUid));
  let any = false;
  for (const { name, kind } of await fs.readFolder(cache)) {
    const path = joinRaw(cache, name);
    const isOnItsWay = name.startsWith(TEMPORARY_PREFIX);
    if (isOnItsWay || proven.has(path) || (kind !== 'file' && kind !== 'folder')) continue;
    const facts = await fs.look(path);
    if (facts === null) continue;
    if (!any) await fs.makeFolder(kept, 0o700);
    any = true;
    await fs.moveProven(path, joinRaw(kept, name), facts);
  }
  return any ? kept : null;
}

/** Paths of what is as it was put there, and of which a verified copy lies in a storage. */
async function provenElsewhere({ fs, registry, workstation }: WorkContext): Promise<ReadonlySet<RawPath>> {
  const rows = await workstation.db.selectFrom('cached').select(['artifact_uid', 'size', 'sha256']).execute();
  const paths = new Set<RawPath>();
  for (const { artifact_uid: uid, size, sha256 } of rows) {
    const copy = await registry.db
      .selectFrom('copy')
      .innerJoin('artifact', 'artifact.id', 'copy.artifact_id')
      .select('copy.id')
      .where('artifact.uid', '=', uid)
      .where('copy.verified_at', 'is not', null)
      .executeTakeFirst();
    if (copy === undefined) continue;
    const found = await findCached({ fs, workstation: workstation.db }, { uid, size, sha256 });
    if (found !== null) paths.add(found.path);
  }
  return paths;
}
