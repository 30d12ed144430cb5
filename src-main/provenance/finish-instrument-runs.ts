/** Ends the session's runs of watched folders' instruments. */
import type { InstanceContext } from '../instance/index.ts';
import { writeRegistry } from '../registry/change-log.ts';

/** Called before the registry is closed; no runs, no write. */
export async function finishInstrumentRuns(
  context: Pick<InstanceContext, 'registry' | 'clock' | 'onCommitted' | 'author' | 'sessionRuns'>,
): Promise<void> {
  const runs = await Promise.allSettled(context.sessionRuns.values());
  context.sessionRuns.clear();
  const ids = runs.flatMap((run) => (run.status === 'fulfilled' ? [run.value] : []));
  if (ids.length === 0) return;
  await writeRegistry(context, await context.author(), 'watch', async (write) => {
    for (const id of ids) await write.update('run', id, { finished_at: write.now });
  });
}
