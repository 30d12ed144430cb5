/** Makes an instance the one that commands and windows work with. */
import type { InstanceRecord } from '../../shared/contract/index.ts';
import { BenchkeepError } from '../../shared/errors.ts';
import { endpointOf, parseCloudRoot, writeChosen } from '../storage/index.ts';
import { openWorkstation } from '../workstation/open-workstation.ts';
import { findInstance } from './find-instance.ts';
import { instanceFolder, workstationPath, type InstanceCard } from './instance-card.ts';
import { instanceRecord } from './instance-record.ts';
import { adoptInstance } from './publishing/adopt-instance.ts';
import { takePublished } from './publishing/take-published.ts';
import { refuseUnsafePlace } from './unsafe-place.ts';
import type { Workbench } from './workbench.ts';

/**
 * By name or by the root of its default storage; one that is not on this computer is made from what is published at the
 * root. `published`: that takes the place of the registry here, which must not be open. Errors: `not_found`, those of
 * the place, of `adoptInstance` and of writing settings.
 */
export async function connectInstance(
  workbench: Workbench,
  input: { instance: string; published?: boolean },
): Promise<{ items: InstanceRecord[] }> {
  const card = await find(workbench, input.instance);
  await rememberGiven(workbench, card, input.instance);
  if (input.published === true) await takePublished(workbench, card);
  await workbench.changeSettings({ instance: card.name });
  return { items: [instanceRecord(card, card.name)] };
}

/** An endpoint that is given here is one that may be asked, also where the registry names another one (S-10). */
async function rememberGiven({ home }: Workbench, card: InstanceCard, given: string): Promise<void> {
  const bucket = parseCloudRoot(given);
  if (bucket === null || endpointOf(bucket) === undefined) return;
  const path = workstationPath(instanceFolder(home, card.uid));
  const workstation = await openWorkstation(path, { readonly: false });
  try {
    await writeChosen(workstation, bucket);
  } finally {
    await workstation.db.destroy();
  }
}

async function find(workbench: Workbench, instance: string): Promise<InstanceCard> {
  try {
    return await findInstance(workbench, instance);
  } catch (error) {
    const isRoot = instance.includes('/');
    if (!(error instanceof BenchkeepError) || error.code !== 'not_found' || !isRoot) throw error;
    await refuseUnsafePlace(workbench.home);
    const adopted = await adoptInstance(workbench, instance);
    if (adopted !== null) return adopted;
    const root = parseCloudRoot(instance)?.root ?? instance;
    throw new BenchkeepError(
      'not_found',
      `There is no instance of ${root} on this computer, and none is published there`,
      'See those on this computer with: benchkeep instances. Publish it where it is: benchkeep publish',
    );
  }
}
