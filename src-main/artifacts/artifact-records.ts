/** Artifacts as clients see them, in a constant number of queries a page. */
import { escapeForDisplay } from '../../shared/format/display-name.ts';
import type { ArtifactRecord, CopyRecord, VersionRecord } from '../../shared/contract/index.ts';
import { rawFromBytes, rawToDisplay } from '../ports/fs/raw-path.ts';
import { labelsOf } from '../registry/queries/labels-of.ts';
import { offlineStorages } from './offline-storages.ts';
import type { ReadContext } from './read-context.ts';

const CHUNK = 500;

/** In the order of `ids`; ids of artifacts that are gone are left out. */
export async function artifactRecords(context: ReadContext, ids: readonly number[]): Promise<ArtifactRecord[]> {
  if (ids.length === 0) return [];
  const offline = await offlineStorages(context);
  const records: ArtifactRecord[] = [];
  for (let i = 0; i < ids.length; i += CHUNK)
    records.push(...(await recordsOf(context, ids.slice(i, i + CHUNK), offline)));
  return records;
}

async function recordsOf(
  context: ReadContext,
  ids: readonly number[],
  offline: Map<number, string>,
): Promise<ArtifactRecord[]> {
  const rows = await artifactsWithReferences(context, ids);
  const copies = await copiesOf(context, new Map(rows.map(({ uid, id }) => [uid, id])));
  const labels = await labelsOf(context.registry, ids);
  const byId = new Map(rows.map((row) => [row.id, row]));
  return ids.flatMap((id) => {
    const row = byId.get(id);
    if (row === undefined) return [];
    return {
      uid: row.uid,
      key: row.key,
      description: row.description,
      suffix: row.suffix,
      kind: row.kind,
      otype: row.otype,
      size: row.size,
      hash: row.hash,
      hash_type: row.hash_type,
      sha256: row.sha256,
      n_files: row.n_files,
      n_observations: row.n_observations,
      visibility: row.visibility,
      is_latest: row.is_latest === 1,
      version: row.version,
      key_is_virtual: row.key_is_virtual === 1,
      storage: { uid: row.storage_uid, root: row.storage_root, type: row.storage_type, region: row.storage_region },
      run: row.run_uid,
      transform: row.transform_uid,
      created_by: row.created_by,
      created_at: row.created_at,
      updated_at: row.updated_at,
      ...stateOf(row, offline),
      copies: copies.get(id) ?? [],
      ulabels: labels.get(id)?.map(({ name }) => name) ?? [],
    };
  });
}

/** Rows of `artifact` with what their references name. */
async function artifactsWithReferences(context: ReadContext, ids: readonly number[]) {
  return context.registry
    .selectFrom('artifact')
    .innerJoin('storage', 'storage.id', 'artifact.storage_id')
    .innerJoin('user', 'user.id', 'artifact.created_by_id')
    .leftJoin('run', 'run.id', 'artifact.run_id')
    .leftJoin('transform', 'transform.id', 'run.transform_id')
    .selectAll('artifact')
    .select([
      'storage.uid as storage_uid',
      'storage.root as storage_root',
      'storage.type as storage_type',
      'storage.region as storage_region',
      'user.handle as created_by',
      'run.uid as run_uid',
      'transform.uid as transform_uid',
    ])
    .where('artifact.id', 'in', ids)
    .execute();
}

/** Where content lies, as whole paths that people can read; `uids` gives ids. This computer's cache comes last. */
async function copiesOf(context: ReadContext, uids: ReadonlyMap<string, number>): Promise<Map<number, CopyRecord[]>> {
  const ids = [...uids.values()];
  const rows = await context.registry
    .selectFrom('copy')
    .innerJoin('storage', 'storage.id', 'copy.storage_id')
    .select(['copy.id', 'copy.artifact_id', 'copy.path', 'copy.verified_at', 'storage.uid', 'storage.root'])
    .where('copy.artifact_id', 'in', ids)
    .orderBy('copy.id')
    .execute();
  const scrubbed = await scrubbedDates(
    context,
    rows.map(({ id }) => id),
  );
  const copies = new Map<number, CopyRecord[]>();
  for (const row of rows) {
    const known = copies.get(row.artifact_id) ?? [];
    copies.set(row.artifact_id, known);
    known.push({
      storage: row.uid,
      path: joinShown(row.root, row.path),
      verified_at: later(row.verified_at, scrubbed.get(row.id) ?? null),
    });
  }
  const cached = await context.workstation
    .selectFrom('cached')
    .selectAll()
    .where('artifact_uid', 'in', [...uids.keys()])
    .execute();
  for (const { artifact_uid: uid, path, verified_at: at } of cached) {
    const id = uids.get(uid) ?? 0;
    const shown = escapeForDisplay(rawToDisplay(rawFromBytes(path)));
    copies.set(id, [...(copies.get(id) ?? []), { storage: null, path: shown, verified_at: at }]);
  }
  return copies;
}

/** When the scrub of this computer found copies right. */
async function scrubbedDates({ workstation }: ReadContext, copyIds: readonly number[]): Promise<Map<number, string>> {
  if (copyIds.length === 0) return new Map();
  const rows = await workstation
    .selectFrom('scrubbed')
    .select(['copy_id', 'verified_at'])
    .where('copy_id', 'in', copyIds)
    .execute();
  return new Map(rows.flatMap(({ copy_id: id, verified_at: at }) => (at === null ? [] : [[id, at] as const])));
}

function later(a: string | null, b: string | null): string | null {
  return a === null || b === null ? (a ?? b) : a > b ? a : b;
}

function joinShown(root: string, path: Uint8Array): string {
  const below = escapeForDisplay(rawToDisplay(rawFromBytes(path)));
  return root.endsWith('/') ? root + below : `${root}/${below}`;
}

/** What is missing stays missing; anything else in a storage that can't be reached is offline. */
export function stateOf(
  row: { state: Exclude<ArtifactRecord['state'], 'offline'>; state_reason: string | null; storage_id: number },
  offline: Map<number, string>,
): Pick<ArtifactRecord, 'state' | 'state_reason'> {
  const reason = offline.get(row.storage_id);
  if (reason === undefined || row.state === 'missing') return { state: row.state, state_reason: row.state_reason };
  return { state: 'offline', state_reason: reason };
}

export function versionRecord(record: ArtifactRecord): VersionRecord {
  const { uid, key, version, is_latest, size, sha256, state, state_reason, visibility, created_at, created_by } =
    record;
  return { uid, key, version, is_latest, size, sha256, state, state_reason, visibility, created_at, created_by };
}
