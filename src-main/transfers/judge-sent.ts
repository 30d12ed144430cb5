/** What is found at the key of something that was just sent, and what is to be told and done of it. */
import { BenchkeepError } from '../../shared/errors.ts';
import type { MadeObject, ObjectFacts, ObjectStore } from '../storage/index.ts';

/** How often what the store forgot, or would not make, is begun again in one go. */
export const TRIES = 3;

/** It is the very object that the store said it made. */
export function isMade(made: MadeObject | null, there: ObjectFacts): boolean {
  return made !== null && made.etag !== '' && made.etag === there.etag && made.version === there.version;
}

/**
 * Nothing is there after `failure`: true where sending it again helps. A store also says that something is there when two
 * come at the same moment, and what was there may be deleted by now (`object-stores.md`, step 3).
 */
export function isToBeSentAgain(failure: BenchkeepError | null): boolean {
  return failure === null || failure.code === 'upload_lost' || failure.code === 'already_exists';
}

/** Made just now, with other bytes than were sent: it must not stay, nor be believed. Returns what to tell. */
export async function removeWrong(store: ObjectStore, there: ObjectFacts, shown: string): Promise<BenchkeepError> {
  await store.delete(there.key, { version: there.version });
  return new BenchkeepError(
    'wrong_content',
    `The store kept other bytes than were sent to it: ${shown}`,
    'The object was removed again, and the file here was not touched. If it happens again, tell whoever looks after the store.',
    { retry: true },
  );
}

/** `shown`: the address, for people. */
export function otherThere(shown: string): BenchkeepError {
  return new BenchkeepError(
    'already_exists',
    `Something else is at ${shown} already`,
    'Nothing was replaced, neither there nor here. Look what it is: somebody else may write into this storage.',
  );
}

export function forgotten(shown: string): BenchkeepError {
  return new BenchkeepError(
    'upload_lost',
    `The store does not keep what is sent to it: ${shown}`,
    'Nothing was lost here. Ask whoever looks after the store whether unfinished uploads are removed too soon, and look who else writes there.',
    { retry: true },
  );
}
