/** Re-reads the content of artifacts and compares it with what was recorded. */
import type { InstanceContext } from '../instance/index.ts';
import type { FileFacts } from '../ports/fs/file-facts.ts';
import type { HashOutcome } from '../ports/fs/hasher.ts';
import { joinRaw, rawFromBytes, rawToDisplay, type RawPath } from '../ports/fs/raw-path.ts';
import { writeRegistry, type RegistryWrite } from '../registry/change-log.ts';
import type { ArtifactRow, StorageRow } from '../registry/schema.ts';
import { checkRoot, localRoot } from '../storage/index.ts';
import { judgeDamage } from './judge-damage.ts';
import { noteDamaged } from './note-damaged.ts';
import { verifyObject } from './verify-object.ts';
import { verifyFolder } from './verify-folder.ts';

export interface VerifyFailure {
  uid: string;
  path: string;
  reason: string;
}

export interface VerifyTools {
  signal: AbortSignal;
  onBytes: (bytes: number) => void;
  /** Told of a copy that is right, what was compared, where that is not its checksum. */
  onNote?: (note: { uid: string; path: string; note: string }) => void;
}

export interface CopyToVerify {
  id: number;
  artifact: ArtifactRow;
  storage: StorageRow;
  /** Below the root. */
  below: RawPath;
  verifiedAt: string | null;
  /** As displayed. */
  shown: string;
  /** Absolute; null where it can't be read from here, for `reason`. */
  path: RawPath | null;
  reason: string;
}

/** `sha256`: of content whose whole checksum was not known before. */
export type Finding =
  | {
      kind: 'same';
      sha256?: string;
      /** What was compared, where that is less than a checksum of all bytes. */ note?: string;
    }
  /** `damaged`: though nothing was written. `facts`: of the file as it was read. */
  | {
      kind: 'differs';
      reason: string;
      damaged?: boolean;
      facts?: FileFacts;
      /** In a folder: whose bytes differ. */ file?: RawPath;
    }
  /** Nothing can be said of it: it is told, and nothing is written. */
  | { kind: 'unknown'; reason: string; /** It is there, and its bytes can't be had. */ unreadable?: boolean };

/**
 * Failures; none of an artifact whose every copy is right. What is right gets a new date of verification, what differs
 * makes the artifact *changed*, and an object has no such date any more. A copy that is not there, or whose drive or computer is away, changes nothing: only a
 * look at its folder may conclude that it is gone.
 */
export async function verifyArtifacts(
  context: InstanceContext,
  artifacts: readonly ArtifactRow[],
  tools: VerifyTools,
): Promise<VerifyFailure[]> {
  const copies = await copiesOf(context, artifacts);
  const found = await findingsOf(context, copies, tools);
  for (const [copy, finding] of found) {
    if (finding.kind === 'differs') found.set(copy, await judgeDamage(context, copy, finding));
  }
  const failures: VerifyFailure[] = [];
  for (const artifact of artifacts) {
    const own = copies.filter((copy) => copy.artifact === artifact);
    if (own.length === 0) {
      failures.push({ uid: artifact.uid, path: artifact.key ?? '', reason: noCopyReason(artifact) });
    }
    for (const copy of own) {
      const finding = found.get(copy);
      if (finding?.kind === 'same' && finding.note !== undefined)
        tools.onNote?.({ uid: artifact.uid, path: copy.shown, note: finding.note });
      if (finding === undefined || finding.kind === 'same') continue;
      failures.push({ uid: artifact.uid, path: copy.shown, reason: finding.reason });
    }
  }
  await record(context, copies, found);
  await noteDamaged(context, copies, found);
  return failures;
}

function noCopyReason({ state_reason: reason }: ArtifactRow): string {
  return reason === 'overwritten'
    ? 'Its content was overwritten by a newer version.'
    : 'No place of its content is known.';
}

async function copiesOf(context: InstanceContext, artifacts: readonly ArtifactRow[]): Promise<CopyToVerify[]> {
  const { db } = context.registry;
  const ids = artifacts.map(({ id }) => id);
  const rows = await db.selectFrom('copy').selectAll().where('artifact_id', 'in', ids).orderBy('id').execute();
  const storages = new Map<number, { storage: StorageRow; reason: string | null }>();
  for (const id of new Set(rows.map((row) => row.storage_id))) {
    const storage = await db.selectFrom('storage').selectAll().where('id', '=', id).executeTakeFirstOrThrow();
    storages.set(id, { storage, reason: await awayReason(context, storage) });
  }
  return rows.flatMap(({ id, path, storage_id: storageId, artifact_id: artifactId, verified_at: verifiedAt }) => {
    const artifact = artifacts.find((row) => row.id === artifactId);
    const where = storages.get(storageId);
    if (artifact === undefined || where === undefined) return [];
    const { storage, reason } = where;
    const below = rawFromBytes(path);
    const absolute = reason === null && storage.type === 'local' ? joinRaw(localRoot(storage), below) : null;
    return {
      id,
      artifact,
      storage,
      below,
      verifiedAt,
      shown: `${storage.root}/${rawToDisplay(below)}`,
      path: absolute,
      reason: reason ?? '',
    };
  });
}

