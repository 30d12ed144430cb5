/** Every instance on this computer. */
import type { InstanceRecord } from '../../shared/contract/index.ts';
import { listCards } from './instance-card.ts';
import { instanceRecord } from './instance-record.ts';
import type { Workbench } from './workbench.ts';

/** By name. */
export async function listInstances(
  workbench: Pick<Workbench, 'home' | 'fs' | 'settings'>,
): Promise<{ items: InstanceRecord[] }> {
  const cards = await listCards(workbench);
  const connected = workbench.settings().instance;
  return { items: cards.map((card) => instanceRecord(card, connected)) };
}
