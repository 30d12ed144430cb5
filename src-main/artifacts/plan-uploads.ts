/** What would be uploaded, and what becomes of the copies on this computer: for the question before it. */
import { BenchkeepError } from '../../shared/errors.ts';
import type { UploadPlan } from '../../shared/contract/index.ts';
import type { InstanceContext } from '../instance/index.ts';
import { relativeRaw, type RawPath } from '../ports/fs/raw-path.ts';
import type { StorageRow } from '../registry/schema.ts';
import { localRoot, OWN_FOLDER, targetStorage } from '../storage/index.ts';
import { copiesIn } from './copies-in.ts';
import { findArtifacts } from './find-artifact.ts';
import { contentsOf, refusedRecord, type QueuedUploads } from './queue-uploads.ts';

/** Asks no store. Errors: `refused` where there is no storage in the cloud, those of `findArtifacts`. */
export async function planUploads(context: InstanceContext, input: { artifacts: string[] }): Promise<UploadPlan> {
  const { db } = context.registry;
  const artifacts = await findArtifacts(db, input.artifacts);
  const storage = await targetStorage(context, { upload: true });
  const there = await copiesIn(context, artifacts, storage);
  const storages = await db
    .selectFrom('storage')
    .selectAll()
    .where('type', '=', 'local')
    .where('workstation_uid', '=', context.workstationUid)
    .where('root_path', 'is not', null)
    .execute();
  const plan: UploadPlan = {
    storage: storage.root,
    n_files: 0,
    size: 0,
    own: 0,
    in_place: 0,
    linked: 0,
    there: 0,
    refused: [],
  };
  const refused: QueuedUploads['refused'] = [];
  const missing = artifacts.filter(({ id }) => !there.has(id));
  plan.there = artifacts.length - missing.length;
  const contents = await contentsOf(context, missing);
  for (const [n, artifact] of missing.entries()) {
    const found = contents[n];
    if (found instanceof BenchkeepError) refused.push({ artifact, error: found });
    if (found === undefined || found instanceof BenchkeepError) continue;
    plan.n_files += 1;
    plan.size += artifact.size;
    const kind = kindOf(storages, found.content.path);
    if (kind !== null) plan[kind] += 1;
  }
  return { ...plan, refused: refused.map(refusedRecord) };
}

/** Of the storage that it lies deepest in; null for what is read from the cache. */
function kindOf(storages: readonly StorageRow[], path: RawPath): 'own' | 'in_place' | 'linked' | null {
  let found: { storage: StorageRow; below: string } | null = null;
  for (const storage of storages) {
    const below = relativeRaw(localRoot(storage), path);
    if (below !== null && (found === null || below.length < found.below.length)) found = { storage, below };
  }
  if (found === null) return null;
  if (found.storage.managed === 0) return 'linked';
  return found.below.startsWith(`${OWN_FOLDER}/`) ? 'own' : 'in_place';
}
