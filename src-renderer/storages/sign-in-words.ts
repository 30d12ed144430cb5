/** How this computer signs in to a bucket, in words. */
import { inWindowWords } from '../ui/window-words.ts';
import type { SignInInput, SignInRecord, StorageOfComputer } from '../../shared/contract/index.ts';

/** Ways that a person can choose; of Google only key files of service accounts are given to a bucket. */
export type SignInWay = 'keys' | 'profile' | 'service_account';

/** With what this computer has, with what is typed in, or not at all. */
export type BucketSignInWay = 'own' | 'given' | 'public';

/** Fields of a sign-in, for who sends it. */
export interface SignInHandle {
  /** Null while something is missing. */
  take(): SignInInput['credentials'] | null;
}

/** Nobody is signed in where somebody has to be: servers of others than Google may ask for nothing. */
export function needsSignIn({ sign_in, type, endpoint }: StorageOfComputer): boolean {
  return sign_in?.by === 'nothing' && (type === 's3' || endpoint === null);
}

/** Null for folders. */
export function signInText(storage: StorageOfComputer): string | null {
  const { sign_in: signIn } = storage;
  if (!signIn) return null;
  if (signIn.by === 'nothing')
    return needsSignIn(storage) ? 'This computer is not signed in to it.' : 'Reached without signing in.';
  return `${bySentence(signIn)}${keptText(signIn)}.`;
}

function bySentence({ by, name }: SignInRecord): string {
  switch (by) {
    case 'keys':
      return 'Signed in with an access key that was given here';
    case 'profile':
      return `Signed in with the profile “${name ?? ''}” of this computer`;
    case 'environment':
      return 'Signed in with the access key in the environment of this computer';
    case 'machine':
      return 'Signed in with what this computer is given by its cloud';
    case 'service_account':
      return `Signed in as ${name ?? 'a service account'}`;
    case 'application_default':
      return 'Signed in with what this computer is signed in with at Google';
    case 'anonymous':
    case 'nothing':
      return 'Reached without signing in: it is public';
  }
}

function keptText({ by, kept }: SignInRecord): string {
  if (kept === null) return '';
  if (kept === 'session') return ', until Benchkeep ends';
  return by === 'profile' ? ', chosen for this bucket' : ', kept in its keychain';
}

/** What becomes of secrets that are typed in. */
export function keepText(keychain: boolean): string {
  return keychain
    ? 'Otherwise it is forgotten when Benchkeep ends.'
    : 'There is no keychain here that protects it, so it is not stored: it is forgotten when Benchkeep ends, and has to be given again then. A profile (in ~/.aws) lasts.';
}

/** What to do where nobody is signed in; `here`: in place of a way that the engine names of its command line. */
export function signInRemedy(remedy: string, here: string): string {
  return remedy.includes('benchkeep ') ? here : inWindowWords(remedy);
}
