/** The one check that everything that writes or deletes in a storage passes through. */
import { BenchkeepError } from '../../shared/errors.ts';
import { canWrite } from '../ports/fs/file-system.ts';
import type { StorageRow } from '../registry/schema.ts';
import { localRoot } from './local-root.ts';
import { readObjectMarker } from './object-marker.ts';
import { checkRoot, type RootContext } from './root-identity.ts';
import { storeOf, type Stores } from './stores.ts';

/** Errors: `storage_linked`, `not_supported` (no folder), `refused` (another computer's), `offline`, `read_only`. */
export async function assertWritable(
  context: RootContext & { instanceUid: string; stores: Stores },
  storage: StorageRow,
): Promise<void> {
  if (storage.managed !== 1) {
    throw new BenchkeepError(
      'storage_linked',
      `${storage.root} is a linked storage, which Benchkeep only reads`,
      'Choose a storage that Benchkeep manages (benchkeep storage list).',
    );
  }
  if (storage.type !== 'local') return assertOurs(context, storage);
  const root = localRoot(storage);
  if (storage.workstation_uid !== context.workstationUid) {
    throw new BenchkeepError(
      'refused',
      `The storage ${storage.root} is on another computer`,
      'Do this there, or choose a storage of this computer (benchkeep storage list).',
    );
  }
  const state = await checkRoot(context, storage);
  if (!state.attached) throw offline(state.reason);
  if (await canWrite(root)) return;
  throw new BenchkeepError(
    'read_only',
    `The folder ${storage.root} can't be written`,
    'Check its permissions and that its disk is not read-only, then try again.',
    { retry: true },
  );
}

/**
 * Of a managed storage in the cloud: the bucket may have been given to another instance meanwhile, or be another one under
 * the same name. Errors: `storage_managed_elsewhere`, those of the store.
 */
export async function assertOurs(context: { stores: Stores }, storage: StorageRow): Promise<void> {
  const marker = await readObjectMarker(await storeOf(context, storage));
  if (marker?.uid === storage.uid) return;
  throw new BenchkeepError(
    'storage_managed_elsewhere',
    marker === null
      ? `${storage.root} does not bear the mark of this storage any more`
      : `${storage.root} is managed by ${marker.instanceSlug === null ? 'another instance' : `the instance ${marker.instanceSlug}`}`,
    'Nothing was written there. Look whether the address of the bucket, and that of its server, are still the right ones.',
  );
}

/** Of a drive of this computer. The reason's sentences as message and remedy. */
export function offline(reason: string): BenchkeepError {
  const [what = reason, ...rest] = reason.split(/\.\s*/).filter((sentence) => sentence !== '');
  const remedy = rest.length === 0 ? 'Connect it, then try again.' : `${rest.join('. ')}.`;
  return new BenchkeepError('offline', what, remedy, { retry: true, details: { drive: true } });
}
