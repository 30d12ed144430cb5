/** Where on this computer the content of an artifact can be read: proof that it is the version that was asked for. */
import { BenchkeepError } from '../../shared/errors.ts';
import { escapeForDisplay } from '../../shared/format/display-name.ts';
import type { FileFacts } from '../ports/fs/file-facts.ts';
import { joinRaw, rawFromBytes, rawToDisplay, type RawPath } from '../ports/fs/raw-path.ts';
import type { ArtifactRow, CopyRow, StorageRow } from '../registry/schema.ts';
import { findCached } from '../transfers/index.ts';
import { offlineStorages } from './offline-storages.ts';
import type { ContentContext } from './read-context.ts';

/** Artifacts whose files are looked at together. */
const AT_ONCE = 64;

export interface Content {
  path: RawPath;
  facts: FileFacts;
}

/**
 * Errors: `in_cloud`, `offline` (its drive or its computer), `file_not_found`, `file_changed` (other bytes are there than those of
 * this version: they are never given out under its name), `refused` (a registry that leads out of its storage).
 */
export async function locateContent(context: ContentContext, artifact: ArtifactRow): Promise<Content> {
  const [found] = await locateContents(context, [artifact]);
  if (found === undefined) throw new Error(`Nobody looked for the content of ${artifact.uid}`);
  if (found instanceof BenchkeepError) throw found;
  return found;
}

/** Of each of several, in order; the error of `locateContent` where there is none. */
export async function locateContents(
  context: ContentContext,
  artifacts: readonly ArtifactRow[],
): Promise<(Content | BenchkeepError)[]> {
  const offline = await offlineStorages(context);
  const located: (Content | BenchkeepError)[] = [];
  for (let i = 0; i < artifacts.length; i += AT_ONCE) {
    const some = artifacts.slice(i, i + AT_ONCE);
    const copies = Map.groupBy(await copiesOf(context, some), ({ artifact_id: id }) => id);
    const looked = some.map((artifact) =>
      locateIn(context, artifact, copies.get(artifact.id) ?? [], offline).catch((error: unknown) => {
        if (error instanceof BenchkeepError) return error;
        throw error;
      }),
    );
    located.push(...(await Promise.all(looked)));
  }
  return located;
}

type KnownCopy = Pick<CopyRow, 'artifact_id' | 'path' | 'storage_id' | 'verified_at'> &
  Pick<StorageRow, 'root' | 'root_path' | 'type'>;

function copiesOf({ registry }: ContentContext, artifacts: readonly ArtifactRow[]): Promise<KnownCopy[]> {
  return registry
    .selectFrom('copy')
    .innerJoin('storage', 'storage.id', 'copy.storage_id')
    .select(['copy.artifact_id', 'copy.path', 'copy.storage_id', 'copy.verified_at'])
    .select(['storage.root', 'storage.root_path', 'storage.type'])
    .where(
      'copy.artifact_id',
      'in',
      artifacts.map(({ id }) => id),
    )
    .orderBy('copy.id')
    .execute();
}

async function locateIn(
  context: ContentContext,
  artifact: ArtifactRow,
  copies: readonly KnownCopy[],
  offline: ReadonlyMap<number, string>,
): Promise<Content> {
  const name = `"${escapeForDisplay(artifact.key ?? artifact.uid)}"`;
  let found: Content | null = null;
  let unproven: Content | null = null;
  // Other bytes are in the place of one that was changed; what is in a store or in the cache is still the content.
  const here = artifact.state === 'changed' ? [] : copies;
  for (const copy of here) {
    if (copy.type !== 'local' || copy.root_path === null || offline.has(copy.storage_id)) continue;
    const path = joinRaw(rawFromBytes(copy.root_path), below(rawFromBytes(copy.path)));
    const facts = await context.fs.look(path);
    if (facts === null) continue;
    found ??= { path, facts };
    if (!isOfVersion(artifact, facts)) continue;
    if (copy.verified_at !== null) return { path, facts };
    unproven ??= { path, facts };
  }
  const cached = await findCached(context, artifact);
  if (cached !== null) return cached;
  const remote = copies.find(({ type }) => type !== 'local');
  // A copy that nobody proved is taken only where no store is known to have the content.
  const isInStore = copies.some(({ type, verified_at: at }) => type !== 'local' && at !== null);
  if (unproven !== null && !isInStore) return unproven;
  if (remote !== undefined) {
    throw new BenchkeepError(
      'in_cloud',
      `${name} is only in ${remote.root}`,
      `Fetch it first: benchkeep cache ${artifact.uid}`,
    );
  }
  if (found !== null || artifact.state === 'changed') throw changed(name);
  const reason = copies.map(({ storage_id: id }) => offline.get(id)).find((text) => text !== undefined);
  if (reason !== undefined) {
    throw new BenchkeepError(
      'offline',
      `${name} can't be reached: ${reason}`,
      'Connect the drive, or look on the computer it belongs to. Nothing was deleted.',
      {
        retry: true,
      },
    );
  }
  const last = copies[0];
  const where =
    artifact.state_reason === 'overwritten'
      ? 'a newer version was written over it'
      : last === undefined
        ? 'no copy of it is known'
        : `it is not at ${shownPath(last.root, last.path)} any more`;
  throw new BenchkeepError(
    'file_not_found',
    `The file of ${name} can't be found: ${where}`,
    'Put it back where it was, or look at its newer versions. Its record stays.',
  );
}

/** The size is compared: what costs more is the watcher's and `verify`'s. */
function isOfVersion(artifact: ArtifactRow, facts: FileFacts): boolean {
  if (artifact.n_files !== null) return facts.kind === 'folder';
  return facts.kind === 'file' && facts.size === artifact.size;
}

function changed(name: string): BenchkeepError {
  return new BenchkeepError(
    'file_changed',
    `The file of ${name} has been changed since this version was registered`,
    'Let the folder be checked (benchkeep watch --once): the new content becomes its next version.',
  );
}

/** A copy's path as the registry has it. Error: `refused` where it leads out of its storage. */
export function below(path: RawPath): RawPath {
  if (path !== '' && path.split('/').every((part) => part !== '' && part !== '.' && part !== '..')) return path;
  throw new BenchkeepError(
    'refused',
    `The registry names a path that leads out of its storage: ${rawToDisplay(path)}`,
    'Check the registry: benchkeep verify --registry.',
  );
}

function shownPath(root: string, path: Uint8Array): string {
  return escapeForDisplay(`${root}/${rawToDisplay(rawFromBytes(path))}`);
}
