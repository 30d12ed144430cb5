/** Making and deleting instances: one at a time, and what a crash left half-done is cleared away before. */
import { newUid } from '../../shared/uid.ts';
import { removeUnfinishedFolder, UNFINISHED_PREFIX } from '../ports/fs/own-folder.ts';
import { joinRaw, rawFromText, type RawPath } from '../ports/fs/raw-path.ts';
import { BenchkeepError } from '../../shared/errors.ts';
import {
  parseCloudRoot,
  readMarker,
  readObjectMarker,
  removeMarker,
  removeObjectMarker,
  type ObjectStore,
} from '../storage/index.ts';
import { takeOwnership } from '../workstation/owner-lock.ts';
import { instancesFolder, readCard } from './instance-card.ts';
import type { Workbench } from './workbench.ts';

type SetupContext = Pick<Workbench, 'home' | 'fs' | 'clock' | 'random' | 'stores'>;

/** Where an instance lies until it is whole (`got`: from its published registry), or from when on it is being removed. */
export function unfinishedFolder(home: RawPath, kind: 'new' | 'gone' | 'got', uid: string): RawPath {
  return joinRaw(instancesFolder(home), rawFromText(`${UNFINISHED_PREFIX}${kind}-${uid}`));
}

/** Errors: `locked` while another process makes or deletes an instance. */
export async function whileSettingUp<T>(context: SetupContext, work: () => Promise<T>): Promise<T> {
  const { home, fs, clock, random } = context;
  await fs.makeFolder(instancesFolder(home), 0o700);
  const lock = takeOwnership(joinRaw(instancesFolder(home), rawFromText('.setup.db')), {
    what: 'The list of instances',
    holder: { pid: process.pid, since: new Date(clock.now()).toISOString() },
    token: newUid(random, 16),
  });
  try {
    await clearUnfinished(context);
    return await work();
  } finally {
    lock.release();
  }
}

/** The marker goes first: the folder tells where it is. */
async function clearUnfinished({ home, fs, stores }: SetupContext): Promise<void> {
  for (const { name, kind } of await fs.readFolder(instancesFolder(home))) {
    if (kind !== 'folder' || !/^\.(new|gone|got)-/.test(name)) continue;
    const folder = joinRaw(instancesFolder(home), name);
    const card = await readCard(fs, folder);
    if (card !== null && name.startsWith('.new-')) {
      const bucket = parseCloudRoot(card.storage);
      if (bucket !== null) {
        const store = await stores.open({ ...bucket, options: card.storage_options ?? {} });
        // Where it can't be asked now, the folder stays, and tells the next time where a mark may be.
        if (!(await takeAway(store, card.uid))) continue;
      } else {
        const root = rawFromText(card.storage);
        if ((await readMarker(fs, root))?.instanceUid === card.uid) await removeMarker(fs, root);
      }
    }
    await removeUnfinishedFolder(folder);
  }
}

async function takeAway(store: ObjectStore, instanceUid: string): Promise<boolean> {
  try {
    if ((await readObjectMarker(store))?.instanceUid === instanceUid) await removeObjectMarker(store);
    return true;
  } catch (error) {
    if (!(error instanceof BenchkeepError)) throw error;
    return error.code === 'bucket_not_found';
  }
}
