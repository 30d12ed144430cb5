/** Chooses the storage of this computer that saves go to while artifacts are kept local. */
import { BenchkeepError } from '../../shared/errors.ts';
import type { StorageRecord } from '../../shared/contract/index.ts';
import { writeSetting } from '../workstation/settings.ts';
import { LOCAL_STORAGE_SETTING } from './current-local-storage.ts';
import { findStorage } from './find-storage.ts';
import type { StorageContext } from './storage-context.ts';
import { recordsOf } from './storage-records.ts';

/** Errors: `not_found`, `storage_linked`, `refused` where it is not a folder of this computer. */
export async function setLocalStorage(
  context: StorageContext,
  input: { storage: string },
): Promise<{ items: StorageRecord[] }> {
  const storage = await findStorage(context.registry.db, input.storage, context);
  if (storage.type !== 'local' || storage.workstation_uid !== context.workstationUid) {
    throw new BenchkeepError(
      'refused',
      `${storage.root} is not a folder of this computer`,
      'Choose a local storage that was added here.',
    );
  }
  if (storage.managed !== 1) {
    throw new BenchkeepError(
      'storage_linked',
      `${storage.root} is linked: Benchkeep only reads it`,
      'Choose a managed storage of this computer.',
    );
  }
  await writeSetting(context.workstation, LOCAL_STORAGE_SETTING, storage.uid);
  return { items: await recordsOf(context, [storage.id]) };
}
