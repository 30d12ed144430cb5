/** Registers a folder of a storage as one item, where it is: what a watched folder does with a run that is complete. */
import { BenchkeepError, toErrorData } from '../../shared/errors.ts';
import type { InstanceContext } from '../instance/index.ts';
import { writeGzipLines } from '../ports/fs/gzip-lines.ts';
import { joinRaw, type RawPath } from '../ports/fs/raw-path.ts';
import { writeRegistry, type Author } from '../registry/change-log.ts';
import type { StorageRow } from '../registry/schema.ts';
import { localRoot } from '../storage/index.ts';
import { folderLooks } from '../storage/folder-looks.ts';
import { readFolderContent, type FolderContent } from './folder-content.ts';
import { manifestFolder, manifestLine, manifestPath } from '../storage/folder-manifest.ts';
import { gatherRegistration } from './gather-registration.ts';
import { planRegistration } from './plan-registration.ts';
import type { RegisterOutcome } from './register-batch.ts';
import { writeRegistration, type Written } from './write-registration.ts';

export interface RegisterFolderRequest {
  storage: StorageRow;
  /** Below the root. */
  path: RawPath;
  author: Author;
  operation: string;
  signal?: AbortSignal;
  /** Asked before it is registered: true where it is a known folder that was moved, and is dealt with otherwise. */
  isMoved?: (sha256: string) => Promise<boolean>;
}

export type FolderOutcome =
  | { kind: 'changed' | 'empty' | 'moved' }
  | { kind: 'failed'; error: ReturnType<typeof toErrorData> }
  | { kind: 'done'; outcome: RegisterOutcome; uid: string; sha256: string };

/** Reads it file by file into its manifest, in memory that does not grow with their number. Errors: `cancelled`. */
export async function registerFolder(context: InstanceContext, request: RegisterFolderRequest): Promise<FolderOutcome> {
  const folder = joinRaw(localRoot(request.storage), request.path);
  await context.fs.makeFolder(manifestFolder(context), 0o700);
  const manifest = await writeGzipLines(manifestFolder(context), context.random);
  const nothing = (): void => undefined;
  try {
    const content = await readFolderContent(context, folder, {
      signal: request.signal ?? new AbortController().signal,
      background: true,
      onBytes: nothing,
      onSkipped: nothing,
      onEntry: (entry) => manifest.write(manifestLine(entry)),
    });
    await manifest.end();
    if ((await folderLooks(context, folder)) !== content.looks) return { kind: 'changed' };
    if ((await request.isMoved?.(content.sha256)) === true) return { kind: 'moved' };
    const { written, outcome } = await record(context, request, content);
    // It can be made anew from the folder itself: a crash before it has its name loses nothing.
    if (written.id !== 0) await manifest.finish(manifestPath(context, written.uid));
    return { kind: 'done', outcome, uid: written.uid, sha256: content.sha256 };
  } catch (error) {
    if (!(error instanceof BenchkeepError) || error.code === 'cancelled') throw error;
    if (error.code === 'file_changed' || error.code === 'file_not_found') return { kind: 'changed' };
    return error.code === 'empty_folder' ? { kind: 'empty' } : { kind: 'failed', error: toErrorData(error) };
  } finally {
    await manifest.discard();
  }
}

function record(
  context: InstanceContext,
  { storage, path, author, operation }: RegisterFolderRequest,
  content: FolderContent,
): Promise<{ written: Written; outcome: RegisterOutcome }> {
  const { size, hash, hashType, sha256, nFiles } = content;
  return writeRegistry(context, author, operation, async (write) => {
    const { known, tombstones, away: gone } = await gatherRegistration(write.tx, storage.id, [path]);
    const before = known.get(path) ?? null;
    const away = gone.get(path) ?? null;
    const tombstone = tombstones.get(path) ?? null;
    const plan = planRegistration({ size, hash, sha256, existing: before?.artifact ?? null, tombstone, away });
    const file = {
      path,
      size,
      hash,
      hashType,
      sha256,
      nFiles,
      key: null,
      family: null,
      known: before,
      tombstone,
      away,
      plan,
    };
    const [written = { id: 0, uid: '' }] = await writeRegistration(write, storage, [file], context.random);
    return { written, outcome: outcomeOf(plan.kind, written.uid) };
  });
}

function outcomeOf(kind: ReturnType<typeof planRegistration>['kind'], uid: string): RegisterOutcome {
  if (kind === 'tombstone') return { kind, uid };
  return kind === 'known' || kind === 'returned'
    ? { kind: 'known', uid }
    : { kind: 'registered', uid, version: kind === 'version' };
}
