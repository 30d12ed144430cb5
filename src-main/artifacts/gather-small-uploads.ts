/** Small uploads whose turn comes at the same moment go together (`uploadTogether`), each store's for themselves. */
import type { InstanceContext } from '../instance/index.ts';
import { gathering } from '../ports/gather.ts';
import { BenchkeepError } from '../../shared/errors.ts';
import type { ArtifactRow, StorageRow } from '../registry/schema.ts';
import { isOther, storageOf, uploadTogether, type RunTools, type SmallUpload } from '../transfers/index.ts';
import type { TransferRow } from '../workstation/schema.ts';
import { copiesIn } from './copies-in.ts';
import { locateContents } from './locate-content.ts';
import { readContext } from './read-context.ts';

/** Files of one commit, and bytes of one file, all of which are in memory at the same time. */
const MOST = 32;
const SMALL = 256 * 1024;

interface Turn {
  context: InstanceContext;
  row: TransferRow;
  tools: RunTools;
}

/** The returned function: the row of an upload that came to its end so; null for one that has to be done alone. */
export function gatherSmall(
  refuseForeign: (context: InstanceContext, storage: StorageRow) => Promise<void>,
): (turn: Turn) => Promise<TransferRow | null> {
  const join = gathering<Turn, TransferRow | null>(MOST, async (turns) => {
    const done = new Map<number, TransferRow>();
    for (const same of Map.groupBy(turns, ({ row }) => row.storage_uid).values())
      for (const [id, row] of await ofOneStore(same, refuseForeign)) done.set(id, row);
    return turns.map(({ row }) => done.get(row.id) ?? null);
  });
  return (turn) => (isPlain(turn.row) ? join(turn) : Promise.resolve(null));
}

/** What was tried before, or was begun, has its own way. */
function isPlain({ state, token, size, attempts }: TransferRow): boolean {
  return state === 'planned' && token === null && size <= SMALL && attempts === 0;
}

async function ofOneStore(
  turns: readonly Turn[],
  refuseForeign: (context: InstanceContext, storage: StorageRow) => Promise<void>,
): Promise<Map<number, TransferRow>> {
  const [first] = turns;
  if (first === undefined || turns.length === 1) return new Map();
  const { context } = first;
  try {
    const storage = await storageOf(context, first.row);
    if (storage === null) return new Map();
    await refuseForeign(context, storage);
    return await uploadTogether(context, await uploadsOf(context, turns, storage), storage);
  } catch (error) {
    // Each alone says why it can't be done, and is tried again as it should be.
    if (error instanceof BenchkeepError) return new Map();
    throw error;
  }
}

/** Those of content that is as it was queued, here, and not in the store yet. */
async function uploadsOf(
  context: InstanceContext,
  turns: readonly Turn[],
  storage: StorageRow,
): Promise<SmallUpload[]> {
  const artifacts = await artifactsOf(context, turns);
  const there = await copiesIn(context, [...artifacts.values()], storage);
  const wanted = turns.flatMap((turn) => {
    const artifact = artifacts.get(turn.row.artifact_uid);
    const isWanted =
      artifact?.n_files === null &&
      !isOther(artifact, turn.row) &&
      !there.has(artifact.id) &&
      !turn.tools.signal.aborted;
    return isWanted ? [{ ...turn, artifact }] : [];
  });
  const contents = await locateContents(
    readContext(context),
    wanted.map(({ artifact }) => artifact),
  );
  return wanted.flatMap(({ row, artifact, tools }, n) => {
    const source = contents[n];
    return source === undefined || source instanceof BenchkeepError ? [] : [{ row, artifact, source, tools }];
  });
}

async function artifactsOf({ registry }: InstanceContext, turns: readonly Turn[]): Promise<Map<string, ArtifactRow>> {
  const uids = turns.map(({ row }) => row.artifact_uid);
  const rows = await registry.db.selectFrom('artifact').selectAll().where('uid', 'in', uids).execute();
  return new Map(rows.map((row) => [row.uid, row]));
}
