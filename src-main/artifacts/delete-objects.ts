/** Deletes the objects of records that are to go, before them: what a store keeps keeps its record. */
import type { InstanceContext } from '../instance/index.ts';
import { rawFromBytes } from '../ports/fs/raw-path.ts';
import type { ArtifactRow } from '../registry/schema.ts';
import { whileContentAlone } from '../transfers/index.ts';
import { knownPlaces } from './known-places.ts';
import { noteLostObjects } from './note-lost-objects.ts';
import { forgetRemoval, planRemovals, type PendingRemoval } from './pending-removals.ts';
import type { DeletionPlace } from './plan-deletion.ts';
import { removeObjects, type DoomedObject } from './remove-objects.ts';

export interface Doomed {
  artifact: ArtifactRow;
  places: DeletionPlace[];
  removals: PendingRemoval[];
  objects: DoomedObject[];
  remains: string[];
  /** `knownPlaces` when this was decided. */
  known: string;
}

export interface KeptObject {
  one: Doomed;
  address: string;
  reason: string;
  /** Something of its content went, here or at another place. */
  isLost: boolean;
  /** Where it lies is not any more what was decided on: nothing of it went. */
  isOther?: true;
}

/** Each is written down before: a program that dies in between knows at its next start that content may be gone. */
export async function deleteObjects(
  context: InstanceContext,
  doomed: readonly Doomed[],
): Promise<{ going: Doomed[]; kept: KeptObject[]; remains: string[]; removed: string[] }> {
  const going: Doomed[] = [];
  const kept: KeptObject[] = [];
  const remains: string[] = [];
  const removed: string[] = [];
  for (const one of doomed) {
    const done = await whileContentAlone(context, one.artifact.uid, () => deleteObjectsOf(context, one));
    remains.push(...done.remains);
    removed.push(...done.removed);
    if (done.kept === null) going.push(one);
    else kept.push(done.kept);
  }
  return { going, kept, remains, removed };
}

/** Ends at the first that can't be deleted. What is gone by then is said in the registry before the plan is forgotten. */
async function deleteObjectsOf(
  context: InstanceContext,
  one: Doomed,
): Promise<{ kept: KeptObject | null; remains: string[]; removed: string[] }> {
  const { artifact, objects } = one;
  const [first] = objects;
  // What was freed meanwhile is not there any more to stay (F-TR08).
  if (first !== undefined && (await knownPlaces(context, artifact)) !== one.known) {
    const kept = { one, address: first.place.address, reason: 'it is being freed or moved', isLost: false } as const;
    return { kept: { ...kept, isOther: true }, remains: [], removed: [] };
  }
  const plans = objects.map(({ place: { storage, copy } }): PendingRemoval => {
    return { uid: artifact.uid, storageUid: storage.uid, path: rawFromBytes(copy.path), kind: 'object' };
  });
  await planRemovals(context, plans);
  const remains: string[] = [];
  const removed: string[] = [];
  const lost: { object: DoomedObject; left: 'part' | 'none' | 'unknown' }[] = [];
  for (const object of objects) {
    const { reason, left, ...done } = await removeObjects(object);
    remains.push(...done.remains);
    removed.push(...done.removed);
    if (left !== 'all') lost.push({ object, left });
    if (reason === null) continue;
    const note = `It was to be deleted, and ${object.place.address} could not be: ${reason}`;
    for (const { object: gone, left: what } of lost) {
      const why = `Deleting it ended half-way: ${object.place.address} could not be deleted`;
      await noteLostObjects(context, artifact, gone.place, { left: what, note, reason: why });
    }
    // What became of it is looked up at the next start.
    const unknown = plans.filter((_, n) =>
      lost.some(({ object: gone, left: what }) => what === 'unknown' && gone === objects[n]),
    );
    for (const plan of plans) if (!unknown.includes(plan)) await forgetRemoval(context, plan);
    return { kept: { one, address: object.place.address, reason, isLost: lost.length > 0 }, remains, removed };
  }
  one.removals.push(...plans);
  return { kept: null, remains, removed };
}
