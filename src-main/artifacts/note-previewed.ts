/** Whoever looks at content uses what is in the cache of it: it stays longer than what nobody looks at. */
import type { Preview } from '../../shared/contract/index.ts';
import type { InstanceContext } from '../instance/index.ts';
import { noteUsed } from '../transfers/index.ts';
import { findArtifact } from './find-artifact.ts';

/** `reads` gives the preview; what can't be noted is no error of it. */
export async function notePreviewed(
  {
    context,
    reads,
  }: { context: InstanceContext; reads: { previewArtifact: (input: { artifact: string }) => Promise<Preview> } },
  input: { artifact: string },
): Promise<Preview> {
  const preview = await reads.previewArtifact(input);
  if (preview.kind !== 'none' && context.workstation.guard.ended() === null && !context.registry.readonly) {
    const note = async (): Promise<void> =>
      noteUsed(context, (await findArtifact(context.registry.db, input.artifact)).uid);
    await note().catch(() => undefined);
  }
  return preview;
}
