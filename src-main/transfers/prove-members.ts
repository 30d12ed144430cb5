/** Proof that each file of a folder of this computer is in a store, as the store itself says of its bytes (`faults.md`, R4). */
import type { FileFacts } from '../ports/fs/file-facts.ts';
import { rawToDisplay, type RawPath } from '../ports/fs/raw-path.ts';
import type { CopyRow, StorageRow } from '../registry/schema.ts';
import { OWN_FOLDER, storeOf, type ObjectFacts, type ObjectStore } from '../storage/index.ts';
import { firstDifference, type Difference, type MemberHere } from './folder-here.ts';
import { isManifestHere } from './fetch-manifest.ts';
import { digestOfManifest, manifestKey, memberKey } from './folder-in-store.ts';
import { lookOf, type SentMember } from './folder-journal.ts';
import { isContent } from './judge-object.ts';
import { readChecksums } from './read-parts.ts';
import type { TransferContext } from './transfer-context.ts';

type ProofContext = Pick<TransferContext, 'folder' | 'fs' | 'stores'>;

/** Members that are read and asked about at once: their hashes are made in the thread that everybody waits for. */
const PARALLEL = 4;

export interface FolderHere {
  uid: string;
  path: RawPath;
  /** Of its list. */
  sha256: string;
}

export interface ToldOfProof {
  /** The object of its list; null where the store has none. */
  list(object: ObjectFacts | null): void;
  /** What the members are there, in their order. */
  members(members: SentMember[]): Promise<void>;
}

/**
 * Null where the folder is exactly what its list says and each file of it is in the store; else why that can't be said.
 * Errors: those of the store; `file_changed` where a file here has other content.
 */
export async function whyNotInStore(
  context: ProofContext,
  { uid, path: folder, sha256 }: FolderHere,
  { copy, storage }: { copy: CopyRow; storage: StorageRow },
  signal: AbortSignal,
  told?: ToldOfProof,
): Promise<string | null> {
  const store = await storeOf(context, storage);
  const key = copy.path.toString('utf8');
  const list = await listInStore(context, store, { uid, key, sha256 }, signal);
  if (list === null) return `its list of files is not in ${storage.root}`;
  told?.list(list === 'here' ? null : list);
  let some: MemberHere[] = [];
  const absent: RawPath[] = [];
  const areThere = async (): Promise<boolean> => {
    const members = some;
    some = [];
    signal.throwIfAborted();
    const found = await Promise.all(members.map((member) => objectOf(context, store, { key, member }, signal)));
    const proven: SentMember[] = [];
    for (const [i, { entry, facts }] of members.entries()) {
      const object = found[i] ?? null;
      if (object === null) absent.push(entry.path);
      else proven.push({ etag: object.etag, version: object.version, look: lookOf(facts) });
    }
    if (absent.length === 0) await told?.members(proven);
    return absent.length === 0;
  };
  const difference = await firstDifference(context, { uid, folder }, (member) => {
    some.push(member);
    return some.length < PARALLEL || areThere();
  });
  if (difference === null) await areThere();
  if (absent[0] !== undefined) return `${rawToDisplay(absent[0])} of it is not in ${storage.root}`;
  return difference === null ? null : wordsFor(difference);
}

/** For people, of a folder that is not what was registered. */
function wordsFor(difference: Difference): string {
  switch (difference.kind) {
    case 'no list':
      return 'its list of files is not on this computer';
    case 'no folder':
      return 'it is not there any more';
    case 'more':
      return `${rawToDisplay(difference.path)} in it was not registered with it`;
    case 'gone':
      return `${rawToDisplay(difference.path)} is not in it any more`;
    case 'other':
      return `${rawToDisplay(difference.path)} in it is not any more what was registered`;
  }
}

/**
 * Benchkeep puts it beside what it sends. Of a folder that was registered where it is, only computers have one (`here`).
 * Null where there is none, or none that is the folder's.
 */
async function listInStore(
  context: Pick<TransferContext, 'folder' | 'fs'>,
  store: ObjectStore,
  { uid, key, sha256 }: { uid: string; key: string; sha256: string },
  signal: AbortSignal,
): Promise<ObjectFacts | 'here' | null> {
  const list = await store.stat(manifestKey(uid), { signal });
  if (list !== null) return (await digestOfManifest(store, list, signal))?.text === sha256 ? list : null;
  const isHere = !key.startsWith(`${OWN_FOLDER}/`) && (await isManifestHere(context, { uid, sha256 }, signal));
  return isHere ? 'here' : null;
}

/** Null where it is not there, or is other content. */
async function objectOf(
  { fs }: Pick<TransferContext, 'fs'>,
  store: ObjectStore,
  { key, member: { entry, path, facts } }: { key: string; member: MemberHere },
  signal: AbortSignal,
): Promise<ObjectFacts | null> {
  const there = await store.stat(memberKey(key, entry.path), { signal });
  if (there === null) return null;
  const local: { path: RawPath; facts: FileFacts; sha256: string } = { path, facts, sha256: entry.sha256 };
  const md5 = there.checksums.crc32 === undefined && there.checksums.md5 !== undefined;
  const checksums = await readChecksums(fs, local, { md5, signal });
  const { size } = facts;
  return (await isContent(store, there, { size, sha256: entry.sha256, checksums }, signal)) ? there : null;
}
