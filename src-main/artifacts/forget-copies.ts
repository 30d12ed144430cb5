/** The registry lets copies go whose content is proven to be in a store: until it has forgotten them, nothing goes. */
import type { InstanceContext } from '../instance/index.ts';
import { rawToDisplay } from '../ports/fs/raw-path.ts';
import { writeRegistry } from '../registry/change-log.ts';
import type { CopyRow, StorageRow } from '../registry/schema.ts';
import type { Freeable, FreeablePlace } from './plan-freeing.ts';
import { sharersOf } from './shared-places.ts';

interface Proven {
  freeable: Freeable;
  place: FreeablePlace;
  proof: { storage: StorageRow; copy: CopyRow };
}

/** Those that it forgot: the rest is not any more what it was when it was proven. */
export async function forgetCopies<T extends Proven>(context: InstanceContext, ready: readonly T[]): Promise<Set<T>> {
  const gone = new Set<T>();
  await writeRegistry(context, await context.author(), 'free', async (write) => {
    for (const one of ready) {
      const { artifact } = one.freeable;
      const { copy, path } = one.place;
      const { storage } = one.proof;
      const now = await write.tx.selectFrom('artifact').selectAll().where('id', '=', artifact.id).executeTakeFirst();
      const copies = await write.tx.selectFrom('copy').selectAll().where('artifact_id', '=', artifact.id).execute();
      const own = copies.find(({ id, path: at }) => id === copy.id && at.equals(copy.path));
      const other = copies.find(({ id, verified_at: at }) => id === one.proof.copy.id && at !== null);
      if (now?.sha256 !== artifact.sha256 || own === undefined || other === undefined) continue;
      // Reading a folder took its time: somebody may have saved a file of it since.
      if (now.n_files !== null) {
        const sharers = await sharersOf(write.tx, one.place.storage, path, new Set([artifact.id]));
        if (sharers.length > 0) continue;
      }
      write.note = `Space was freed: ${rawToDisplay(path)} goes, the copy in ${storage.root} is verified.`;
      write.removeRow('copy', own, artifact.uid);
      if (now.storage_id === one.place.storage.id)
        write.updateRow('artifact', now, { storage_id: storage.id, updated_at: write.now });
      gone.add(one);
    }
  });
  return gone;
}
