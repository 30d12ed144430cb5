/** A folder that was registered where it is, and that this computer has no list of: the list of what is there now. */
import { createHash } from 'node:crypto';
import { BenchkeepError } from '../../shared/errors.ts';
import { encodeHash } from '../../shared/hash-encoding.ts';
import { writeGzipLines } from '../ports/fs/gzip-lines.ts';
import { joinRaw, rawToDisplay, type RawPath } from '../ports/fs/raw-path.ts';
import { collectFolderHash } from '../storage/objects/collect-folder-hash.ts';
import { objectMembers } from '../storage/objects/object-members.ts';
import {
  manifestFolder,
  manifestLine,
  manifestPath,
  readManifest,
  type ManifestEntry,
} from '../storage/folder-manifest.ts';
import { hashOfObject, markOfObject, type ObjectStore } from '../storage/index.ts';
import { replaced, type FetchRequest } from './fetch-content.ts';
import { memberKey } from './folder-in-store.ts';
import type { TransferContext } from './transfer-context.ts';

type ListContext = Pick<TransferContext, 'folder' | 'fs' | 'hasher' | 'random'>;

/** Files that are read in one go. */
const BATCH = 500;

export interface MemberList {
  /** Like a manifest; what its store says of a member stands in place of the SHA-256 that nobody knows yet. */
  path: RawPath;
  discard(): Promise<void>;
}

/** Errors: `wrong_content` where something else is there than what was registered; `empty_folder`, `invalid_key`, those of the store. */
export async function listMembers(
  context: ListContext,
  store: ObjectStore,
  request: FetchRequest,
  signal: AbortSignal,
): Promise<MemberList> {
  const { artifact, storage, key } = request;
  await context.fs.makeFolder(manifestFolder(context), 0o700);
  const list = await writeGzipLines(manifestFolder(context), context.random);
  try {
    const hash = collectFolderHash();
    let [size, n] = [0, 0];
    for await (const { path, facts } of objectMembers(
      store,
      { folder: key, shown: `${storage.root}/${key}` },
      signal,
    )) {
      hash.add(hashOfObject(store.kind, facts).hash);
      await list.write(manifestLine({ path, size: facts.size, sha256: markOfObject(store.kind, facts) }));
      size += facts.size;
      n += 1;
    }
    // Where its checksum is known, that of all bytes tells: the same ones may have been sent in another way since.
    const isSame = artifact.sha256 !== null || (n > 0 && (await hash.end()) === artifact.hash);
    if (size !== artifact.size || n !== artifact.n_files || !isSame) throw replaced(request);
    return { path: await list.end(), discard: () => list.discard() };
  } catch (error) {
    await list.discard();
    throw error;
  }
}

export interface FetchedMembers {
  store: ObjectStore;
  request: FetchRequest;
  list: RawPath;
  /** The folder that they came into. */
  part: RawPath;
}

/**
 * Reads all that came, and makes the folder's manifest of it; its SHA-256 (hex). Errors: `wrong_content`; a member whose
 * bytes are wrong is removed, so that it is fetched once more.
 */
export async function proveMembers(
  context: ListContext,
  { store, request, list, part }: FetchedMembers,
  signal: AbortSignal,
): Promise<string> {
  const manifest = await writeGzipLines(manifestFolder(context), context.random);
  const whole = createHash('sha256');
  let some: ManifestEntry[] = [];
  const prove = async (): Promise<void> => {
    const paths = some.map(({ path }) => joinRaw(part, path));
    const outcomes = await context.hasher.hashFiles(paths, { signal });
    for (const [i, entry] of some.entries()) {
      const outcome = outcomes[i];
      const isRight = outcome?.kind === 'hashed' && (await isMember(store, request, entry, outcome, signal));
      if (outcome?.kind !== 'hashed' || !isRight) {
        await context.fs.removeOwnFile(joinRaw(part, entry.path));
        throw wrongMember(request, entry.path);
      }
      const line = manifestLine({ ...entry, sha256: outcome.sha256 });
      whole.update(line, 'latin1');
      await manifest.write(line);
    }
    some = [];
  };
  try {
    for await (const entry of readManifest(list)) {
      some.push(entry);
      if (some.length === BATCH) await prove();
    }
    await prove();
    const sha256 = whole.digest('hex');
    if ((request.artifact.sha256 ?? sha256) !== sha256) {
      // Nobody can say which of them is the one that is not right.
      await context.fs.removeTemporaryFolder(part);
      throw replaced(request);
    }
    await manifest.end();
    await manifest.finish(manifestPath(context, request.artifact.uid));
    return sha256;
  } finally {
    await manifest.discard();
  }
}

async function isMember(
  store: ObjectStore,
  { key }: FetchRequest,
  { path, sha256: mark }: ManifestEntry,
  { hash, hashType, sha256 }: { hash: string; hashType: string; sha256: string },
  signal: AbortSignal,
): Promise<boolean> {
  if (!mark.includes(':')) return mark === sha256;
  if (!mark.startsWith('md5:') || hashType !== 'md5' || hash === hashOfMark(mark)) return true;
  // Of objects that are encrypted with a key of their own the ETag only looks like an MD5, which lists don't tell.
  const alone = await store.stat(memberKey(key, path), { signal });
  return alone?.checksums.md5 === undefined;
}

/** Of `md5:…`, as LaminDB writes it. */
export function hashOfMark(mark: string): string {
  return encodeHash(Buffer.from(mark.slice('md5:'.length), 'hex'));
}

function wrongMember({ storage, key }: FetchRequest, path: RawPath): BenchkeepError {
  return new BenchkeepError(
    'wrong_content',
    `What came of ${storage.root}/${key}/${rawToDisplay(path)} is not what its store says of it`,
    'It was thrown away, and the rest is kept. Fetch it again; if it stays, ask who looks after the bucket.',
    { retry: true },
  );
}
