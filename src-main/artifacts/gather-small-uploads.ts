/** Small uploads whose turn comes at the same moment go together (`uploadTogether`), each store's for themselves. */
import type { InstanceContext } from '../instance/index.ts';
import { gathering } from '../ports/gather.ts';
import { BenchkeepError } from '../../shared/errors.ts';
import type { ArtifactRow, StorageRow } from '../registry/schema.ts';
import {
  isOther,
  storageOf,
  uploadTogether,
  type RunTools,
  type SmallUpload,
  type Together,
} from '../transfers/index.ts';
import type { TransferRow } from '../workstation/schema.ts';
import { copiesIn } from './copies-in.ts';

/** Files of one commit, and bytes of one file, all of which are in memory at the same time. */
const MOST = 32;
const SMALL = 256 * 1024;

const ALONE: Together = { done: new Map(), failure: null };

interface Turn {
  context: InstanceContext;
  row: TransferRow;
  tools: RunTools;
}

/** How the store of a batch is asked for first, and what to do where it could not be reached. */
export interface StoreCare {
  refuseForeign: (context: InstanceContext, storage: StorageRow) => Promise<void>;
  failed: (context: InstanceContext, storage: StorageRow, error: unknown) => void;
}

/**
 * The returned function: the row of an upload that came to its end so; null for one that has to be done alone. Errors: why
 * its store can't be reached by anybody.
 */
export function gatherSmall(care: StoreCare): (turn: Turn) => Promise<TransferRow | null> {
  const join = gathering<Turn, Ended>(MOST, async (turns) => {
    const ends = new Map<Turn, Ended>();
    for (const same of Map.groupBy(turns, ({ row }) => row.storage_uid).values()) {
      const { done, failure } = await ofOneStore(same, care);
      for (const turn of same) ends.set(turn, { row: done.get(turn.row.id) ?? null, failure });
    }
    return turns.map((turn) => ends.get(turn) ?? { row: null, failure: null });
  });
  return async (turn) => {
    if (!isPlain(turn.row)) return null;
    const { row, failure } = await join(turn);
    // Who was stopped meanwhile is no failure of the store.
    if (row === null && failure !== null && !turn.tools.signal.aborted) throw failure;
    return row;
  };
}

interface Ended {
  row: TransferRow | null;
  failure: BenchkeepError | null;
}

/** What was tried before, or was begun, has its own way. */
function isPlain({ state, token, size, attempts }: TransferRow): boolean {
  return state === 'planned' && token === null && size <= SMALL && attempts === 0;
}

async function ofOneStore(turns: readonly Turn[], care: StoreCare): Promise<Together> {
  const [first] = turns;
  if (first === undefined || turns.length === 1) return ALONE;
  const { context } = first;
  const storage = await storageOf(context, first.row);
  if (storage === null) return ALONE;
  try {
    await care.refuseForeign(context, storage);
    const ended = await uploadTogether(context, await uploadsOf(context, turns, storage), storage);
    if (ended.failure !== null) care.failed(context, storage, ended.failure);
    return ended;
  } catch (error) {
    if (!(error instanceof BenchkeepError)) throw error;
    care.failed(context, storage, error);
    return { done: new Map(), failure: error };
  }
}

/** Those of content that is not another one by now, and not in the store yet. */
async function uploadsOf(
  context: InstanceContext,
  turns: readonly Turn[],
  storage: StorageRow,
): Promise<SmallUpload[]> {
  const artifacts = await artifactsOf(context, turns);
  const there = await copiesIn(context, [...artifacts.values()], storage);
  return turns.flatMap((turn) => {
    const artifact = artifacts.get(turn.row.artifact_uid);
    const isWanted =
      artifact?.n_files === null &&
      !isOther(artifact, turn.row) &&
      !there.has(artifact.id) &&
      !turn.tools.signal.aborted;
    return isWanted ? [{ ...turn, artifact }] : [];
  });
}

async function artifactsOf({ registry }: InstanceContext, turns: readonly Turn[]): Promise<Map<string, ArtifactRow>> {
  const uids = turns.map(({ row }) => row.artifact_uid);
  const rows = await registry.db.selectFrom('artifact').selectAll().where('uid', 'in', uids).execute();
  return new Map(rows.map((row) => [row.uid, row]));
}
