/** A folder that lies in a registered storage: it stays where it is. */
import type { InstanceContext } from '../instance/index.ts';
import { writeRegistry } from '../registry/change-log.ts';
import { folderLooks } from '../storage/folder-looks.ts';
import { manifestPath } from '../storage/folder-manifest.ts';
import { gatherRegistration } from './gather-registration.ts';
import { planRegistration } from './plan-registration.ts';
import { describeSaved, type SaveDetails } from './save-details.ts';
import { keyInStorage, refuseOtherFamily, renameSaved, writtenMeanwhile } from './save-files-in-place.ts';
import type { ReadFolder } from './save-folder.ts';
import type { Place } from './save-sources.ts';
import { writeRegistration } from './write-registration.ts';

/**
 * Id of its artifact; other content than before is its next version. Its manifest can be made anew
 * from the folder itself: a crash before it has its name loses nothing.
 */
export async function saveFolderInPlace(
  context: InstanceContext,
  read: ReadFolder & { place: Place },
  key: string | null,
  details: SaveDetails,
): Promise<number> {
  const { place, content, source, manifest } = read;
  const { storage, relative } = place;
  const { revises } = details;
  if (revises !== null) await refuseOtherFamily(context, { ...source, place }, revises);
  const family = revises ?? (key === null ? null : await keyInStorage(context, place, key));
  if ((await folderLooks(context, source.path)) !== content.looks) throw writtenMeanwhile(source.shown);
  const { id, uid } = await writeRegistry(context, details.author, 'save', async (write) => {
    const { known, tombstones, away: gone } = await gatherRegistration(write.tx, storage.id, [relative]);
    const before = known.get(relative) ?? null;
    const away = gone.get(relative) ?? null;
    const { size, hash, hashType, sha256, nFiles } = content;
    const [written = { id: 0, uid: '' }] = await writeRegistration(
      write,
      storage,
      [
        {
          path: relative,
          size,
          hash,
          hashType,
          sha256,
          nFiles,
          key,
          family,
          known: before,
          tombstone: tombstones.get(relative) ?? null,
          away,
          plan: planRegistration({ size, hash, sha256, existing: before?.artifact ?? null, tombstone: null, away }),
        },
      ],
      context.random,
    );
    await renameSaved(write, written.id, key);
    await describeSaved(write, written.id, details);
    return written;
  });
  await manifest.finish(manifestPath(context, uid));
  return id;
}
