/** The content of a new instance's folder: card, registry with its first rows, workstation database, head file. */
import { closeToOthers } from '../ports/fs/own-folder.ts';
import { joinRaw, rawFromText, rawToDisplay, type RawPath } from '../ports/fs/raw-path.ts';
import { writeRegistry, type Committed } from '../registry/change-log.ts';
import { closeRegistry, openRegistry } from '../registry/open-registry.ts';
import { insertCloudStorage, insertStorage, writeChosen, rememberRoot, type CloudRoot } from '../storage/index.ts';
import { openWorkstation } from '../workstation/open-workstation.ts';
import { writeSetting } from '../workstation/settings.ts';
import { backupsFolder } from './backup-file.ts';
import { insertUser } from './current-author.ts';
import { writeHead, type Head } from './head-file.ts';
import { registryPath, workstationPath, writeCard, type InstanceCard } from './instance-card.ts';
import { CHECKED_SETTING } from './open-databases.ts';
import type { Workbench } from './workbench.ts';

export interface NewInstance {
  /** Not there yet. */
  folder: RawPath;
  uid: string;
  name: string;
  /** Where the default storage is: a folder, made if it is not there, or a bucket. */
  place: { folder: RawPath; host: string | null } | { bucket: CloudRoot; region: string | null };
  storageUid: string;
}

const FIRST_USER = 1;

export async function buildInstance(workbench: Workbench, instance: NewInstance): Promise<InstanceCard> {
  const { fs, workstationUid, clock } = workbench;
  const { folder, uid, name, place } = instance;
  await fs.makeFolder(folder, 0o700);
  await fs.makeFolder(backupsFolder(folder), 0o700);
  const card: InstanceCard = {
    uid,
    name,
    workstation_uid: workstationUid,
    storage: 'folder' in place ? rawToDisplay(place.folder) : place.bucket.root,
    ...('bucket' in place ? { storage_options: place.bucket.options } : {}),
    created_at: new Date(clock.now()).toISOString(),
  };
  // First of all: it tells where a marker may have been left, should this end half-way.
  await writeCard(fs, folder, card);
  if ('folder' in place) await fs.makeFolder(place.folder);
  const created = await fillRegistry(workbench, instance);
  for (const file of ['registry.db', 'workstation.db']) await closeToOthers(joinRaw(folder, rawFromText(file)));
  const whole = { ...card, created_at: created };
  await writeCard(fs, folder, whole);
  return whole;
}

/** Time of the instance's making, as in its row. */
async function fillRegistry(workbench: Workbench, instance: NewInstance): Promise<string> {
  const { fs, clock, random, workstationUid } = workbench;
  const { folder, uid, name, place, storageUid } = instance;
  let head: Head | null = null;
  const onCommitted = (committed: Committed): void => {
    head = committed.head;
  };
  const registry = await openRegistry(registryPath(folder), { readonly: false, create: true });
  const workstation = await openWorkstation(workstationPath(folder), { readonly: false });
  try {
    const created = await writeRegistry(
      { registry, clock, onCommitted },
      { userId: FIRST_USER, runId: null },
      'init',
      (write) => {
        const { handle, name: fullName } = workbench.settings();
        insertUser(write, random, { handle, name: fullName }, FIRST_USER);
        const ours = { uid: storageUid, managed: true, instanceUid: uid };
        const storage =
          'folder' in place
            ? insertStorage(write, { ...ours, root: place.folder, host: place.host, workstationUid })
            : insertCloudStorage(write, { ...ours, root: place.bucket, region: place.region });
        write.insert('instance', [
          {
            id: 1,
            uid,
            name,
            keep_artifacts_local: 0,
            default_storage_id: storage,
            created_at: write.now,
            updated_at: write.now,
            created_by_id: FIRST_USER,
          },
        ]);
        return write.now;
      },
    );
    const row = await registry.db
      .selectFrom('storage')
      .selectAll()
      .where('uid', '=', storageUid)
      .executeTakeFirstOrThrow();
    if ('folder' in place) await rememberRoot({ workstation, clock }, row);
    else await writeChosen(workstation, place.bucket);
    await writeSetting(workstation, CHECKED_SETTING, clock.now());
    if (head !== null) await writeHead(fs, folder, head);
    return created;
  } finally {
    await closeRegistry(registry);
    await workstation.db.destroy();
  }
}
