/** Leaves the connected instance; none is connected afterwards. */
import type { Workbench } from './workbench.ts';

export async function disconnectInstance(workbench: Pick<Workbench, 'changeSettings'>): Promise<Record<string, never>> {
  await workbench.changeSettings({ instance: null });
  return {};
}
