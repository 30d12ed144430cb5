/**
 * Puts a snapshot in the place of the published one, if that is all in it. What is there is read, judged, and replaced
 * on the condition that it still is what was judged: nothing newer, and nothing of another history, is ever overwritten.
 */
import { BenchkeepError } from '../../../shared/errors.ts';
import type { LeaseHolder, PlaceState, PublishedNote, PublishedPlace } from '../../storage/index.ts';
import type { Head } from '../head-file.ts';
import { compareCopies, type History } from './compare-copies.ts';
import { heldBy, holdingOf, next, type Self } from './lease.ts';
import type { PublishedMemory } from './published-memory.ts';
import type { Snapshot } from './make-snapshot.ts';

export interface PublishContext {
  place: PublishedPlace;
  self: Self;
  /** UTC ISO-8601 now. */
  now: () => string;
  /** Of the registry that the snapshot was made of. */
  history: History;
  memory: Pick<PublishedMemory, 'seen' | 'put_away'>;
  /** Head of the snapshot of that tag at the place, by reading it. */
  inspect: (tag: string) => Promise<Head>;
  /** Keeps the snapshot of that tag, with that end, here as a backup. */
  keep: (theirs: Head, tag: string) => Promise<void>;
  /** Called when it is there, before anybody is told. */
  remember: (seen: { tag: string; head: Head; at: string }) => Promise<void>;
  signal?: AbortSignal | undefined;
}

export type Published =
  /** `current`: it was there already. */
  | { kind: 'published' | 'current'; note: PublishedNote }
  /** Somebody else has the turn. */
  | { kind: 'held'; holder: LeaseHolder }
  /** The registry is published elsewhere since then; nothing was put here. */
  | { kind: 'moved' }
  /** What is there has changes that are not in this registry: fetched where it goes on from here, else diverged. */
  | { kind: 'not ahead'; theirs: Head; note: PublishedNote | null };

const ROUNDS = 4;

/** Errors: `already_exists` where others are faster again and again, those of the place. */
export async function publishSnapshot(context: PublishContext, snapshot: Snapshot): Promise<Published> {
  for (let round = 1; ; round++) {
    try {
      return await publishOnce(context, snapshot);
    } catch (error) {
      if (!isFaster(error) || round === ROUNDS) throw error;
    }
  }
}

async function publishOnce(context: PublishContext, snapshot: Snapshot): Promise<Published> {
  const { place, self, history, memory, signal } = context;
  const call = { signal };
  const read = await place.readState(call);
  if (read !== null && read.state.moved_to !== null) return { kind: 'moved' };
  const holding = holdingOf(read?.state ?? null, self);
  if (read?.state.holder && holding === 'other') return { kind: 'held', holder: read.state.holder };
  const there = await place.lookAtSnapshot(call);
  if (there === null) return put(context, snapshot, null);
  const noted = read?.state.published;
  const theirs = await headOf(context, there.tag, noted ?? null);
  // What was put away on purpose is in an older copy here; whatever came after it is not.
  const isPutAway = memory.put_away?.id === theirs.id && memory.put_away.hash === theirs.hash;
  const standing = compareCopies({ ...history, head: snapshot.head }, theirs, null);
  if (standing === 'same') {
    const note = noted?.tag === there.tag ? noted : noteOf(context, snapshot, there.tag);
    await context.remember({ tag: there.tag, head: theirs, at: note.at });
    if (note !== noted) await writeNote(context, note);
    return { kind: 'current', note };
  }
  if (standing !== 'ahead' && !isPutAway) return { kind: 'not ahead', theirs, note: noted ?? null };
  // The registry that it was published from may have been damaged since, so that no backup holds it.
  if (standing !== 'ahead') await context.keep(theirs, there.tag);
  return put(context, snapshot, there.tag);
}

async function headOf(
  { memory, inspect, place }: PublishContext,
  tag: string,
  noted: PublishedNote | null,
): Promise<Head> {
  if (noted?.tag === tag) return noted.head;
  // Between the snapshot and its note somebody was stopped.
  if (memory.seen?.tag === tag && memory.seen.root === place.root) return memory.seen.head;
  return inspect(tag);
}

async function put(context: PublishContext, snapshot: Snapshot, over: string | null): Promise<Published> {
  const { place, signal } = context;
  const tag = await place.replaceSnapshot(snapshot, over, { signal });
  const note = noteOf(context, snapshot, tag);
  await context.remember({ tag, head: snapshot.head, at: note.at });
  await writeNote(context, note);
  return { kind: 'published', note };
}

/** Only for saving a look at the snapshot itself: where others went on meanwhile, theirs counts. */
async function writeNote(context: PublishContext, note: PublishedNote): Promise<void> {
  const { place, self, now, signal } = context;
  for (let round = 1; round <= ROUNDS; round++) {
    const read = await place.readState({ signal });
    if ((await place.lookAtSnapshot({ signal }))?.tag !== note.tag) return;
    const state: PlaceState | null = read?.state ?? null;
    const holding = holdingOf(state, self);
    const held = heldBy(state, self, now());
    // Who publishes without the turn does not take it by that: nobody would give it back.
    const base = holding === 'other' ? state : holding === 'mine' ? held : { ...held, holder: null };
    try {
      await place.writeState(next(base, self, { published: note }), read?.tag ?? null, { signal });
      return;
    } catch (error) {
      if (!isFaster(error)) throw error;
    }
  }
}

function noteOf({ self, now }: PublishContext, snapshot: Snapshot, tag: string): PublishedNote {
  return {
    head: snapshot.head,
    tag,
    size: snapshot.size,
    sha256: snapshot.checksums.sha256,
    n_artifacts: snapshot.nArtifacts,
    workstation_uid: self.workstationUid,
    host: self.host,
    user: self.user,
    at: now(),
  };
}

function isFaster(error: unknown): boolean {
  return error instanceof BenchkeepError && error.code === 'already_exists';
}
