/** What could be freed on this computer, as far as the registry and a look at the disk tell: nothing is read, no store is asked. */
import type { FreePlan } from '../../shared/contract/index.ts';
import type { InstanceContext } from '../instance/index.ts';
import type { FileFacts } from '../ports/fs/file-facts.ts';
import { joinRaw, rawFromBytes, rawToDisplay, type RawPath } from '../ports/fs/raw-path.ts';
import type { ArtifactRow, CopyRow, StorageRow } from '../registry/schema.ts';
import { checkRoot, localRoot } from '../storage/index.ts';
import { cloudCopies } from '../transfers/index.ts';
import { readCached } from '../workstation/transfer-rows.ts';
import { findArtifacts } from './find-artifact.ts';
import { below } from './locate-content.ts';
import { sharersOf } from './shared-places.ts';

/** Content of an artifact that lies in a storage of this computer. */
export interface FreeablePlace {
  storage: StorageRow;
  copy: CopyRow;
  /** Below the root, and absolute. */
  relative: RawPath;
  path: RawPath;
  facts: FileFacts;
  /** Bytes of its content. */
  size: number;
}

export interface Freeable {
  artifact: ArtifactRow & { sha256: string };
  /** Bytes in the cache; null: it is not there. */
  cached: number | null;
  places: FreeablePlace[];
}

export interface Kept {
  uid: string;
  name: string;
  reason: string;
}

export interface FreeChoice {
  freeable: Freeable[];
  /** In the cache, without a record: deleted on another computer. */
  strays: { uid: string; size: number }[];
  kept: Kept[];
}

/** Null: everything in the cache. Errors: `not_found`, `ambiguous`. */
export async function chooseFreeable(context: InstanceContext, named: string[] | null): Promise<FreeChoice> {
  const { artifacts, strays } =
    named === null
      ? await cachedArtifacts(context)
      : { artifacts: await findArtifacts(context.registry.db, named), strays: [] };
  const choice: FreeChoice = { freeable: [], strays, kept: [] };
  for (const artifact of artifacts) {
    const freeable = await judge(context, artifact, named !== null, (reason) => {
      choice.kept.push(keptOf(artifact, reason));
    });
    if (freeable !== null) choice.freeable.push(freeable);
  }
  return choice;
}

/** What freeing space would do. */
export async function planFree(context: InstanceContext, input: { artifacts: string[] | null }): Promise<FreePlan> {
  const { freeable, strays, kept } = await chooseFreeable(context, input.artifacts);
  const size = freeable.reduce(
    (sum, { cached, places }) => sum + (cached ?? 0) + places.reduce((all, place) => all + place.size, 0),
    strays.reduce((sum, stray) => sum + stray.size, 0),
  );
  return { n_files: freeable.length + strays.length, size, kept };
}

export function keptOf({ uid, key }: ArtifactRow, reason: string): Kept {
  return { uid, name: key ?? uid, reason };
}

/** What lies in place, and Benchkeep's own copies in its storages, goes only where a person named it. */
async function judge(
  context: InstanceContext,
  artifact: ArtifactRow,
  isNamed: boolean,
  keep: (reason: string) => void,
): Promise<Freeable | null> {
  const { sha256 } = artifact;
  const row = await readCached({ db: context.workstation.db }, artifact.uid);
  const cached = row === null ? null : row.size;
  const nothing = (reason: string): null => {
    keep(reason);
    return null;
  };
  if (sha256 === null) return nothing('it was not read wholly yet');
  if ((await cloudCopies(context, artifact.id)).length === 0) return nothing('it is only on this computer');
  const places: FreeablePlace[] = [];
  if (isNamed) {
    for (const found of await placesHere(context, artifact)) {
      if (typeof found === 'string') keep(found);
      else places.push(found);
    }
  }
  return cached === null && places.length === 0 ? null : { artifact: { ...artifact, sha256 }, cached, places };
}

/** Copies in folders of this computer, or why one stays. */
async function placesHere(context: InstanceContext, artifact: ArtifactRow): Promise<(FreeablePlace | string)[]> {
  const { db } = context.registry;
  const copies = await db.selectFrom('copy').selectAll().where('artifact_id', '=', artifact.id).orderBy('id').execute();
  const found: (FreeablePlace | string)[] = [];
  for (const copy of copies) {
    const storage = await db.selectFrom('storage').selectAll().where('id', '=', copy.storage_id).executeTakeFirst();
    if (storage === undefined || storage.root_path === null) continue;
    if (storage.workstation_uid !== context.workstationUid) continue;
    const relative = below(rawFromBytes(copy.path));
    const path = joinRaw(localRoot(storage), relative);
    const place = await placeAt(context, artifact, { storage, copy, relative, path });
    if (place !== null) found.push(place);
  }
  return found;
}

async function placeAt(
  context: InstanceContext,
  artifact: ArtifactRow,
  place: Omit<FreeablePlace, 'facts' | 'size'>,
): Promise<FreeablePlace | string | null> {
  const { storage, path } = place;
  const shown = rawToDisplay(path);
  if (storage.managed === 0) return `${shown} lies in a linked folder, which Benchkeep never changes`;
  const root = await checkRoot(context, storage);
  if (!root.attached) return root.reason;
  const facts = await context.fs.look(path);
  if (facts === null) return null;
  // Of a folder all files are looked at when it goes.
  const looksRight =
    artifact.n_files === null ? facts.kind === 'file' && facts.size === artifact.size : isFolder(facts);
  if (artifact.state === 'changed' || !looksRight) return `${shown} is not any more what was registered`;
  const sharers = await sharersOf(context.registry.db, storage, path, new Set([artifact.id]));
  return sharers.length > 0
    ? `${shown} is also part of ${sharers.join(', ')}`
    : { ...place, facts, size: artifact.size };
}

function isFolder({ kind }: FileFacts): boolean {
  return kind === 'folder';
}

const PAGE = 500;

async function cachedArtifacts({
  registry,
  workstation,
}: InstanceContext): Promise<{ artifacts: ArtifactRow[]; strays: FreeChoice['strays'] }> {
  const rows = await workstation.db.selectFrom('cached').select(['artifact_uid', 'size']).orderBy('used_at').execute();
  const artifacts: ArtifactRow[] = [];
  for (let i = 0; i < rows.length; i += PAGE) {
    const uids = rows.slice(i, i + PAGE).map(({ artifact_uid: uid }) => uid);
    artifacts.push(...(await registry.db.selectFrom('artifact').selectAll().where('uid', 'in', uids).execute()));
  }
  const known = new Set(artifacts.map(({ uid }) => uid));
  const strays = rows.filter(({ artifact_uid: uid }) => !known.has(uid));
  return { artifacts, strays: strays.map(({ artifact_uid: uid, size }) => ({ uid, size })) };
}
