/** A person says where a missing file is now: proven by its content, and with the others of its folder if asked. */
import type { ArtifactRecord } from '../../shared/contract/index.ts';
import { BenchkeepError, reviveError } from '../../shared/errors.ts';
import { escapeForDisplay } from '../../shared/format/display-name.ts';
import { artifactRecords, findArtifact, readContext, readFolderContent } from '../artifacts/index.ts';
import type { InstanceContext } from '../instance/index.ts';
import type { FileFacts } from '../ports/fs/file-facts.ts';
import {
  joinRaw,
  rawFromBytes,
  rawFromText,
  rawToBytes,
  rawToDisplay,
  relativeRaw,
  splitRaw,
  type RawPath,
} from '../ports/fs/raw-path.ts';
import { writeRegistry } from '../registry/change-log.ts';
import type { ArtifactRow, StorageRow } from '../registry/schema.ts';
import { localRoot, storageOfPath } from '../storage/index.ts';
import { bareArtifacts } from './bare-artifacts.ts';
import { followMoves } from './follow-moves.ts';
import type { Move } from './moves.ts';

interface Place {
  storage: StorageRow;
  path: RawPath;
  facts: FileFacts;
}

const EVIDENCE = 'somebody said so, and the content is the same';

/**
 * Errors: `refused` (it is not missing; it lies in no storage; other content; a record of its own that has labels or
 * versions), `file_not_found`, `not_a_file`, `file_unreadable`.
 */
export async function locateArtifact(
  context: InstanceContext,
  input: { artifact: string; path: string; siblings: boolean },
): Promise<{ items: ArtifactRecord[]; siblings: number }> {
  const artifact = await findArtifact(context.registry.db, input.artifact);
  if (artifact.state !== 'missing') {
    throw new BenchkeepError(
      'refused',
      `${nameOf(artifact)} is not missing`,
      'Its file is where the registry says. To register another place, save it there.',
    );
  }
  const place = await placeOf(context, input.path);
  await proveContent(context, artifact, place);
  const absorbs = await ownRecordAt(context, place);
  const old = await oldPlace(context, artifact);
  if (old === null) return { ...(await addCopy(context, artifact, place, absorbs)), siblings: 0 };
  const main = moveOf(artifact, old, place, absorbs);
  const others = input.siblings ? await findSiblings(context, artifact, old, place) : [];
  const followed = new Set(
    await followMoves(context, [main, ...others.map(({ move }) => move)], await context.author(), 'locate'),
  );
  if (!followed.has(main)) {
    throw new BenchkeepError('file_changed', `${rawToDisplay(place.path)} was changed meanwhile`, 'Try it again.', {
      retry: true,
    });
  }
  context.onWatching('folders');
  const ids = [artifact.id, ...others.filter(({ move }) => followed.has(move)).map(({ artifact: { id } }) => id)];
  return { items: await artifactRecords(readContext(context), ids), siblings: ids.length - 1 };
}

async function placeOf(context: InstanceContext, text: string): Promise<Place> {
  const shown = escapeForDisplay(text);
  const asked = rawFromText(text);
  const facts = await context.fs.look(asked);
  if (facts === null) throw new BenchkeepError('file_not_found', `${shown} is not there`, 'Check the path.');
  const absolute = await context.fs.realPath(asked);
  const place = await storageOfPath(context, absolute);
  if (place === null || place.relative === '') {
    throw new BenchkeepError(
      'refused',
      `${shown} lies in no storage of this computer`,
      'Add its folder first (benchkeep storage add FOLDER --watch), then say where the file is.',
    );
  }
  return { storage: place.storage, path: place.relative, facts };
}

async function proveContent(
  context: InstanceContext,
  artifact: ArtifactRow,
  { storage, path, facts }: Place,
): Promise<void> {
  const absolute = joinRaw(localRoot(storage), path);
  const isFolder = artifact.n_files !== null;
  if (facts.kind !== (isFolder ? 'folder' : 'file')) {
    throw new BenchkeepError(
      'not_a_file',
      `${rawToDisplay(path)} is not a ${isFolder ? 'folder' : 'file'}`,
      `Choose the ${isFolder ? 'folder' : 'file'} itself.`,
    );
  }
  if ((await contentOf(context, absolute, isFolder)) === (artifact.sha256 ?? artifact.hash)) return;
  throw new BenchkeepError(
    'refused',
    `${rawToDisplay(path)} has other content than ${nameOf(artifact)}`,
    `If it is its next version, save it as that: benchkeep save FILE --revises ${artifact.uid}.`,
  );
}

/** The sha256, or LaminDB's hash where only that is known. */
async function contentOf(context: InstanceContext, path: RawPath, isFolder: boolean): Promise<string> {
  if (isFolder) {
    const nothing = (): void => undefined;
    const tools = { signal: new AbortController().signal, onBytes: nothing, onSkipped: nothing, onEntry: nothing };
    return (await readFolderContent(context, path, tools)).sha256;
  }
  const [outcome] = await context.hasher.hashFiles([path], {});
  if (outcome?.kind === 'failed') throw reviveError(outcome.error);
  if (outcome?.kind === 'hashed') return outcome.sha256;
  throw new BenchkeepError('file_changed', `${rawToDisplay(path)} was changed while it was read`, 'Try it again.', {
    retry: true,
  });
}

