/** Takes the published registry in the place of this computer's, because a person says so. */
import { BenchkeepError } from '../../../shared/errors.ts';
import { instanceFolder, type InstanceCard } from '../instance-card.ts';
import { whileOwning } from '../own-instance.ts';
import type { Workbench } from '../workbench.ts';
import { followPublished } from './follow-published.ts';
import { readMemory } from './published-memory.ts';
import { reachPlace, whileSignedIn } from './reach-place.ts';

/**
 * The instance must not be open; its registry is kept as a backup. Errors: `not_found` where nothing is published,
 * `locked`, those of the place.
 */
export async function takePublished(workbench: Workbench, card: InstanceCard): Promise<void> {
  const { fs, home } = workbench;
  const folder = instanceFolder(home, card.uid);
  await whileSignedIn(workbench, card, async (signedIn) => {
    const reached = await reachPlace(signedIn, card);
    const there = (await reached?.place.lookAtSnapshot()) ?? null;
    if (reached === null || there === null) {
      throw new BenchkeepError(
        'not_found',
        `No registry of the instance ${card.name} is published`,
        'Nothing was changed. Publish it where it is: benchkeep publish',
      );
    }
    const { place, state } = reached;
    const note = state?.published ?? null;
    await whileOwning(workbench, card, folder, async () => {
      const memory = await readMemory(fs, folder);
      await followPublished(workbench, { place, folder, uid: card.uid, memory, there, note, anyway: true });
    });
  });
}
