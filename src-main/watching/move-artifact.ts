/**
 * Renames the file of an artifact in place, with its key. What is planned is written down before the file is moved, so
 * that a program that dies in between brings the registry along at its next start (`faults.md`, R3).
 */
import type { ArtifactRecord } from '../../shared/contract/index.ts';
import { BenchkeepError } from '../../shared/errors.ts';
import { checkKey } from '../../shared/keys.ts';
import { artifactRecords, findArtifact, proveContent, readContext, sharersOf } from '../artifacts/index.ts';
import type { InstanceContext } from '../instance/index.ts';
import { isOneFile, type FileFacts } from '../ports/fs/file-facts.ts';
import { isListed } from '../ports/fs/is-listed.ts';
import { joinRaw, rawFromBytes, rawFromText, rawToDisplay, splitRaw, type RawPath } from '../ports/fs/raw-path.ts';
import type { ArtifactRow, StorageRow } from '../registry/schema.ts';
import { assertWritable, checkRoot, localRoot, OWN_FOLDER } from '../storage/index.ts';
import { writeWorkstation } from '../workstation/open-workstation.ts';
import { forgetSetting, listSettings, putSetting } from '../workstation/settings.ts';
import { followMoves } from './follow-moves.ts';

interface PlannedMove {
  uid: string;
  storageUid: string;
  /** Below the root. */
  from: RawPath;
  to: RawPath;
  /** Of the file before it was moved: a name that another file has is not the one that was meant. */
  facts: FileFacts;
}

const PREFIX = 'move ';

/**
 * Errors: `storage_linked` (its file is never changed), `refused` (Benchkeep's own copies are named by their uid),
 * `invalid_key`, `already_exists`, `file_changed` (other content than was registered), `offline`, `read_only`.
 */
export async function moveArtifact(
  context: InstanceContext,
  input: { artifact: string; key: string },
): Promise<{ items: ArtifactRecord[] }> {
  const artifact = await findArtifact(context.registry.db, input.artifact);
  const { storage, path } = await placeOf(context, artifact);
  await assertWritable(context, storage);
  const to = rawFromText(checkKey(input.key, rawToDisplay(splitRaw(path).name)));
  if (to !== path) {
    const root = localRoot(storage);
    const facts = await context.fs.look(joinRaw(root, path));
    if (facts === null) {
      throw new BenchkeepError(
        'file_not_found',
        `${rawToDisplay(path)} is not there`,
        'Say where it is: benchkeep locate.',
      );
    }
    await refuseTaken(context, joinRaw(root, to), facts);
    await refuseShared(context, artifact, storage, joinRaw(root, path));
    await proveContent(context, artifact, joinRaw(root, path), facts);
    const plan: PlannedMove = { uid: artifact.uid, storageUid: storage.uid, from: path, to, facts };
    await writeWorkstation(context.workstation, (tx) => putSetting(tx, nameOf(plan), plan));
    try {
      await context.fs.moveProven(joinRaw(root, path), joinRaw(root, to), facts);
    } catch (error) {
      // Refused before anything was done: what lies at the new name is not what was moved there.
      if (error instanceof BenchkeepError && ['already_exists', 'file_changed'].includes(error.code))
        await forget(context, plan);
      else await finishMove(context, plan);
      throw error;
    }
    await finishMove(context, plan);
  }
  return { items: await artifactRecords(readContext(context), [artifact.id]) };
}

/** Also where it is another name of this very file: only one that a disk without case sees in the old name is none. */
async function refuseTaken({ fs }: InstanceContext, path: RawPath, facts: FileFacts): Promise<void> {
  const there = await fs.look(path);
  if (there === null) return;
  if (isOneFile(there, facts) && !(await isListed(fs, path))) return;
  throw new BenchkeepError('already_exists', `${rawToDisplay(path)} is there already`, 'Choose another name.');
}

async function forget({ workstation }: InstanceContext, plan: PlannedMove): Promise<void> {
  await writeWorkstation(workstation, (tx) => forgetSetting(tx, nameOf(plan)));
}

function nameOf({ uid }: PlannedMove): string {
  return `${PREFIX}${uid}`;
}

