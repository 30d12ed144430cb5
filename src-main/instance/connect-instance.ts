/** Makes an instance the one that commands and windows work with. */
import type { InstanceRecord } from '../../shared/contract/index.ts';
import { findInstance } from './find-instance.ts';
import { instanceRecord } from './instance-record.ts';
import type { Workbench } from './workbench.ts';

/** By name or by the root of its default storage. Errors: `not_found`, `not_supported`, those of writing settings. */
export async function connectInstance(
  workbench: Pick<Workbench, 'home' | 'fs' | 'changeSettings'>,
  input: { instance: string },
): Promise<{ items: InstanceRecord[] }> {
  const card = await findInstance(workbench, input.instance);
  await workbench.changeSettings({ instance: card.name });
  return { items: [instanceRecord(card, card.name)] };
}
