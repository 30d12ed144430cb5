/** What is planned to go from this computer, as its settings name it; the rest of a plan is for who carries it out. */
import { listSettings } from './settings.ts';
import type { Workstation } from './open-workstation.ts';

/** Names of the settings with such plans begin so. */
export const FREE_PLANS = 'free ';

/** Of a folder: while it goes it has another name, under which nobody looks for it. */
export interface PlannedFolder {
  uid: string;
  storageUid: string;
  /** Below the root. */
  relative: string;
  folder: { id: string; sha256: string };
}

export async function plannedFolders({ db }: Pick<Workstation, 'db'>): Promise<PlannedFolder[]> {
  const plans = (await listSettings(db, FREE_PLANS)).map(({ value }) => value as Partial<PlannedFolder>);
  return plans.filter((plan): plan is PlannedFolder => plan.folder !== undefined);
}
