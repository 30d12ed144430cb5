/** What settling an upload asks of the registry and of this computer, of a file and of a folder. */
import { escapeForDisplay } from '../../shared/format/display-name.ts';
import { BenchkeepError } from '../../shared/errors.ts';
import type { FileFacts } from '../ports/fs/file-facts.ts';
import { rawFromBytes, splitRaw, type RawPath } from '../ports/fs/raw-path.ts';
import type { ArtifactRow } from '../registry/schema.ts';
import { requireSpace } from '../storage/index.ts';
import { dropInventory } from '../workstation/inventory.ts';
import { writeWorkstation } from '../workstation/open-workstation.ts';
import type { TransferRow } from '../workstation/schema.ts';
import type { SourcePlace } from './source-place.ts';
import type { TransferContext } from './transfer-context.ts';

export async function artifactOf(
  context: TransferContext,
  { artifact_uid: uid }: TransferRow,
  db: Pick<TransferContext['registry']['db'], 'selectFrom'> = context.registry.db,
): Promise<ArtifactRow | null> {
  return (await db.selectFrom('artifact').selectAll().where('uid', '=', uid).executeTakeFirst()) ?? null;
}

/** Its content was replaced while it was on its way. */
export function replaced({ key, uid }: ArtifactRow): BenchkeepError {
  return new BenchkeepError(
    'file_changed',
    `The content of "${escapeForDisplay(key ?? uid)}" was replaced while it was uploaded`,
    'Upload it again: then the new content is sent.',
  );
}

export function mayGo({ free_up: isFreed }: TransferRow, { storage, isOwn }: SourcePlace): boolean {
  return storage.managed === 1 && (isOwn || isFreed === 1);
}

/** Before the registry stops naming it; within one disk nothing is copied. */
export async function requireRoom(
  context: TransferContext,
  target: RawPath,
  { dev, size }: Pick<FileFacts, 'dev' | 'size'>,
): Promise<void> {
  const { folder } = splitRaw(target);
  await context.fs.makeFolder(folder, 0o700);
  if ((await context.fs.look(folder))?.dev !== dev) await requireSpace(context, folder, size);
}

/** It is not there any more because it was to go: nobody is told that it is missing. */
export async function forgetPlace(
  { workstation }: Pick<TransferContext, 'workstation'>,
  { storage, path }: SourcePlace,
): Promise<void> {
  await writeWorkstation(workstation, (tx) => {
    dropInventory(tx, workstation, [{ storageUid: storage.uid, path: rawFromBytes(path) }]);
    return Promise.resolve();
  });
}
