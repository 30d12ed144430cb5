/** What becomes of files that differ from the inventory: registered, waiting, or failed with a reason. */
import type { StorageRow } from '../registry/schema.ts';
import { registerFiles, type RegisterRequest } from '../artifacts/index.ts';
import type { InstanceContext } from '../instance/index.ts';
import { instrumentRun } from '../provenance/index.ts';
import { sameFacts } from '../ports/fs/file-facts.ts';
import { fileId } from '../ports/fs/open-for-writing.ts';
import type { RawPath } from '../ports/fs/raw-path.ts';
import { factsOfRow, inboxOf, updateInbox, type Failed, type Waiting } from './inbox.ts';
import type { Candidate, Scanner } from './scanner.ts';
import { ignoredPaths } from './ignored-paths.ts';
import { registerUnits } from './register-units.ts';
import { judgeStability } from './stability.ts';

export interface TakeContext extends InstanceContext {
  scanner: Scanner;
}

export interface Taken {
  registered: number;
  versions: number;
  waiting: number;
  failed: number;
}

export const NOTHING_TAKEN: Readonly<Taken> = { registered: 0, versions: 0, waiting: 0, failed: 0 };

export function addTaken(a: Readonly<Taken>, b: Readonly<Taken>): Taken {
  return {
    registered: a.registered + b.registered,
    versions: a.versions + b.versions,
    waiting: a.waiting + b.waiting,
    failed: a.failed + b.failed,
  };
}

/** Ms between two looks at a folder that waits for a file: one look may be at 100,000 files. */
const LOOK_AT_UNIT = 30_000;

/** `settle` in ms. What is stable is registered before this returns; the rest is in the inbox. */
export async function takeCandidates(
  context: TakeContext,
  storage: StorageRow,
  candidates: readonly Candidate[],
  settle: number,
  signal?: AbortSignal,
  follow?: RegisterRequest['follow'],
): Promise<Taken> {
  if (candidates.length === 0) return { ...NOTHING_TAKEN };
  const { workstation, clock } = context;
  const earlier = inboxOf(
    workstation,
    storage.uid,
    candidates.map(({ path }) => path),
  );
  const isIgnored = await ignoredPaths(workstation, storage.uid);
  const now = clock.now();
  const stable: Candidate[] = [];
  // What failed before is read after what may be read at once.
  const again: Candidate[] = [];
  const waiting: Waiting[] = [];
  for (const candidate of candidates) {
    if (isIgnored(candidate.path)) continue;
    const row = earlier.get(candidate.path);
    const next = row?.next ?? null;
    const due = next === null ? null : Date.parse(next);
    // What failed is left alone until its next try, unless it changed.
    if (row?.state === 'failed' && due !== null && due > now && sameFacts(factsOfRow(row), candidate.facts)) continue;
    const look = row?.state === 'waiting' && due !== null ? { facts: factsOfRow(row), due } : null;
    if ((candidate.waitsFor ?? candidate.unit?.waitsFor ?? null) !== null) {
      waiting.push({ ...candidate, cause: 'unit', next: now + Math.max(settle, LOOK_AT_UNIT) });
      continue;
    }
    const quiet = candidate.unit?.quiet ?? null;
    const judged = judgeStability(
      candidate.facts,
      look,
      now,
      quiet === null ? settle : quiet * 1000,
      candidate.touched,
    );
    if (judged.stable) (row?.state === 'failed' ? again : stable).push(candidate);
    else waiting.push({ ...candidate, cause: 'settling', next: judged.next });
  }
  const { closed, open } = await splitOpen(context, [...stable, ...again], now + settle);
  waiting.push(...open);
  // Told before anything is read: what waits is seen at once, however long the reading takes.
  if (await updateInbox(workstation, storage.uid, now, { waiting })) context.onWatching('inbox');
  const files = closed.filter(({ unit }) => unit === undefined);
  const taken = await registerStable(context, storage, files, settle, signal, follow);
  const units = closed.filter(({ unit }) => unit !== undefined);
  const all = addTaken(taken, await registerUnits(context, storage, units, settle, signal, follow));
  return { ...all, waiting: all.waiting + waiting.length };
}

/** Files that some program holds open for writing wait, however old they look. */
async function splitOpen(
  { scanner }: TakeContext,
  stable: readonly Candidate[],
  next: number,
): Promise<{ closed: Candidate[]; open: Waiting[] }> {
  if (stable.length === 0) return { closed: [], open: [] };
  const written = await scanner.openForWriting(new Set(stable.map(({ facts }) => fileId(facts))));
  const closed: Candidate[] = [];
  const open: Waiting[] = [];
  for (const candidate of stable) {
    if (written.has(fileId(candidate.facts))) open.push({ ...candidate, cause: 'open', next });
    else closed.push(candidate);
  }
  return { closed, open };
}

async function registerStable(
  context: TakeContext,
  storage: StorageRow,
  files: readonly Candidate[],
  settle: number,
  signal: AbortSignal | undefined,
  follow: RegisterRequest['follow'],
): Promise<Taken> {
  const taken = { ...NOTHING_TAKEN };
  if (files.length === 0) return taken;
  const author = { userId: storage.created_by_id, runId: await instrumentRun(context, storage) };
  const outcomes = await registerFiles(context, {
    storage,
    files: [...files],
    author,
    operation: 'watch',
    ...(signal === undefined ? {} : { signal }),
    ...(follow === undefined ? {} : { follow }),
  });
  const settled: RawPath[] = [];
  const waiting: Waiting[] = [];
  const failed: Failed[] = [];
  const now = context.clock.now();
  for (const [index, outcome] of outcomes.entries()) {
    const file = files[index];
    if (file === undefined) continue;
    if (outcome.kind === 'changed') waiting.push({ ...file, cause: 'changed', next: now + settle });
    else if (outcome.kind === 'failed') failed.push({ ...file, error: outcome.error });
    else {
      settled.push(file.path);
      if (outcome.kind === 'registered') {
        taken.registered += 1;
        if (outcome.version) taken.versions += 1;
      }
    }
  }
  taken.waiting = waiting.length;
  taken.failed = failed.length;
  if (await updateInbox(context.workstation, storage.uid, now, { waiting, failed, settled }))
    context.onWatching('inbox');
  return taken;
}
