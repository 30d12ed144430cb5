/** Where a missing file may be now: for a person to choose from, never concluded. */
import { findArtifact } from '../artifacts/index.ts';
import type { InstanceContext } from '../instance/index.ts';
import { joinRaw, rawFromBytes, rawToDisplay, splitRaw, type RawPath } from '../ports/fs/raw-path.ts';
import type { ArtifactRow, StorageRow } from '../registry/schema.ts';
import { localRoot } from '../storage/index.ts';
import { bareArtifacts } from './bare-artifacts.ts';
import { isAbsent, pathOf } from './moves.ts';

export interface FoundFile {
  /** Absolute, as displayed. */
  path: string;
  evidence: string;
}

const MOST = 20;

/** The likeliest first: same content, then the same file changed since, then same name and size. */
export async function findMissing(
  context: Pick<InstanceContext, 'registry' | 'workstation' | 'workstationUid' | 'fs'>,
  input: { artifact: string },
): Promise<{ items: FoundFile[] }> {
  const artifact = await findArtifact(context.registry.db, input.artifact);
  const rows = await context.registry.db
    .selectFrom('storage')
    .selectAll()
    .where('workstation_uid', '=', context.workstationUid)
    .where('type', '=', 'local')
    .execute();
  const storages = new Map(rows.map((row) => [row.id, row]));
  const found = new Map<RawPath, string>();
  const add = (storage: StorageRow | undefined, path: RawPath, evidence: string): void => {
    if (storage === undefined || found.size >= MOST) return;
    const absolute = joinRaw(localRoot(storage), path);
    if (!found.has(absolute) && !isAbsent(context, absolute)) found.set(absolute, evidence);
  };
  for (const { path, storage_id: id } of await sameContent(context, artifact))
    add(storages.get(id), rawFromBytes(path), 'the same content: size and checksum agree');
  for (const row of await sameInode(context, artifact))
    add(
      rows.find(({ uid }) => uid === row.storage_uid),
      pathOf(row),
      'the same file on the disk, changed since: it may be a new version',
    );
  for (const { path, storage_id: id } of await sameSize(context, artifact))
    if (nameOf(rawFromBytes(path)) === nameOf(rawFromBytes(Buffer.from(artifact.key ?? ''))))
      add(storages.get(id), rawFromBytes(path), 'the same name and size, but other content');
  return { items: [...found].map(([path, evidence]) => ({ path: rawToDisplay(path), evidence })) };
}

function nameOf(path: RawPath): RawPath {
  return splitRaw(path).name;
}

function sameContent({ registry }: Pick<InstanceContext, 'registry'>, { id, sha256 }: ArtifactRow) {
  return bareArtifacts(registry.db)
    .where('artifact.sha256', '=', sha256 ?? '')
    .where('artifact.id', '!=', id)
    .where('artifact.key_is_virtual', '=', 0)
    .limit(MOST)
    .execute();
}

async function sameInode({ workstation }: Pick<InstanceContext, 'workstation'>, { uid, size }: ArtifactRow) {
  const known = await workstation.db
    .selectFrom('inventory')
    .select(['ino', 'dev'])
    .where('artifact_uid', '=', uid)
    .where('size', '=', size)
    .limit(1)
    .executeTakeFirst();
  if (known === undefined) return [];
  return workstation.db
    .selectFrom('inventory')
    .selectAll()
    .where('ino', '=', known.ino)
    .where('dev', '=', known.dev)
    .where('artifact_uid', '!=', uid)
    .limit(MOST)
    .execute();
}

function sameSize({ registry }: Pick<InstanceContext, 'registry'>, { id, size, sha256 }: ArtifactRow) {
  return bareArtifacts(registry.db)
    .where('artifact.visibility', '=', 1)
    .where('artifact.is_latest', '=', 1)
    .where('artifact.size', '=', size)
    .where('artifact.id', '!=', id)
    .where('artifact.sha256', '!=', sha256 ?? '')
    .limit(1000)
    .execute();
}
