/** Puts content from outside into a managed storage: first the bytes, synced, then the record. */
import type { Kysely } from 'kysely';
import { BenchkeepError } from '../../shared/errors.ts';
import { newRecordUid, stemOf } from '../../shared/uid.ts';
import { whileAlone, type InstanceContext } from '../instance/index.ts';
import { joinRaw, rawFromText, type RawPath } from '../ports/fs/raw-path.ts';
import { writeRegistry, type RegistryWrite } from '../registry/change-log.ts';
import type { ArtifactRow, RegistryDB, StorageRow } from '../registry/schema.ts';
import { localRoot, ownFolderOf, OWN_FOLDER } from '../storage/index.ts';
import { nextUid } from './artifact-family.ts';
import { decideSave, type SavedContent } from './known-content.ts';
import type { SaveDetails } from './save-details.ts';

export interface IntoStorage {
  /** What the file or folder is called. */
  suffix: string;
  target: StorageRow;
  content: SavedContent;
  details: SaveDetails;
  /** Writes the bytes under `path` (absolute; in a bucket the key), durably; `uid` is what the record will have. */
  copy: (path: RawPath, uid: string) => Promise<void>;
  /** Takes away what `copy` made. `isRefused`: its record could not be written; else somebody else was faster. */
  remove: (path: RawPath, uid: string, isRefused: boolean) => Promise<void>;
  /** Uids of new artifacts under which `copy` has begun this content before. */
  begun?: readonly string[];
  /** Called when the record is there. */
  recorded?: (uid: string) => Promise<void>;
  /** Writes the record; its result is the id of the artifact. `path`: below the root. */
  record: (write: RegistryWrite, copy: { uid: string; path: RawPath; family: ArtifactRow | null }) => Promise<number>;
}

/** Someone else saved the same meanwhile: how often it is begun anew. */
const TRIES = 50;

/**
 * Id of the artifact; null where the content has become known meanwhile. The record is written when the copy is
 * durable, so that what was confirmed is there; a copy without a record is taken away, here or (where the program died
 * in between) left whole under a name that nothing refers to.
 */
export async function copyIntoStorage(context: InstanceContext, request: IntoStorage): Promise<number | null> {
  const { target, content, details } = request;
  const root = target.type === 'local' ? localRoot(target) : null;
  if (root !== null) await context.fs.makeFolder(ownFolderOf(root));
  const begun = [...(request.begun ?? [])];
  const taken: string[] = [];
  for (let tries = 0; tries < TRIES; tries++) {
    const { known, family } = await decideSave(context.registry.db, content, target, details);
    if (known !== null) return null;
    const attempt = (): Promise<number | null> => copyAs(context, request, { family, taken, root, begun });
    const id = await (family === null ? attempt() : whileAlone(context, family.stem_uid, attempt));
    if (id !== null) return id;
  }
  const name = target.root.slice(target.root.lastIndexOf('/') + 1);
  throw new BenchkeepError(
    'locked',
    `Other files are being saved in ${name} under the same key`,
    'Try again when they are done.',
    {
      retry: true,
    },
  );
}

/** The first uid of a new family, or the next of the one that `family` belongs to. */
function uidFor(
  { random }: InstanceContext,
  db: Kysely<RegistryDB>,
  family: ArtifactRow | null,
  taken: readonly string[],
): Promise<string> {
  if (family === null) return Promise.resolve(newRecordUid(random, 'artifact'));
  const { stem_uid: stem } = family;
  const ofFamily = taken.filter((uid) => stemOf(uid) === stem);
  return nextUid(db, stem, ofFamily);
}

interface Attempt {
  family: ArtifactRow | null;
  /** Uids that are given up; those that turn out so are added. */
  taken: string[];
  /** Null for a bucket. */
  root: RawPath | null;
  /** Uids under which a new artifact's content was begun before. */
  begun: string[];
}

/** Null where it has to be begun anew: somebody else was faster. */
async function copyAs(
  context: InstanceContext,
  request: IntoStorage,
  { family, taken, root, begun }: Attempt,
): Promise<number | null> {
  const { target, content, details, suffix } = request;
  const first = family === null ? begun.shift() : undefined;
  const uid = first ?? (await uidFor(context, context.registry.db, family, taken));
  const path = joinRaw(OWN_FOLDER, rawFromText(`${uid}${suffix}`));
  const absolute = root === null ? path : joinRaw(root, path);
  try {
    await request.copy(absolute, uid);
  } catch (error) {
    // Another save is about to record it, or a crash left it there whole: the number is given up.
    if (!(error instanceof BenchkeepError) || error.code !== 'already_exists') throw error;
    taken.push(uid);
    return null;
  }
  let isNobodys = false;
  try {
    const id = await writeRegistry(context, details.author, details.operation ?? 'save', async (write) => {
      const now = await decideSave(write.tx, content, target, details);
      const same = now.known === null && now.family?.stem_uid === family?.stem_uid;
      if (!same || (family !== null && (await uidFor(context, write.tx, family, taken)) !== uid)) return null;
      return request.record(write, { uid, path, family: now.family });
    });
    isNobodys = id === null;
    return id;
  } finally {
    // A record that has this uid by now is another one's, of bytes in another place.
    if (isNobodys || !(await isRecorded(context, uid))) await request.remove(absolute, uid, !isNobodys);
    else await request.recorded?.(uid);
  }
}

/** Asked of the database itself: an error after the commit must not cost the bytes that were confirmed. */
async function isRecorded({ registry }: InstanceContext, uid: string): Promise<boolean> {
  const row = await registry.db.selectFrom('artifact').select('id').where('uid', '=', uid).executeTakeFirst();
  return row !== undefined;
}
