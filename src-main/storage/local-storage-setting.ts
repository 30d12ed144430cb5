/** The current local storage of this workstation. */
import { readSetting, writeSetting } from '../workstation/settings.ts';
import type { Workstation } from '../workstation/open-workstation.ts';

const NAME = 'local_storage';

/** Null where none was chosen. */
export function localStorageUid(workstation: Pick<Workstation, 'db'>): Promise<string | null> {
  return readSetting<string>(workstation, NAME);
}

export function chooseLocalStorage(workstation: Workstation, uid: string): Promise<void> {
  return writeSetting(workstation, NAME, uid);
}
