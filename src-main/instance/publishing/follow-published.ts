/**
 * Brings this computer's registry, which is not open, to the published one where that goes on from it: work that was
 * done elsewhere. A backup is made before. What has changes of its own stays as it is, and is said to differ.
 */
import { BenchkeepError } from '../../../shared/errors.ts';
import type { PublishedNote, PublishedPlace } from '../../storage/index.ts';
import type { RawPath } from '../../ports/fs/raw-path.ts';
import { registryPath } from '../instance-card.ts';
import type { Head } from '../head-file.ts';
import { finishSwap, swapRegistry } from '../swap-registry.ts';
import type { Workbench } from '../workbench.ts';
import { compareCopies, type Standing } from './compare-copies.ts';
import { changeMemory, type PublishedMemory } from './published-memory.ts';
import { fetchedPath, fetchPublished, withHistory } from './read-history.ts';

export interface FollowRequest {
  place: PublishedPlace;
  /** The instance's folder, whose lock is held, and uid. */
  folder: RawPath;
  uid: string;
  memory: PublishedMemory;
  there: { tag: string };
  note: PublishedNote | null;
  /** A person wants the published one, whatever is here. */
  anyway?: boolean;
  signal?: AbortSignal | undefined;
}

/** `followed`: the published one is here now. `away`: a person put that history away here, by restoring a backup. */
export type Followed = Standing | 'followed' | 'away';

/** Errors: those of the place, of a backup and of a published registry that is no good. */
export async function followPublished(
  workbench: Pick<Workbench, 'fs' | 'clock' | 'registryWork'>,
  request: FollowRequest,
): Promise<Followed> {
  const { fs, registryWork } = workbench;
  const { folder, memory, there, place, note, anyway = false } = request;
  await finishSwap(fs, folder);
  const noted = note?.tag === there.tag ? note.head : memory.seen?.tag === there.tag ? memory.seen.head : null;
  const first = anyway
    ? 'unknown'
    : await withHistory(registryPath(folder), (ours) => judge(ours.head, noted, memory, ours.goesThrough));
  if (first === null) return 'same';
  if (first === 'same' && noted !== null) await seen(workbench, folder, place, there.tag, noted);
  if (first === 'same' || first === 'ahead') await takeBackPutAway(workbench, folder, memory);
  if (first !== 'unknown') return first;
  try {
    const { path, head } = await fetchPublished({ fs, registryWork, ...request }, there.tag);
    const standing = anyway ? 'behind' : await standingOf(folder, path, head, memory);
    if (standing !== 'behind') {
      if (standing === 'same') await seen(workbench, folder, place, there.tag, head);
      if (standing === 'same' || standing === 'ahead') await takeBackPutAway(workbench, folder, memory);
      return standing;
    }
    // Given up meanwhile: whoever did goes on with the registry that is there.
    request.signal?.throwIfAborted();
    await backUp(workbench, request);
    request.signal?.throwIfAborted();
    await swapRegistry(workbench, { folder, uid: request.uid, from: path, now: workbench.clock.now() });
    await seen(workbench, folder, place, there.tag, head);
    await changeMemory(fs, folder, { put_away: null });
    return 'followed';
  } finally {
    await fs.removeOwnFile(fetchedPath(folder));
  }
}

function judge(
  ours: Head,
  noted: Head | null,
  { put_away: putAway }: PublishedMemory,
  goesThrough: (head: Head) => boolean,
): Standing | 'away' {
  if (noted === null) return 'unknown';
  const standing = compareCopies({ head: ours, goesThrough }, noted, null);
  if (standing === 'same' || standing === 'ahead') return standing;
  if (putAway?.id === noted.id && putAway.hash === noted.hash) return 'away';
  // A copy without changes of its own loses nothing by going over, so its own log decides nothing yet.
  return standing === 'diverged' ? 'unknown' : standing;
}

async function standingOf(
  folder: RawPath,
  path: RawPath,
  head: Head,
  memory: PublishedMemory,
): Promise<Standing | 'away'> {
  const away = memory.put_away;
  const standing = await withHistory(registryPath(folder), (ours) =>
    withHistory(path, (theirs) => {
      const found = compareCopies(ours, head, theirs);
      if (found === 'same' || found === 'ahead') return found;
      if (away?.id === head.id && away.hash === head.hash) return 'away';
      const last = memory.seen?.head;
      const hasNothingOfItsOwn = last?.id === ours.head.id && last.hash === ours.head.hash;
      return found === 'diverged' && hasNothingOfItsOwn ? 'behind' : found;
    }),
  );
  return standing ?? 'same';
}

/** Restoring was begun and not done: what was to be put away is in the registry here. */
async function takeBackPutAway({ fs }: Pick<Workbench, 'fs'>, folder: RawPath, memory: PublishedMemory): Promise<void> {
  if (memory.put_away !== null) await changeMemory(fs, folder, { put_away: null });
}

async function seen(
  { fs, clock }: Pick<Workbench, 'fs' | 'clock'>,
  folder: RawPath,
  { root }: PublishedPlace,
  tag: string,
  head: Head,
): Promise<void> {
  await changeMemory(fs, folder, { seen: { root, tag, head, at: new Date(clock.now()).toISOString() } });
}

/** Where the registry is damaged or gone there is nothing to keep but its files, which go aside. */
async function backUp(
  { registryWork, clock }: Pick<Workbench, 'registryWork' | 'clock'>,
  { folder, uid }: FollowRequest,
): Promise<void> {
  try {
    await registryWork.makeBackup({ folder, uid, kind: 'before restore', now: clock.now() });
  } catch (error) {
    const isDamaged = error instanceof BenchkeepError && error.code.startsWith('registry_');
    if (!isDamaged) throw error;
  }
}
