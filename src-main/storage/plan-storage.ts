/** What a root's marker means for adding the root. Pure. */
import { BenchkeepError } from '../../shared/errors.ts';
import type { StorageRow } from '../registry/schema.ts';
import type { Marker } from './marker.ts';

export interface StorageFacts {
  /** As displayed. */
  root: string;
  managed: boolean;
  marker: Marker | null;
  /** The storage of this instance that has the marker's uid. */
  bearer: {
    storage: StorageRow;
    /** Its own folder bears the uid too. */ inPlace: boolean;
    /** It is this computer's. */ here: boolean;
  } | null;
  instanceUid: string;
}

export type StoragePlan =
  /** `uid` null: a new one. `instanceUid`: who manages it, null for nobody. */
  { kind: 'new'; uid: string | null; instanceUid: string | null } | { kind: 'moved'; storage: StorageRow };

/** Errors: `storage_managed_elsewhere`, `root_refused`. */
export function planStorage({ root, managed, marker, bearer, instanceUid }: StorageFacts): StoragePlan {
  if (marker === null) return { kind: 'new', uid: null, instanceUid: managed ? instanceUid : null };
  const ours = marker.instanceUid === instanceUid;
  if (bearer !== null && bearer.storage.managed === 1) {
    if (bearer.here && !bearer.inPlace) return { kind: 'moved', storage: bearer.storage };
    throw new BenchkeepError(
      'root_refused',
      bearer.here
        ? `${root} is a copy of the storage ${bearer.storage.root}`
        : `${root} is a storage of another computer (${bearer.storage.region ?? 'unnamed'})`,
      bearer.here
        ? 'Use that one, or remove the folder .lamindb from the copy before you add it.'
        : 'Use it there, or choose another folder.',
    );
  }
  const uid = bearer === null ? marker.uid : null;
  if (!managed) return { kind: 'new', uid: ours ? null : uid, instanceUid: marker.instanceUid };
  if (ours) return { kind: 'new', uid, instanceUid };
  const whose = marker.instanceSlug === null ? 'another instance' : `the instance ${marker.instanceSlug}`;
  throw new BenchkeepError(
    'storage_managed_elsewhere',
    `${root} is managed by ${whose}`,
    'Add it with --link: then Benchkeep reads it and never changes it.',
    { details: { instance_uid: marker.instanceUid } },
  );
}
