/** Ids: random base62, and the version part that counts. Alphabet, lengths and counting are LaminDB's. */
import { BenchkeepError } from './errors.ts';

/** In the order of counting: `0…9`, `A…Z`, `a…z`. */
export const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** Characters of a whole uid, and of its stem where the registry has versions. */
export const UID_LENGTHS = {
  artifact: { stem: 16, uid: 20 },
  collection: { stem: 16, uid: 20 },
  transform: { stem: 12, uid: 16 },
  run: { stem: 16, uid: 16 },
  storage: { stem: 12, uid: 12 },
  feature: { stem: 12, uid: 12 },
  schema: { stem: 16, uid: 16 },
  ulabel: { stem: 8, uid: 8 },
  user: { stem: 8, uid: 8 },
  instance: { stem: 12, uid: 12 },
} as const satisfies Record<string, { stem: number; uid: number }>;

export type UidRegistry = keyof typeof UID_LENGTHS;
/** The registries whose records have versions. */
export type VersionedRegistry = 'artifact' | 'collection' | 'transform';

/** Characters of the version part. */
export const VERSION_LENGTH = 4;
/** The version part of the first of a family. */
export const FIRST_VERSION = '0000';

const MOST_VERSIONS = BASE62.length ** VERSION_LENGTH;
// The largest multiple of 62 in a byte: bytes from here on are drawn again, else the first letters would be likelier.
const FAIR_BYTES = 256 - (256 % BASE62.length);

/** `length` characters of base62, each equally likely where the bytes of `random` are. */
export function newUid(random: (count: number) => Uint8Array, length: number): string {
  let uid = '';
  while (uid.length < length) {
    for (const byte of random(length - uid.length)) {
      if (byte < FAIR_BYTES && uid.length < length) uid += BASE62.charAt(byte % BASE62.length);
    }
  }
  return uid;
}

/** A uid for a new record of `registry`; with versions, the first of a new family. */
export function newRecordUid(random: (count: number) => Uint8Array, registry: UidRegistry): string {
  const { stem, uid } = UID_LENGTHS[registry];
  return newUid(random, stem) + (uid > stem ? FIRST_VERSION : '');
}

/** True for base62 of exactly the registry's length. */
export function isUid(text: string, registry: UidRegistry): boolean {
  return text.length === UID_LENGTHS[registry].uid && /^[0-9A-Za-z]+$/.test(text);
}

/** What all versions of a record share. */
export function stemOf(uid: string): string {
  return uid.slice(0, -VERSION_LENGTH);
}

export function versionSuffixOf(uid: string): string {
  return uid.slice(-VERSION_LENGTH);
}

/** The number that a version part stands for: `0000` is 0, `000z` 61, `0010` 62. */
export function versionNumber(suffix: string): number {
  let number = 0;
  for (const digit of suffix) {
    const value = BASE62.indexOf(digit);
    if (value < 0) throw notAVersion(suffix);
    number = number * BASE62.length + value;
  }
  if (suffix.length !== VERSION_LENGTH) throw notAVersion(suffix);
  return number;
}

/** The version part of `number`, from 0 to 62⁴ − 1. */
export function versionSuffix(number: number): string {
  let suffix = '';
  for (let rest = number, i = 0; i < VERSION_LENGTH; i++, rest = Math.floor(rest / BASE62.length)) {
    suffix = BASE62.charAt(rest % BASE62.length) + suffix;
  }
  return suffix;
}

/**
 * The uid of the next version: the highest of the whole family (trash included) + 1. A number that differs from a
 * sibling only in case is skipped: on file systems that ignore case `…000A` and `…000a` would be one file.
 */
export function nextVersionUid(stem: string, existingSuffixes: Iterable<string>): string {
  const taken = new Set<string>();
  let highest = -1;
  for (const suffix of existingSuffixes) {
    taken.add(suffix.toLowerCase());
    highest = Math.max(highest, versionNumber(suffix));
  }
  for (let number = highest + 1; number < MOST_VERSIONS; number++) {
    const suffix = versionSuffix(number);
    if (!taken.has(suffix.toLowerCase())) return stem + suffix;
  }
  throw new BenchkeepError(
    'invalid_argument',
    'This file already has as many versions as can be counted',
    'Save it under another name in the registry: that starts a new count.',
    { details: { stem } },
  );
}

function notAVersion(suffix: string): BenchkeepError {
  return new BenchkeepError(
    'invalid_argument',
    `"${suffix}" is not the version part of an id`,
    'Copy the id again: its last four characters are digits and letters.',
  );
}
