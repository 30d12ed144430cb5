/** `save FOLDER` where new files go to a bucket: the folder is brought there, and verified, before it has a record. */
import type { InstanceContext } from '../instance/index.ts';
import { endSave, saveToStore, type StoreSave } from '../transfers/index.ts';
import type { SaveTools } from './save-details.ts';
import type { ReadFolder } from './save-folder.ts';
import { folderLooks } from '../storage/folder-looks.ts';
import { writtenMeanwhile } from './save-files-in-place.ts';
import { refuseIfStopped } from './tell-progress.ts';

/** Errors: those of the upload of a folder; `file_changed` where the folder is another one by then. */
export async function bringFolderToStore(
  context: InstanceContext,
  read: ReadFolder,
  { name, ...save }: Pick<StoreSave, 'uid' | 'key' | 'storage'> & { name: string | null },
  { signal }: SaveTools,
): Promise<void> {
  const { source, content, manifestFile } = read;
  const { size, sha256, hash, hashType } = content;
  try {
    const about = { key: name, hash, hashType };
    const paced = { ...context, stores: context.queue.paced(context.stores) };
    const folder = { source: source.path, facts: source.facts, size, sha256 };
    await saveToStore(paced, { ...save, ...folder }, { signal, about, manifest: manifestFile });
  } catch (error) {
    refuseIfStopped(signal);
    throw error;
  }
  // Each file was compared while it was sent; this says that none came in addition.
  const looks = await folderLooks(context, source.path).catch(() => null);
  if (looks === content.looks) return;
  await endSave(context, save, 'cancelled');
  throw writtenMeanwhile(source.shown);
}
