/** The records of a replacement, in one transaction: the artifact has the new content, one in the trash the old. */
import type { Kysely } from 'kysely';
import { BenchkeepError } from '../../shared/errors.ts';
import { escapeForDisplay } from '../../shared/format/display-name.ts';
import { rawToBytes } from '../ports/fs/raw-path.ts';
import type { RegistryWrite } from '../registry/change-log.ts';
import type { ArtifactRow, RegistryDB } from '../registry/schema.ts';
import { nextUid } from './artifact-family.ts';
import type { PendingReplacement } from './pending-replacements.ts';
import { objectsOf, type DeletionPlace } from './plan-deletion.ts';
import { insertCopy } from './record-content.ts';

export interface ReplacingContent {
  size: number;
  hash: string;
  hashType: string;
  sha256: string;
  /** Null for a file. */
  nFiles: number | null;
  suffix: string;
}

export interface Replacement {
  /** As it was when the new content was read. */
  artifact: ArtifactRow;
  place: DeletionPlace;
  content: ReplacingContent;
  plan: PendingReplacement;
  key: string | null;
  /** Uids that are not to be used. */
  taken: readonly string[];
}

/** Error: `refused`. */
export async function refuseInCloud(db: Kysely<RegistryDB>, artifact: ArtifactRow): Promise<void> {
  const [object] = await objectsOf(db, artifact);
  if (object === undefined) return;
  throw new BenchkeepError(
    'refused',
    `"${escapeForDisplay(artifact.key ?? artifact.uid)}" is in the cloud, where content is never replaced: ${object.address}`,
    `Save the new content as its next version: benchkeep save FILE --revises ${artifact.uid}`,
  );
}

/**
 * False where the family got another version meanwhile. Errors: `locked` where somebody changed the content, `refused` where it
 * is in the cloud by now.
 */
export async function writeReplacement(
  write: RegistryWrite,
  { artifact, place, content, plan, key, taken }: Replacement,
): Promise<boolean> {
  const { id, uid, stem_uid: stem } = artifact;
  const now = await write.tx.selectFrom('artifact').selectAll().where('id', '=', id).executeTakeFirst();
  if (now === undefined || now.sha256 !== artifact.sha256 || now.visibility === -1) {
    throw new BenchkeepError(
      'locked',
      `"${escapeForDisplay(artifact.key ?? uid)}" was changed meanwhile`,
      'Look at it, then try again.',
    );
  }
  // It may have gone there while the new content was read.
  await refuseInCloud(write.tx, now);
  if ((await nextUid(write.tx, stem, taken)) !== plan.asideUid) return false;
  const { id: _id, ...old } = now;
  const [asideId = 0] = write.insert('artifact', [
    {
      ...old,
      uid: plan.asideUid,
      visibility: -1,
      is_latest: 0,
      created_at: write.now,
      updated_at: write.now,
    },
  ]);
  // Each under the uid of its artifact: so the history of each of them is whole by itself.
  const copies = await write.tx.selectFrom('copy').selectAll().where('artifact_id', '=', id).execute();
  for (const { id: copyId, ...copy } of copies) {
    await write.remove('copy', copyId, uid);
    const path = copyId === place.copy.id ? rawToBytes(plan.aside) : copy.path;
    write.insert('copy', [{ ...copy, artifact_id: asideId, path }], [plan.asideUid]);
  }
  insertCopy(write, { id, uid }, place.storage, plan.to);
  await write.update('artifact', id, {
    key,
    suffix: content.suffix,
    size: content.size,
    hash: content.hash,
    hash_type: content.hashType,
    sha256: content.sha256,
    n_files: content.nFiles,
    n_observations: null,
    state: 'ok',
    state_reason: null,
    storage_id: place.storage.id,
    ...(write.author.runId === null ? {} : { run_id: write.author.runId }),
    updated_at: write.now,
  });
  return true;
}

/** As in LaminDB, the name's ending follows that of the content; the rest of the name stays. */
export function keyWithSuffix(key: string | null, before: string, after: string): string | null {
  if (key === null || before === after || before === '' || !key.toLowerCase().endsWith(before)) return key;
  return `${key.slice(0, key.length - before.length)}${after}`;
}
