/** One batch of files that were read: looked at once more, decided and written in one transaction. */
import type { Kysely } from 'kysely';
import type { ErrorData } from '../../shared/errors.ts';
import type { InstanceContext } from '../instance/index.ts';
import { failpoint } from '../ports/failpoint.ts';
import { sameFacts, type FileFacts } from '../ports/fs/file-facts.ts';
import type { EndsOutcome, HashOutcome } from '../ports/fs/hasher.ts';
import { joinRaw, rawToBytes, splitRaw, type RawPath } from '../ports/fs/raw-path.ts';
import { writeRegistry, type Author, type RegistryWrite } from '../registry/change-log.ts';
import type { ArtifactRow, RegistryDB, StorageRow } from '../registry/schema.ts';
import { localRoot } from '../storage/index.ts';
import { putInventory } from '../workstation/inventory.ts';
import { writeWorkstation } from '../workstation/open-workstation.ts';
import { gatherRegistration } from './gather-registration.ts';
import { planRegistration } from './plan-registration.ts';
import { writeRegistration, type PlannedFile, type Written } from './write-registration.ts';

export interface RegisterRequest {
  storage: StorageRow;
  files: { path: RawPath; facts: FileFacts }[];
  author: Author;
  /** What was asked for, for the change log. */
  operation: string;
  signal?: AbortSignal;
  onBytes?: (bytes: number) => void;
  /**
   * Asked about files whose content is known before they are registered: which of them are known files that were
   * moved, and are dealt with otherwise.
   */
  follow?: (files: readonly MovedContent[]) => Promise<ReadonlySet<RawPath>>;
  /** A person named these files: all of each is read first, and what was removed on purpose comes back. */
  explicit?: ExplicitRequest;
}

export interface MovedContent {
  path: RawPath;
  facts: FileFacts;
  sha256: string;
}

export interface ExplicitRequest {
  /** Key of new artifacts; null: their path. */
  key: string | null;
  /** New artifacts are its next versions. */
  family: ArtifactRow | null;
  /** Writes more about what was registered, in the same transaction. */
  within: (write: RegistryWrite, written: readonly Written[]) => Promise<void>;
}

export type RegisterOutcome =
  | { kind: 'registered'; uid: string; version: boolean }
  /** The registry said so already; the inventory is refreshed. */
  | { kind: 'known'; uid: string }
  | { kind: 'tombstone'; uid: string }
  /** A known file under another name or in another place. */
  | { kind: 'moved' }
  /** Written or replaced meanwhile: look again. */
  | { kind: 'changed' }
  | { kind: 'gone' }
  | { kind: 'failed'; error: ErrorData };

export type RegisterContext = Pick<
  InstanceContext,
  'registry' | 'workstation' | 'fs' | 'hasher' | 'clock' | 'random' | 'onCommitted'
>;

type Hashed = (HashOutcome | EndsOutcome) & { kind: 'hashed' };

/** Writes what was read, where it is still so. Outcomes in the order of `files`. */
export async function registerBatch(
  context: RegisterContext,
  request: RegisterRequest,
  files: readonly { path: RawPath; facts: FileFacts }[],
  hashed: readonly (HashOutcome | EndsOutcome)[],
): Promise<RegisterOutcome[]> {
  failpoint('register.hashed.before');
  const outcomes: RegisterOutcome[] = files.map(() => ({ kind: 'changed' }));
  const root = localRoot(request.storage);
  let steady: { index: number; path: RawPath; content: Hashed }[] = [];
  for (const [index, { path, facts }] of files.entries()) {
    const content = hashed[index];
    if (content === undefined) continue;
    if (content.kind !== 'hashed') outcomes[index] = content;
    // Read as it was when it was found complete, and still so at the last look before the record is written.
    else if (sameFacts(content.facts, facts) && isUnchanged(context, joinRaw(root, path), content.facts))
      steady.push({ index, path, content });
  }
  failpoint('register.hashed.after');
  const moved = await request.follow?.(steady.flatMap(movedContent));
  if (moved !== undefined && moved.size > 0) {
    for (const { index, path } of steady) if (moved.has(path)) outcomes[index] = { kind: 'moved' };
    steady = steady.filter(({ path }) => !moved.has(path));
  }
  if (steady.length === 0) return outcomes;
  const { planned, written } = await writeRegistry(context, request.author, request.operation, async (write) => {
    // Looked up inside: a folder may be looked at and a file of it saved at the same time.
    const planned = await plan(write.tx, request, steady);
    const written = await writeRegistration(write, request.storage, planned, context.random);
    await request.explicit?.within(write, written);
    return { planned, written };
  });
  const uids = written.map(({ uid }) => uid);
  for (const [i, { index }] of steady.entries()) outcomes[index] = outcomeOf(planned[i], uids[i] ?? '');
  await writeInventory(context, request.storage, steady, uids);
  return outcomes;
}