/** Id of the record that the watcher made of the file meanwhile: it is taken together with the missing one. */
async function ownRecordAt({ registry }: InstanceContext, { storage, path }: Place): Promise<number | null> {
  const row = await bareArtifacts(registry.db)
    .where('copy.storage_id', '=', storage.id)
    .where('copy.path', '=', rawToBytes(path))
    .executeTakeFirst();
  if (row === undefined) return null;
  if (row.bare === 1) return row.id;
  throw new BenchkeepError(
    'refused',
    `${rawToDisplay(path)} is registered as ${row.uid}, with details of its own`,
    'Keep that record, and move the missing one to the trash if it is the same.',
  );
}

async function oldPlace(
  { registry }: InstanceContext,
  { id }: ArtifactRow,
): Promise<{ storage: StorageRow; path: RawPath } | null> {
  const copy = await registry.db
    .selectFrom('copy')
    .selectAll()
    .where('artifact_id', '=', id)
    .orderBy('id')
    .limit(1)
    .executeTakeFirst();
  if (copy === undefined) return null;
  const storage = await registry.db
    .selectFrom('storage')
    .selectAll()
    .where('id', '=', copy.storage_id)
    .executeTakeFirstOrThrow();
  return { storage, path: rawFromBytes(copy.path) };
}

function moveOf(artifact: ArtifactRow, from: Move['from'], to: Place, absorbs: number | null): Move {
  return { uid: artifact.uid, from, to, sha256: artifact.sha256 ?? '', evidence: EVIDENCE, sameFile: false, absorbs };
}

/** What was overwritten has no place any more: it gets one. */
async function addCopy(
  context: InstanceContext,
  artifact: ArtifactRow,
  place: Place,
  absorbs: number | null,
): Promise<{ items: ArtifactRecord[] }> {
  await writeRegistry(context, await context.author(), 'locate', async (write) => {
    write.note = `Found at ${rawToDisplay(place.path)}: ${EVIDENCE}.`;
    if (absorbs !== null) {
      const copies = await write.tx.selectFrom('copy').select('id').where('artifact_id', '=', absorbs).execute();
      for (const { id } of copies) await write.remove('copy', id, artifact.uid);
      await write.remove('artifact', absorbs);
    }
    const row = {
      artifact_id: artifact.id,
      storage_id: place.storage.id,
      path: rawToBytes(place.path),
      verified_at: write.now,
      created_at: write.now,
    };
    write.insert('copy', [row], [artifact.uid]);
    const found = { state: 'ok' as const, state_reason: null, storage_id: place.storage.id, updated_at: write.now };
    await write.update('artifact', artifact.id, found);
  });
  return { items: await artifactRecords(readContext(context), [artifact.id]) };
}

/** Other missing files that lay in the same folder or below it, found at the same place below the new one. */
async function findSiblings(
  context: InstanceContext,
  artifact: ArtifactRow,
  old: Move['from'],
  place: Place,
): Promise<{ move: Move; artifact: ArtifactRow }[]> {
  const before = splitRaw(old.path).folder;
  const after = splitRaw(place.path).folder;
  const rows = await context.registry.db
    .selectFrom('artifact')
    .innerJoin('copy', 'copy.artifact_id', 'artifact.id')
    .selectAll('artifact')
    .select('copy.path')
    .where('artifact.state', '=', 'missing')
    .where('copy.storage_id', '=', old.storage.id)
    .where('artifact.id', '!=', artifact.id)
    .execute();
  const found: { move: Move; artifact: ArtifactRow }[] = [];
  for (const { path, ...sibling } of rows) {
    const rest = before === '' ? rawFromBytes(path) : relativeRaw(before, rawFromBytes(path));
    if (rest === null || rest === '' || sibling.n_files !== null) continue;
    const to = joinRaw(after, rest);
    const absolute = joinRaw(localRoot(place.storage), to);
    const facts = await context.fs.look(absolute);
    if (facts?.kind !== 'file' || facts.size !== sibling.size) continue;
    const [outcome] = await context.hasher.hashFiles([absolute], {});
    if (outcome?.kind !== 'hashed' || outcome.sha256 !== sibling.sha256) continue;
    const target = { storage: place.storage, path: to, facts: outcome.facts };
    const own = await bareArtifacts(context.registry.db)
      .where('copy.storage_id', '=', place.storage.id)
      .where('copy.path', '=', rawToBytes(to))
      .executeTakeFirst();
    if (own?.bare === 0) continue;
    const from = { storage: old.storage, path: rawFromBytes(path) };
    found.push({ artifact: sibling, move: moveOf(sibling, from, target, own?.id ?? null) });
  }
  return found;
}

function nameOf({ key, uid }: ArtifactRow): string {
  return `"${escapeForDisplay(key ?? uid)}"`;
}
