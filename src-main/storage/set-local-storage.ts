import type { StorageRecord } from '../../shared/contract/index.ts';
import { assertWritable } from './assert-writable.ts';
import { findStorage } from './find-storage.ts';
import { chooseLocalStorage } from './local-storage-setting.ts';
import type { StorageContext } from './storage-context.ts';
import { storageRecords } from './storage-records.ts';

/** The storage of this workstation that takes new files while artifacts are kept local. Errors: those of `assertWritable`, `not_found`. */
export async function setLocalStorage(context: StorageContext, input: { storage: string }): Promise<{ items: StorageRecord[] }> {
  const storage = await findStorage(context.registry.db, input.storage);
  await assertWritable(context, storage);
  await chooseLocalStorage(context.workstation, storage.uid);
  return { items: await storageRecords(context, [storage.id]) };
}
