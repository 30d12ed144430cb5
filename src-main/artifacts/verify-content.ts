/** Re-reads the content of artifacts and compares it with what was recorded. */
import type { InstanceContext } from '../instance/index.ts';
import { joinRaw, rawFromBytes, rawToDisplay, type RawPath } from '../ports/fs/raw-path.ts';
import { writeRegistry, type Author } from '../registry/change-log.ts';
import type { ArtifactRow, StorageRow } from '../registry/schema.ts';
import { checkRoot, localRoot } from '../storage/index.ts';
import { folderContent, readManifest } from './folder-manifest.ts';
import { readFolder } from './read-folder.ts';

export interface VerifyFailure {
  uid: string;
  path: string;
  reason: string;
}

interface CopyToVerify {
  id: number;
  artifact: ArtifactRow;
  storage: StorageRow;
  path: RawPath;
}

type Finding = { kind: 'same' } | { kind: 'differs'; reason: string } | { kind: 'unknown'; reason: string };

export interface ContentTools {
  signal?: AbortSignal;
  onBytes: (bytes: number) => void;
}

/**
 * Failures of one artifact, none where every copy that this computer reaches is right. What is right gets a new date of
 * verification; what differs makes the artifact *changed*. A copy that is not there, or whose drive is away, is told
 * but changes nothing: only a look at its folder may conclude that it is gone.
 */
export async function verifyContent(
  context: InstanceContext,
  artifact: ArtifactRow,
  tools: ContentTools,
): Promise<VerifyFailure[]> {
  const copies = await copiesOf(context, artifact);
  if (copies.length === 0) return [{ uid: artifact.uid, path: artifact.key ?? '', reason: noCopyReason(artifact) }];
  const failures: VerifyFailure[] = [];
  const same: CopyToVerify[] = [];
  const different: string[] = [];
  for (const copy of copies) {
    const finding = await look(context, copy, tools);
    if (finding.kind === 'same') same.push(copy);
    else {
      failures.push({
        uid: artifact.uid,
        path: rawToDisplay(joinRaw(localRoot(copy.storage), copy.path)),
        reason: finding.reason,
      });
      if (finding.kind === 'differs') different.push(finding.reason);
    }
  }
  await record(context, await context.author(), artifact, same, different[0] ?? null);
  return failures;
}

function noCopyReason(artifact: ArtifactRow): string {
  return artifact.state_reason === 'overwritten'
    ? 'its content was overwritten by a newer version'
    : 'no copy of its content is known';
}

async function copiesOf({ registry }: InstanceContext, artifact: ArtifactRow): Promise<CopyToVerify[]> {
  const rows = await registry.db
    .selectFrom('copy')
    .select(['id', 'path', 'storage_id'])
    .where('artifact_id', '=', artifact.id)
    .execute();
  const copies: CopyToVerify[] = [];
  for (const { id, path, storage_id } of rows) {
    const storage = await registry.db
      .selectFrom('storage')
      .selectAll()
      .where('id', '=', storage_id)
      .executeTakeFirstOrThrow();
    copies.push({ id, artifact, storage, path: rawFromBytes(path) });
  }
  return copies;
}

async function look(context: InstanceContext, copy: CopyToVerify, tools: ContentTools): Promise<Finding> {
  const { storage, artifact } = copy;
  if (storage.workstation_uid !== context.workstationUid)
    return { kind: 'unknown', reason: 'it belongs to another computer' };
  const root = await checkRoot(context, storage);
  if (!root.attached) return { kind: 'unknown', reason: root.reason };
  const path = joinRaw(localRoot(storage), copy.path);
  return artifact.n_files === null
    ? lookAtFile(context, artifact, path, tools)
    : lookAtFolder(context, artifact, path, tools);
}

async function lookAtFile(
  context: InstanceContext,
  artifact: ArtifactRow,
  path: RawPath,
  tools: ContentTools,
): Promise<Finding> {
  const [outcome] = await context.hasher.hashFiles([path], tools);
  switch (outcome?.kind) {
    case 'hashed':
      if (artifact.sha256 === null) {
        // Never read wholly before: its ends are all there is to compare.
        const alike = outcome.facts.size === artifact.size && outcome.hash === artifact.hash;
        return alike ? { kind: 'unknown', reason: 'its whole checksum is not known yet' } : differs();
      }
      return outcome.sha256 === artifact.sha256 && outcome.facts.size === artifact.size ? { kind: 'same' } : differs();
    case 'gone':
      return { kind: 'unknown', reason: 'the file is not there' };
    case 'failed':
      return { kind: 'unknown', reason: outcome.error.message };
    default:
      return { kind: 'unknown', reason: 'it was written to while it was read; try again when that is done' };
  }
}

function differs(): Finding {
  return { kind: 'differs', reason: 'its bytes are not those that were recorded' };
}

async function lookAtFolder(
  context: InstanceContext,
  artifact: ArtifactRow,
  path: RawPath,
  tools: ContentTools,
): Promise<Finding> {
  if ((await context.fs.look(path))?.kind !== 'folder') return { kind: 'unknown', reason: 'the folder is not there' };
  const entries = await readFolder(context, path, { ...tools, onSkipped: () => undefined });
  if (entries.length > 0 && folderContent(entries).sha256 === artifact.sha256) return { kind: 'same' };
  const manifest = await readManifest(context, artifact.uid);
  const recorded = new Map(manifest?.entries.map((entry) => [entry.path, entry.sha256]));
  const there = new Map(entries.map((entry) => [entry.path, entry.sha256]));
  const wrong =
    [...recorded].find(([name, sha256]) => there.get(name) !== sha256)?.[0] ??
    [...there.keys()].find((name) => !recorded.has(name));
  return {
    kind: 'differs',
    reason:
      wrong === undefined
        ? 'its files are not those that were recorded'
        : `${rawToDisplay(wrong)} is not as it was recorded`,
  };
}

async function record(
  context: InstanceContext,
  author: Author,
  artifact: ArtifactRow,
  same: CopyToVerify[],
  different: string | null,
): Promise<void> {
  if (context.registry.readonly || (same.length === 0 && different === null)) return;
  await writeRegistry(context, author, 'verify', async (write) => {
    for (const copy of same) await write.update('copy', copy.id, { verified_at: write.now }, artifact.uid);
    if (different !== null) {
      await write.update('artifact', artifact.id, { state: 'changed', state_reason: different, updated_at: write.now });
    } else if (artifact.state === 'changed') {
      await write.update('artifact', artifact.id, { state: 'ok', state_reason: null, updated_at: write.now });
    }
  });
}