function movedContent({ path, content }: { path: RawPath; content: Hashed }): MovedContent[] {
  return 'sha256' in content ? [{ path, facts: content.facts, sha256: content.sha256 }] : [];
}

function isUnchanged(context: RegisterContext, path: RawPath, facts: FileFacts): boolean {
  const now = context.fs.lookNow(path);
  return now !== null && sameFacts(now, facts);
}

async function plan(
  db: Kysely<RegistryDB>,
  { storage, explicit }: RegisterRequest,
  steady: readonly { path: RawPath; content: Hashed }[],
): Promise<PlannedFile[]> {
  const { known, tombstones, away } = await gatherRegistration(
    db,
    storage.id,
    steady.map(({ path }) => path),
  );
  return steady.map(({ path, content }) => {
    const sha256 = 'sha256' in content ? content.sha256 : null;
    const existing = known.get(path) ?? null;
    const tombstone = tombstones.get(path) ?? null;
    const { size } = content.facts;
    return {
      path,
      size,
      hash: content.hash,
      hashType: content.hashType,
      sha256,
      key: explicit?.key ?? null,
      family: explicit?.family ?? null,
      known: existing,
      tombstone,
      away: away.get(path) ?? null,
      plan: planRegistration({
        size,
        hash: content.hash,
        sha256,
        existing: existing?.artifact ?? null,
        tombstone: explicit === undefined ? tombstone : null,
        away: away.get(path) ?? null,
      }),
    };
  });
}

function outcomeOf(file: PlannedFile | undefined, uid: string): RegisterOutcome {
  switch (file?.plan.kind) {
    case 'new':
    case 'verified':
      return { kind: 'registered', uid, version: false };
    case 'version':
      return { kind: 'registered', uid, version: true };
    case 'tombstone':
      return { kind: 'tombstone', uid };
    default:
      return { kind: 'known', uid };
  }
}

/** After the registry: if the program dies in between, the next scan finds the path unknown and its content known. */
async function writeInventory(
  context: RegisterContext,
  storage: StorageRow,
  steady: readonly { path: RawPath; content: Hashed }[],
  uids: readonly string[],
): Promise<void> {
  const rows = steady.flatMap(({ path, content }, i) => {
    // Read by its ends only: it stays unknown to the inventory, so that it is read wholly whatever happens.
    if (!('sha256' in content)) return [];
    const { folder, name } = splitRaw(path);
    const { size, mtimeNs, ctimeNs, dev, ino } = content.facts;
    return [
      {
        storage_uid: storage.uid,
        folder: rawToBytes(folder),
        name: rawToBytes(name),
        size,
        mtime_ns: mtimeNs,
        ctime_ns: ctimeNs,
        dev,
        ino,
        sha256: content.sha256,
        artifact_uid: uids[i] ?? '',
        gone_since: null,
        missing: 0,
        unit: 0,
      },
    ];
  });
  await writeWorkstation(context.workstation, (tx) => {
    putInventory(tx, context.workstation, rows);
  });
}