async function awayReason(context: InstanceContext, storage: StorageRow): Promise<string | null> {
  if (storage.type !== 'local') return null;
  if (storage.root_path === null) return 'It is not on this computer.';
  const state = await checkRoot(context, storage);
  return state.attached ? null : state.reason;
}

async function findingsOf(
  context: InstanceContext,
  copies: readonly CopyToVerify[],
  tools: VerifyTools,
): Promise<Map<CopyToVerify, Finding>> {
  const found = new Map<CopyToVerify, Finding>();
  const files: (CopyToVerify & { path: RawPath })[] = [];
  for (const copy of copies) {
    if (copy.storage.type !== 'local') found.set(copy, await verifyObject(context, copy, tools));
    else if (copy.path === null) found.set(copy, { kind: 'unknown', reason: copy.reason });
    else if (copy.artifact.n_files === null) files.push(copy as CopyToVerify & { path: RawPath });
    else found.set(copy, await verifyFolder(context, copy.artifact, copy.path, tools));
  }
  const outcomes = await context.hasher.hashFiles(
    files.map(({ path }) => path),
    // New files are read meanwhile.
    { ...tools, background: true },
  );
  for (const [i, outcome] of outcomes.entries()) {
    const copy = files[i];
    if (copy !== undefined) found.set(copy, findingOf(copy.artifact, outcome));
  }
  return found;
}

function findingOf({ size, hash, sha256 }: ArtifactRow, outcome: HashOutcome): Finding {
  switch (outcome.kind) {
    case 'hashed': {
      if (outcome.facts.size !== size) {
        return {
          kind: 'differs',
          facts: outcome.facts,
          reason: `It has ${String(outcome.facts.size)} bytes instead of ${String(size)}.`,
        };
      }
      // Never read wholly before: its ends are all there is to compare.
      if (sha256 === null && outcome.hash === hash) return { kind: 'same', sha256: outcome.sha256 };
      if (sha256 === outcome.sha256) return { kind: 'same' };
      return { kind: 'differs', facts: outcome.facts, reason: 'Its bytes are not those that were recorded.' };
    }
    case 'gone':
      return { kind: 'unknown', reason: 'The file is not there.' };
    case 'failed':
      return { kind: 'unknown', reason: `${outcome.error.message}. ${outcome.error.remedy}` };
    case 'changed':
      return { kind: 'unknown', reason: 'It was written to while it was read. Try again when that is done.' };
  }
}

async function record(
  context: InstanceContext,
  copies: readonly CopyToVerify[],
  found: ReadonlyMap<CopyToVerify, Finding>,
): Promise<void> {
  const known = copies.filter((copy) => found.get(copy)?.kind !== 'unknown');
  if (known.length === 0 || context.registry.readonly) return;
  await writeRegistry(context, await context.author(), 'verify', async (write) => {
    const artifacts = new Set(known.map(({ artifact }) => artifact));
    for (const artifact of artifacts) {
      await recordOne(
        write,
        artifact,
        known.filter((copy) => copy.artifact === artifact),
        found,
      );
    }
  });
}

async function recordOne(
  write: RegistryWrite,
  { id, uid }: ArtifactRow,
  copies: readonly CopyToVerify[],
  found: ReadonlyMap<CopyToVerify, Finding>,
): Promise<void> {
  // A version may have taken a path over while it was read.
  const now = await write.tx.selectFrom('copy').select('id').where('artifact_id', '=', id).execute();
  const still = copies.filter((copy) => now.some((row) => row.id === copy.id));
  const findings = still.map((copy) => found.get(copy));
  for (const [i, copy] of still.entries()) {
    const kind = findings[i]?.kind;
    if (kind === 'same') await write.update('copy', copy.id, { verified_at: write.now }, uid);
    // Nothing may go from here for it. Of a file the date tells whether it was written to since, or is damaged.
    if (kind === 'differs' && copy.storage.type !== 'local' && copy.verifiedAt !== null)
      await write.update('copy', copy.id, { verified_at: null }, uid);
  }
  const artifact = await write.tx.selectFrom('artifact').selectAll().where('id', '=', id).executeTakeFirst();
  const same = findings.find((finding) => finding?.kind === 'same');
  const wrong = findings.find((finding) => finding?.kind === 'differs');
  if (same?.kind === 'same') {
    const sha256 = artifact?.sha256 ?? same.sha256;
    if (artifact?.state === 'ok' && artifact.sha256 === sha256) return;
    await write.update('artifact', id, {
      sha256: sha256 ?? null,
      state: 'ok',
      state_reason: null,
      updated_at: write.now,
    });
  } else if (wrong?.kind === 'differs') {
    await write.update('artifact', id, { state: 'changed', state_reason: wrong.reason, updated_at: write.now });
  }
}
