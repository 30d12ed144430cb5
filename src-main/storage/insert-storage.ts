/** The row of a new storage. */
import { hostname } from 'node:os';
import { rawToBytes, rawToDisplay, type RawPath } from '../ports/fs/raw-path.ts';
import type { RegistryWrite } from '../registry/change-log.ts';
import type { CloudRoot } from './objects/store-options.ts';

export interface NewStorage {
  uid: string;
  root: RawPath;
  managed: boolean;
  /** Who manages it; null for nobody. */
  instanceUid: string | null;
  workstationUid: string;
  /** Label of the host, shown as its region; the computer's name by default. */
  host?: string | null | undefined;
  description?: string | null | undefined;
  watch?: boolean;
}

export interface NewCloudStorage extends Pick<NewStorage, 'uid' | 'managed' | 'instanceUid' | 'description'> {
  root: CloudRoot;
  region: string | null;
}

/** As it is kept; null where nothing has to be said. */
export function optionsOf({ options }: Pick<CloudRoot, 'options'>): string | null {
  return Object.keys(options).length === 0 ? null : JSON.stringify(options);
}

/** Its id. Every computer reaches it. */
export function insertCloudStorage(write: RegistryWrite, { root, region, ...storage }: NewCloudStorage): number {
  const { root: address, type } = root;
  const where = { root: address, root_path: null, type, options: optionsOf(root), region, workstation_uid: null };
  const [id = 0] = write.insert('storage', [{ ...where, ...commonOf(write, storage), watch: 0 }]);
  return id;
}

/** Its id. */
export function insertStorage(write: RegistryWrite, storage: NewStorage): number {
  const row = {
    ...commonOf(write, storage),
    root: rawToDisplay(storage.root),
    root_path: rawToBytes(storage.root),
    type: 'local' as const,
    options: null,
    region: storage.host ?? hostname(),
    workstation_uid: storage.workstationUid,
    watch: storage.watch === true ? 1 : 0,
  };
  const [id = 0] = write.insert('storage', [row]);
  return id;
}

function commonOf(
  write: RegistryWrite,
  { uid, description, instanceUid, managed }: Pick<NewStorage, 'uid' | 'description' | 'instanceUid' | 'managed'>,
) {
  return {
    uid,
    description: description ?? null,
    instance_uid: instanceUid,
    managed: managed ? 1 : 0,
    watch_rule: null,
    transform_id: null,
    run_id: write.author.runId,
    created_by_id: write.author.userId,
    created_at: write.now,
    updated_at: write.now,
  };
}
