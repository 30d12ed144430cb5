/** Works on the files of an instance that is not open, under the lock of its owner. */
import { newUid } from '../../shared/uid.ts';
import { joinRaw, rawFromText, type RawPath } from '../ports/fs/raw-path.ts';
import { takeOwnership } from '../workstation/owner-lock.ts';
import type { InstanceCard } from './instance-card.ts';
import type { Workbench } from './workbench.ts';

/** Errors: `locked` while an engine has it open. */
export async function whileOwning<T>(
  { clock, random }: Pick<Workbench, 'clock' | 'random'>,
  card: Pick<InstanceCard, 'name'>,
  folder: RawPath,
  work: () => Promise<T>,
): Promise<T> {
  const lock = takeOwnership(joinRaw(folder, rawFromText('owner.db')), {
    what: `The instance ${card.name}`,
    holder: { pid: process.pid, since: new Date(clock.now()).toISOString() },
    token: newUid(random, 16),
  });
  try {
    return await work();
  } finally {
    lock.release();
  }
}
