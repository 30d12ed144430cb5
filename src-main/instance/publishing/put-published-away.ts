/** A person gave the registry another history on purpose: what is published now may be replaced by it. */
import { instanceFolder, type InstanceCard } from '../instance-card.ts';
import type { Workbench } from '../workbench.ts';
import { changeMemory, readMemory } from './published-memory.ts';

/** Only what this computer has published or fetched itself: it is kept as a backup before it is replaced. */
export async function putPublishedAway(
  { fs, home }: Pick<Workbench, 'fs' | 'home'>,
  card: Pick<InstanceCard, 'uid'>,
): Promise<void> {
  const folder = instanceFolder(home, card.uid);
  const { seen } = await readMemory(fs, folder);
  if (seen !== null) await changeMemory(fs, folder, { put_away: seen.head });
}
