/** Instances as clients see them. */
import type { InstanceRecord } from '../../shared/contract/index.ts';
import type { InstanceCard } from './instance-card.ts';

/** `connected`: name of the connected instance. */
export function instanceRecord(card: InstanceCard, connected: string | null): InstanceRecord {
  const { uid, name, storage, created_at } = card;
  return { uid, name, connected: name === connected, storage, created_at };
}
