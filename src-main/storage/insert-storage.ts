/** The row of a new local storage. */
import { hostname } from 'node:os';
import { rawToBytes, rawToDisplay, type RawPath } from '../ports/fs/raw-path.ts';
import type { RegistryWrite } from '../registry/change-log.ts';

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

/** Its id. */
export function insertStorage(write: RegistryWrite, storage: NewStorage): number {
  const row = {
    uid: storage.uid,
    root: rawToDisplay(storage.root),
    root_path: rawToBytes(storage.root),
    description: storage.description ?? null,
    type: 'local' as const,
    region: storage.host ?? hostname(),
    instance_uid: storage.instanceUid,
    managed: storage.managed ? 1 : 0,
    workstation_uid: storage.workstationUid,
    watch: storage.watch === true ? 1 : 0,
    watch_rule: null,
    transform_id: null,
    run_id: write.author.runId,
    created_by_id: write.author.userId,
    created_at: write.now,
    updated_at: write.now,
  };
  const [id = 0] = write.insert('storage', [row]);
  return id;
}
