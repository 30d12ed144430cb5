/** Folders that are one item and complete: each is read and registered by itself. */
import type { StorageRow } from '../registry/schema.ts';
import { registerFolder, type RegisterRequest } from '../artifacts/index.ts';
import type { InstanceContext } from '../instance/index.ts';
import { instrumentRun } from '../provenance/index.ts';
import { rawToBytes, splitRaw, type RawPath } from '../ports/fs/raw-path.ts';
import { putInventory } from '../workstation/inventory.ts';
import { writeWorkstation } from '../workstation/open-workstation.ts';
import { updateInbox, type Failed, type Waiting } from './inbox.ts';
import type { Candidate } from './scanner.ts';

export interface TakenUnits {
  registered: number;
  versions: number;
  waiting: number;
  failed: number;
}

/** `settle` in ms. What changed while it was read waits. */
export async function registerUnits(
  context: InstanceContext,
  storage: StorageRow,
  units: readonly Candidate[],
  settle: number,
  signal?: AbortSignal,
  follow?: RegisterRequest['follow'],
): Promise<TakenUnits> {
  const taken: TakenUnits = { registered: 0, versions: 0, waiting: 0, failed: 0 };
  for (const unit of units) {
    const author = { userId: storage.created_by_id, runId: await instrumentRun(context, storage) };
    const isMoved = async (sha256: string): Promise<boolean> =>
      (await follow?.([{ path: unit.path, facts: unit.facts, sha256 }]))?.has(unit.path) ?? false;
    const request = { storage, path: unit.path, author, operation: 'watch', isMoved };
    const result = await registerFolder(context, signal === undefined ? request : { ...request, signal });
    const waiting: Waiting[] = [];
    const failed: Failed[] = [];
    const settled: RawPath[] = [];
    if (result.kind === 'done') {
      await putUnit(context, storage, unit, result);
      settled.push(unit.path);
      if (result.outcome.kind === 'registered') {
        taken.registered += 1;
        if (result.outcome.version) taken.versions += 1;
      }
    } else if (result.kind === 'moved') settled.push(unit.path);
    else if (result.kind === 'failed') failed.push({ ...unit, error: result.error });
    else {
      const cause = result.kind === 'empty' ? 'empty' : 'changed';
      waiting.push({ ...unit, cause, next: context.clock.now() + settle });
    }
    taken.waiting += waiting.length;
    taken.failed += failed.length;
    const update = { waiting, failed, settled };
    if (await updateInbox(context.workstation, storage.uid, context.clock.now(), update)) context.onWatching('inbox');
  }
  return taken;
}

/** As it was when it was looked at: anything since makes the next look read it again. */
async function putUnit(
  { workstation }: InstanceContext,
  storage: StorageRow,
  { path, facts }: Candidate,
  { uid, sha256 }: { uid: string; sha256: string },
): Promise<void> {
  const { folder, name } = splitRaw(path);
  const { size, mtimeNs, ctimeNs, dev, ino } = facts;
  const row = {
    storage_uid: storage.uid,
    folder: rawToBytes(folder),
    name: rawToBytes(name),
    size,
    mtime_ns: mtimeNs,
    ctime_ns: ctimeNs,
    dev,
    ino,
    sha256,
    artifact_uid: uid,
    gone_since: null,
    missing: 0,
    unit: 1,
  };
  await writeWorkstation(workstation, (tx) => {
    putInventory(tx, workstation, [row]);
  });
}
