/** Publishes the registry as it is, and remembers what came of it. */
import { BenchkeepError } from '../../../shared/errors.ts';
import type { KeeperState } from './keeper-state.ts';
import { publishRegistry } from './publish-registry.ts';
import type { Published } from './publish-snapshot.ts';

/** Errors: those of `publishRegistry`; `registry_corrupt` where the registry can't be read. */
export async function publishNow(state: KeeperState, signal: AbortSignal, to = state.place): Promise<Published> {
  const { context, folder, memory } = state;
  const { workbench, work, joined } = context;
  const request = { folder, uid: joined.card.uid, place: to, self: joined.self, memory, signal };
  const done = await publishRegistry(workbench, work, request, (seen) => {
    state.memory = seen;
  });
  if (done === null) {
    throw new BenchkeepError(
      'registry_corrupt',
      'The registry could not be read to be published',
      'See what is wrong with: benchkeep doctor',
    );
  }
  if (done.kind === 'published' || done.kind === 'current') {
    state.known.add(done.note.tag);
    state.diverged = false;
    // Its note was written with this opening as the holder.
    if (done.kind === 'published' && to === state.place) state.holds = true;
  }
  return done;
}
