/** Every storage of the instance, with how this computer reaches it. */
import type { StorageOfComputer } from '../../shared/contract/index.ts';
import type { StorageContext } from './storage-context.ts';
import { recordsOf } from './storage-records.ts';
import { cloudRootOf } from './stores.ts';

/** In the order they were added. No store is asked. */
export async function storagesOfComputer(
  context: Pick<StorageContext, 'registry' | 'workstation' | 'workstationUid' | 'stores'>,
): Promise<{ items: StorageOfComputer[] }> {
  const rows = await context.registry.db.selectFrom('storage').selectAll().orderBy('id').execute();
  const records = await recordsOf(
    context,
    rows.map(({ id }) => id),
  );
  const items: StorageOfComputer[] = [];
  for (const record of records) {
    const row = rows.find(({ uid }) => uid === record.uid);
    const root = row === undefined ? null : cloudRootOf(row);
    items.push({
      ...record,
      sign_in: root === null ? null : await context.stores.describe(root),
      warning: root?.options.conditions === 'ignored' ? IGNORES_CONDITIONS : null,
    });
  }
  return { items };
}

/** F-UP24 */
export const IGNORES_CONDITIONS =
  'This store replaces objects also where it is told not to: two computers that write the same name at once are not told apart. Benchkeep looks before it writes; let one computer at a time publish there.';
