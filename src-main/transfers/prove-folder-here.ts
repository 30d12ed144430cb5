/** Proof that a folder of this computer is in a store, made before it goes and looked at once more when it does. */
import { BenchkeepError } from '../../shared/errors.ts';
import { canWrite } from '../ports/fs/file-system.ts';
import { joinRaw, rawToDisplay, splitRaw, type RawPath } from '../ports/fs/raw-path.ts';
import { giveWay } from '../ports/give-way.ts';
import type { ArtifactRow, CopyRow, StorageRow } from '../registry/schema.ts';
import { manifestPath, readManifest } from '../storage/folder-manifest.ts';
import { storeOf } from '../storage/index.ts';
import { manifestOf } from './fetch-manifest.ts';
import { isFolderOpen } from './folder-here.ts';
import { beginJournal, type SentFolder } from './folder-journal.ts';
import { missingManifest, missingMember, type ManifestNote } from './prove-folder.ts';
import { cloudCopies, whyUnnamed } from './prove-in-store.ts';
import { whyNotInStore } from './prove-members.ts';
import type { TransferContext } from './transfer-context.ts';

type ProofContext = Pick<TransferContext, 'folder' | 'fs' | 'registry' | 'stores'>;

export interface FolderProof {
  storage: StorageRow;
  /** The row of the registry that names the folder there. */
  copy: CopyRow;
  /** With a journal: what each member was there, and looked like here. */
  sent: SentFolder;
}

export type FolderProven = { kind: 'proven'; proof: FolderProof } | { kind: 'not proven'; reason: string };

export interface FolderToProve {
  artifact: Pick<ArtifactRow, 'id' | 'uid'> & { sha256: string };
  path: RawPath;
  /** Of its journal, which is on the disk when it is proven, and the caller's to drop. */
  id: string;
}

/**
 * Reads all of it, and asks each store that the registry calls verified. Errors: `cancelled`; whatever else fails is a
 * reason.
 */
export async function proveFolder(
  context: ProofContext,
  toProve: FolderToProve,
  signal: AbortSignal,
): Promise<FolderProven> {
  let reason = 'it is only on this computer';
  for (const { copy, storage } of await cloudCopies(context, toProve.artifact.id)) {
    try {
      const found = await proveIn(context, toProve, { copy, storage }, signal);
      if (typeof found !== 'string') return { kind: 'proven', proof: found };
      reason = found;
    } catch (error) {
      if (!(error instanceof BenchkeepError) || error.code === 'cancelled' || signal.aborted) throw error;
      reason = error.message;
    }
  }
  return { kind: 'not proven', reason };
}

async function proveIn(
  context: ProofContext,
  { artifact: { uid, sha256 }, path, id }: FolderToProve,
  { copy, storage }: { copy: CopyRow; storage: StorageRow },
  signal: AbortSignal,
): Promise<FolderProof | string> {
  const store = await storeOf(context, storage);
  if ((await manifestOf(context, store, { uid, sha256 }, signal)) === null)
    return `its list of files is not in ${storage.root}`;
  const closed = await closedFolder(context, uid, path);
  if (closed !== null) return `${rawToDisplay(closed)} may not be written to`;
  if (await isFolderOpen(context, path)) return 'a program has a file of it open';
  const sent: SentFolder = { id, artifact_uid: uid, sha256, path: copy.path, checksum: null, version: null };
  const journal = await beginJournal(context, sent, { askAll: false });
  const reason = await whyNotInStore(context, { uid, path, sha256 }, { copy, storage }, signal, {
    list(object) {
      if (object === null) return;
      const note: ManifestNote = { etag: object.etag, size: object.size };
      Object.assign(sent, { checksum: JSON.stringify(note), version: object.version });
    },
    members: (members) => journal.add(members),
  });
  if (reason !== null) return reason;
  await journal.sync();
  return { storage, copy, sent };
}

/** The first folder in it, or around it, of which no file may be removed: found before the first one is. */
async function closedFolder(
  { fs, folder: own }: Pick<TransferContext, 'folder' | 'fs'>,
  uid: string,
  folder: RawPath,
): Promise<RawPath | null> {
  const turn = giveWay();
  const seen = new Set([splitRaw(folder).folder]);
  if (!(await canWrite(splitRaw(folder).folder))) return splitRaw(folder).folder;
  for await (const { path } of readManifest(manifestPath({ folder: own }, uid))) {
    await turn();
    const inside = splitRaw(joinRaw(folder, path)).folder;
    if (seen.has(inside)) continue;
    seen.add(inside);
    if (!(await canWrite(inside)) && (await fs.look(inside)) !== null) return inside;
  }
  return null;
}

/** Null where the registry names it there and its list and each member are the very objects of the proof, now. */
export async function whyFolderNotThere(
  context: ProofContext,
  { storage, copy, sent }: FolderProof,
  signal: AbortSignal,
): Promise<string | null> {
  const unnamed = await whyUnnamed(context, { storage, copy });
  if (unnamed !== null) return unnamed;
  const store = await storeOf(context, storage);
  const manifest = manifestPath(context, sent.artifact_uid);
  const missing =
    (await missingMember(context, { store, row: sent, manifest }, signal)) ??
    (sent.checksum === null ? null : await missingManifest(store, sent, signal));
  if (missing === null) return null;
  const what = missing.path === null ? 'its list of files' : `${rawToDisplay(missing.path)} of it`;
  return `${what} is not in ${storage.root} any more, or was replaced there`;
}