/** What lies in a folder artifact is part of it; what has records of its own in a folder would be lost to them. */
async function refuseShared(
  context: InstanceContext,
  artifact: ArtifactRow,
  storage: StorageRow,
  path: RawPath,
): Promise<void> {
  const sharers = await sharersOf(context.registry.db, storage, path, new Set([artifact.id]));
  if (sharers.length === 0) return;
  throw new BenchkeepError(
    'refused',
    `${rawToDisplay(path)} is also part of ${sharers.join(', ')}`,
    'Rename it with the programs of your system: Benchkeep follows it in a watched storage.',
  );
}

/** All that an earlier start left. What can't be looked at now waits for the next. */
export async function finishMoves(context: InstanceContext): Promise<void> {
  for (const { value } of await listSettings(context.workstation.db, PREFIX)) {
    await finishMove(context, value as PlannedMove).catch((error: unknown) => {
      if (!(error instanceof BenchkeepError)) throw error;
    });
  }
}

/** Brings the registry along where the file was moved; a plan whose file stayed is forgotten. */
async function finishMove(context: InstanceContext, plan: PlannedMove): Promise<void> {
  const { uid, storageUid, from, to, facts: before } = plan;
  const { db } = context.registry;
  const storage = await db.selectFrom('storage').selectAll().where('uid', '=', storageUid).executeTakeFirst();
  const artifact = await db.selectFrom('artifact').selectAll().where('uid', '=', uid).executeTakeFirst();
  if (storage !== undefined && artifact !== undefined) {
    if (!(await checkRoot(context, storage)).attached) return;
    const target = joinRaw(localRoot(storage), to);
    const moved = await context.fs.look(target);
    if (moved !== null && isSameFile(before, moved)) {
      await dropOldName(context, joinRaw(localRoot(storage), from), target, moved);
      // That changes its ctime.
      const facts = (await context.fs.look(target)) ?? moved;
      const move = {
        uid,
        from: { storage, path: from },
        to: { storage, path: to, facts },
        evidence: 'somebody renamed it here',
      };
      const whole = { ...move, sha256: artifact.sha256 ?? '', sameFile: true, absorbs: null };
      const followed = await followMoves(context, [whole], await context.author(), 'edit');
      if (followed.length === 0) {
        throw new BenchkeepError(
          'file_changed',
          `${rawToDisplay(target)} was changed while it was renamed`,
          'Its record follows at the next start of Benchkeep. Nothing was lost.',
        );
      }
    }
  }
  await forget(context, plan);
}

/** A program that died between the new name and the old one left both; a disk without case shows one as if it were two. */
async function dropOldName({ fs }: InstanceContext, from: RawPath, to: RawPath, moved: FileFacts): Promise<void> {
  const old = await fs.look(from);
  if (old?.kind !== 'file' || !isOneFile(old, moved)) return;
  if ((await isListed(fs, from)) && (await isListed(fs, to))) await fs.unlinkProven(from, old);
}

/** A rename changes the ctime and nothing else. */
function isSameFile(before: FileFacts, now: FileFacts): boolean {
  return (
    now.kind === before.kind && now.ino === before.ino && now.size === before.size && now.mtimeNs === before.mtimeNs
  );
}

async function placeOf(
  context: InstanceContext,
  artifact: ArtifactRow,
): Promise<{ storage: StorageRow; path: RawPath }> {
  const copy = await context.registry.db
    .selectFrom('copy')
    .selectAll()
    .where('artifact_id', '=', artifact.id)
    .orderBy('id')
    .limit(1)
    .executeTakeFirst();
  const path = copy === undefined ? null : rawFromBytes(copy.path);
  if (copy === undefined || path === null || path.startsWith(`${OWN_FOLDER}/`)) {
    throw new BenchkeepError(
      'refused',
      copy === undefined ? 'It has no file' : 'Its file is Benchkeep’s own copy, which is named by its uid',
      'Change its name in the registry only: leave out --move.',
    );
  }
  const storage = await context.registry.db
    .selectFrom('storage')
    .selectAll()
    .where('id', '=', copy.storage_id)
    .executeTakeFirstOrThrow();
  return { storage, path };
}
