/** Is a folder in the store still what was verified of it? The list of the store is compared with the journal. */
import { giveWay } from '../ports/give-way.ts';
import { rawFromBytes, type RawPath } from '../ports/fs/raw-path.ts';
import { readManifest, type ManifestEntry } from '../storage/folder-manifest.ts';
import type { ObjectFacts, ObjectStore } from '../storage/index.ts';
import { manifestKey, memberKey } from './folder-in-store.ts';
import { readJournal, type SentFolder, type SentMember } from './folder-journal.ts';
import { isContent } from './judge-object.ts';
import { keyOf, type TransferContext } from './transfer-context.ts';

/** A member that is not any more what was verified; null in place of its path: the manifest. */
export interface Missing {
  path: RawPath | null;
  /** Nothing is there; else it is something else. */
  isGone: boolean;
}

/**
 * Null where every member is the very object that was verified. What the list does not have is asked for once more: not
 * every store lists in the order of the keys. Other people's objects below the folder are none of its members.
 */
export async function missingMember(
  context: Pick<TransferContext, 'folder' | 'fs'>,
  { store, row, manifest }: { store: ObjectStore; row: SentFolder; manifest: RawPath },
  signal: AbortSignal,
): Promise<Missing | null> {
  const turn = giveWay(signal);
  const lead = memberKey(keyOf(row), '' as RawPath);
  const noted = readJournal(context, row);
  const listed = store.list(lead, { signal });
  let next = await listed.next();
  try {
    for await (const entry of readManifest(manifest)) {
      await turn();
      const note = await noted.next();
      if (note.done === true) return { path: entry.path, isGone: true };
      const key = memberKey(keyOf(row), entry.path);
      while (next.done !== true && orderOf(next.value, lead) < entry.path) next = await listed.next();
      const there = next.done !== true && next.value.key === key ? next.value : null;
      if (there !== null && isSame(there, entry, note.value)) continue;
      const alone = await store.stat(key, { signal });
      if (alone === null) return { path: entry.path, isGone: true };
      if (isSame(alone, entry, note.value)) continue;
      // A store without ETags: its bytes tell.
      const unknown = alone.etag === '' && note.value.etag === '' && alone.version === note.value.version;
      const { size, sha256 } = entry;
      if (!unknown || !(await isContent(store, alone, { size, sha256, checksums: {} }, signal)))
        return { path: entry.path, isGone: false };
    }
    return null;
  } finally {
    await listed.return(undefined);
    await noted.return();
  }
}

function orderOf({ key }: ObjectFacts, lead: string): RawPath {
  return rawFromBytes(Buffer.from(key.slice(lead.length), 'utf8'));
}

function isSame(facts: ObjectFacts, { size }: ManifestEntry, { etag, version }: SentMember): boolean {
  if (facts.size !== size || facts.etag === '' || facts.etag !== etag) return false;
  // Lists of some stores tell no versions.
  return facts.version === null || version === null || facts.version === version;
}

/** The manifest's object is the one that was verified: `row.checksum` and `row.version` say which. */
export async function missingManifest(
  store: ObjectStore,
  row: SentFolder,
  signal: AbortSignal,
): Promise<Missing | null> {
  const facts = await store.stat(manifestKey(row.artifact_uid), { signal });
  if (facts === null) return { path: null, isGone: true };
  const known = noteOf(row);
  const same =
    known !== null && facts.size === known.size && facts.etag === known.etag && facts.version === row.version;
  return same ? null : { path: null, isGone: false };
}

export interface ManifestNote {
  etag: string;
  size: number;
}

function noteOf({ checksum }: SentFolder): ManifestNote | null {
  return checksum === null ? null : (JSON.parse(checksum) as ManifestNote);
}
