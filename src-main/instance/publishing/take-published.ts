/** Takes the published registry in the place of this computer's, because a person says so. */
import { BenchkeepError } from '../../../shared/errors.ts';
import { instanceFolder, type InstanceCard } from '../instance-card.ts';
import { whileOwning } from '../own-instance.ts';
import type { Workbench } from '../workbench.ts';
import { followPublished } from './follow-published.ts';
import { placeOf } from './place-of.ts';
import { readMemory } from './published-memory.ts';

/**
 * The instance must not be open; its registry is kept as a backup. Errors: `not_found` where nothing is published,
 * `locked`, those of the place.
 */
export async function takePublished(workbench: Workbench, card: InstanceCard): Promise<void> {
  const { fs, home } = workbench;
  const folder = instanceFolder(home, card.uid);
  const place = await placeOf(workbench, card);
  const there = (await place?.lookAtSnapshot()) ?? null;
  if (place === null || there === null) {
    throw new BenchkeepError(
      'not_found',
      `No registry of the instance ${card.name} is published`,
      'Nothing was changed. Publish it where it is: benchkeep publish',
    );
  }
  const note = (await place.readState())?.state.published ?? null;
  await whileOwning(workbench, card, folder, async () => {
    const memory = await readMemory(fs, folder);
    await followPublished(workbench, { place, folder, uid: card.uid, memory, there, note, anyway: true });
  });
}
