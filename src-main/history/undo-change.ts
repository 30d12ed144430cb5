/** Takes back what was done: all rows of one transaction of the change log, in one transaction that can be taken back itself. */
import type { ArtifactRecord } from '../../shared/contract/index.ts';
import { BenchkeepError } from '../../shared/errors.ts';
import { artifactRecords, readContext } from '../artifacts/index.ts';
import type { InstanceContext } from '../instance/index.ts';
import { writeRegistry, type RegistryWrite } from '../registry/change-log.ts';
import { describeTransaction } from './describe-transaction.ts';
import { findLastOwn } from './find-last-own.ts';
import { followUndo, forgetMoved, rememberMoved } from './follow-undo.ts';
import { judgeKind, nameConflict } from './judge-transaction.ts';
import { readRows } from './logged-rows.ts';
import { partRecords } from './part-records.ts';
import { placesOfUndo, type TouchedPlace } from './places-of-undo.ts';
import { planUndo, type Step } from './plan-undo.ts';
import { changesOf, countRecords, findTransaction, sampleOf, type TransactionHead } from './read-transactions.ts';
import { findReferrer, takeBack } from './take-back.ts';
import { undoNote, undoTitle } from './undo-note.ts';
import { isOfPlaces } from './undo-policy.ts';

type Context = Pick<
  InstanceContext,
  'registry' | 'workstation' | 'workstationUid' | 'fs' | 'clock' | 'random' | 'author' | 'onCommitted' | 'onWatching'
>;

const MOST_ANSWERED = 1000;
const CHUNK = 500;

/**
 * `change` null: the last one of this person that can be taken back. Registrations are taken back by the trash, since
 * their files stay. Errors: `not_found`; `refused`, with what is in the way; `offline` where files can't be looked for.
 */
export async function undoChange(
  context: Context,
  input: { change: number | null },
): Promise<{ items: ArtifactRecord[]; transaction: number; title: string }> {
  const db = context.registry.db;
  const author = await context.author();
  const head = input.change === null ? await findLastOwn(db, author.userId) : await findTransaction(db, input.change);
  if (head === null) throw notFound(input.change);
  const changes = await changesOf(db, head);
  const steps = planUndo(head.operation, changes);
  const { reason } = await judgeKind(db, head, changes, steps);
  if (reason !== null) throw refused(reason);
  const what = await describeTransaction(db, head, await sampleOf(db, head), await countRecords(db, head));
  const touched = isOfPlaces(head.operation) ? await placesOfUndo(context, steps) : [];
  await forgetMoved(context, touched);
  const { owners, transaction } = await writeRegistry(context, author, 'undo', async (write) => {
    write.note = undoNote(head.first, what);
    const before = await lastChange(write);
    await takeSteps(write, head, steps);
    return { owners: await partRecords(write, touched, context.random), transaction: before + 1 };
  }).catch(async (error: unknown) => {
    await rememberMoved(context, touched);
    throw error;
  });
  await followUndo(context, touched, owners, await missingOf(context, touched));
  if (touched.length > 0) context.onWatching('folders');
  const items = await artifactRecords(readContext(context), await artifactsIn(context, steps, owners));
  return { items, transaction, title: undoTitle(what) };
}

async function takeSteps(write: RegistryWrite, head: TransactionHead, steps: readonly Step[]): Promise<void> {
  const conflict = (await findReferrer(write.tx, steps)) ?? takeBack(await readRows(write.tx, steps), steps, write);
  if (conflict !== null) throw refused(await nameConflict(write.tx, head, conflict));
}

async function lastChange({ tx }: RegistryWrite): Promise<number> {
  const row = await tx.selectFrom('change').select('id').orderBy('id', 'desc').limit(1).executeTakeFirstOrThrow();
  return row.id;
}

async function missingOf({ registry }: Context, touched: readonly TouchedPlace[]): Promise<Set<number>> {
  const ids = [...new Set(touched.map(({ artifactId }) => artifactId))];
  const missing = new Set<number>();
  for (let i = 0; i < ids.length; i += CHUNK) {
    const rows = await registry.db
      .selectFrom('artifact')
      .select('id')
      .where('id', 'in', ids.slice(i, i + CHUNK))
      .where('state', '=', 'missing')
      .execute();
    for (const { id } of rows) missing.add(id);
  }
  return missing;
}

/** Ids of the artifacts that an undo is about, not more than are answered. */
async function artifactsIn(
  { registry }: Context,
  steps: readonly Step[],
  owners: ReadonlyMap<TouchedPlace, string>,
): Promise<number[]> {
  const uids = [...new Set([...steps.map(({ uid }) => uid), ...owners.values()])].slice(0, MOST_ANSWERED);
  const rows = await registry.db.selectFrom('artifact').select('id').where('uid', 'in', uids).orderBy('id').execute();
  return rows.map(({ id }) => id);
}

function notFound(change: number | null): BenchkeepError {
  return change === null
    ? new BenchkeepError(
        'not_found',
        'There is nothing of yours that can be taken back',
        'See what was done with benchkeep view, and name a change: benchkeep undo CHANGE.',
      )
    : new BenchkeepError('not_found', `There is no change ${String(change)}`, 'See benchkeep view for their numbers.');
}

/** `reason`: what is so, and mostly what to do. */
function refused(reason: string): BenchkeepError {
  const [what = '', ...rest] = reason.split(/(?<=\.) (?=[A-Z])/);
  const remedy = rest.length > 0 ? rest.join(' ') : 'Nothing was changed. See benchkeep view for what was done.';
  return new BenchkeepError('refused', `This can't be taken back: ${lowerFirst(what.replace(/\.$/, ''))}`, remedy);
}

function lowerFirst(text: string): string {
  return /^(It|The|What|A|Another) /.test(text) ? (text[0]?.toLowerCase() ?? '') + text.slice(1) : text;
}
