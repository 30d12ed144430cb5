/** Looks at single paths that were hinted at or are due again: the same decisions as a scan, without a walk. */
import { toErrorData } from '../../shared/errors.ts';
import { factsFromRow } from './inventory-facts.ts';
import { joinRaw, rawToBytes, splitRaw, type RawPath } from '../ports/fs/raw-path.ts';
import type { FileFacts } from '../ports/fs/file-facts.ts';
import type { StorageRow } from '../registry/schema.ts';
import { localRoot } from '../storage/index.ts';
import { NO_FACTS, updateInbox, type Failed } from './inbox.ts';
import { nestedRoots } from './nested-roots.ts';
import { noteGone } from './note-gone.ts';
import { proveAttached, type ReconcileContext } from './reconcile.ts';
import type { Candidate } from './scanner.ts';
import { NOTHING_TAKEN, takeCandidates, type Taken } from './take-candidates.ts';
import { isBelowJunk, isIncluded, ruleFromRow } from './watch-rule.ts';
import { inventoryFacts } from './walk-storage.ts';

/** Looks under way at once. */
const AT_ONCE = 32;

export interface LookedAt {
  taken: Taken;
  /** Paths that are folders: they need a walk. */
  folders: RawPath[];
}

/** `paths` are below the root. Errors: `offline` where the root is not attached. */
export async function lookAtPaths(
  context: ReconcileContext,
  storage: StorageRow,
  paths: readonly RawPath[],
  settle: number,
  signal?: AbortSignal,
): Promise<LookedAt> {
  const rule = ruleFromRow(storage.watch_rule);
  const root = localRoot(storage);
  const nested = await nestedRoots(context, storage);
  const wanted = paths.filter((path) => !isBelowJunk(path) && !nested.some((other) => isAtOrBelow(other, joinRaw(root, path))));
  const candidates: Candidate[] = [];
  const folders: RawPath[] = [];
  const gone: RawPath[] = [];
  const back: RawPath[] = [];
  const vanished: RawPath[] = [];
  const failed: Failed[] = [];

  async function look(path: RawPath): Promise<void> {
    const known = await inventoryRow(context, storage, path);
    const facts = await lookOrFail(context, joinRaw(root, path), (error) => failed.push({ path, facts: NO_FACTS, error: toErrorData(error) }));
    if (facts === 'failed') return;
    if (facts === null) {
      vanished.push(path);
      if (known === undefined) folders.push(...(await knownFolder(context, storage, path)));
      else if (known.gone_since === null) gone.push(path);
    } else if (facts.kind === 'folder') folders.push(path);
    else if (facts.kind === 'file' && isIncluded(path, rule)) {
      if (known === undefined || inventoryFacts(factsFromRow(known)) !== inventoryFacts(facts)) candidates.push({ path, facts });
      else {
        vanished.push(path);
        if (known.gone_since !== null) back.push(path);
      }
    }
  }

  for (let i = 0; i < wanted.length; i += AT_ONCE) await Promise.all(wanted.slice(i, i + AT_ONCE).map(look));
  if (gone.length > 0) await proveAttached(context, storage);
  await noteGone(context, storage.uid, { gone, back });
  const changed = await updateInbox(context.workstation, storage.uid, context.clock.now(), { failed, settled: vanished });
  if (changed) context.onWatching('inbox');
  const taken = candidates.length === 0 ? { ...NOTHING_TAKEN } : await takeCandidates(context, storage, candidates, settle, signal);
  return { taken: { ...taken, failed: taken.failed + failed.length }, folders };
}

async function lookOrFail(
  context: ReconcileContext,
  path: RawPath,
  onError: (error: unknown) => void,
): Promise<FileFacts | null | 'failed'> {
  try {
    return await context.fs.look(path);
  } catch (error) {
    onError(error);
    return 'failed';
  }
}

async function inventoryRow(context: ReconcileContext, storage: StorageRow, path: RawPath) {
  const { folder, name } = splitRaw(path);
  return context.workstation.db
    .selectFrom('inventory')
    .selectAll()
    .where('storage_uid', '=', storage.uid)
    .where('folder', '=', rawToBytes(folder))
    .where('name', '=', rawToBytes(name))
    .executeTakeFirst();
}

/** The folder above `path` where `path` was itself a folder of the inventory: a walk of it tells what is gone. */
async function knownFolder(context: ReconcileContext, storage: StorageRow, path: RawPath): Promise<RawPath[]> {
  const row = await context.workstation.db
    .selectFrom('inventory')
    .select('storage_uid')
    .where('storage_uid', '=', storage.uid)
    .where('folder', '>=', rawToBytes(path))
    .where('folder', '<', Buffer.concat([rawToBytes(path), Buffer.from('0')]))
    .limit(1)
    .executeTakeFirst();
  return row === undefined ? [] : [splitRaw(path).folder];
}

function isAtOrBelow(root: RawPath, path: RawPath): boolean {
  return path === root || path.startsWith(`${root}/`);
}
