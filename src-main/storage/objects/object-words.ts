/**
 * What is kept with each object that Benchkeep uploads, so that its records can be made anew from the bucket alone
 * (`faults.md`, F-AP09). It proves nothing: bytes are compared before anything is believed.
 */
import * as z from 'zod';
import { UID_LENGTHS } from '../../../shared/uid.ts';

export interface ObjectWords {
  uid: string;
  sha256: string;
  key: string | null;
  hash: string | null;
  hashType: string | null;
}

/** S3 takes 2 KiB of names and values in all. */
const LONGEST_KEY = 1500;

const uid = z.string().regex(new RegExp(`^[0-9A-Za-z]{${String(UID_LENGTHS.artifact.stem + 4)}}$`));
const shape = z.object({
  uid,
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  key: z.string().max(9216).optional(),
  hash: z
    .string()
    .regex(/^[\w-]{22}$/)
    .optional(),
  hashtype: z
    .string()
    .regex(/^[\w-]{1,16}$/)
    .optional(),
});

/** ASCII. A key that is too long is left out. */
export function wordsForObject({ uid: of, sha256, key, hash, hashType }: ObjectWords): Record<string, string> {
  const text = key === null ? null : encoded(key);
  return {
    uid: of,
    sha256,
    ...(text === null || text.length > LONGEST_KEY ? {} : { key: text }),
    ...(hash === null || hashType === null ? {} : { hash, hashtype: hashType }),
  };
}

/** Null for what this program did not write. */
export function wordsOfObject(metadata: Record<string, string> | undefined): ObjectWords | null {
  const told = shape.safeParse(metadata).data;
  if (told === undefined) return null;
  const key = told.key === undefined ? null : decoded(told.key);
  return { uid: told.uid, sha256: told.sha256, key, hash: told.hash ?? null, hashType: told.hashtype ?? null };
}

function encoded(key: string): string | null {
  try {
    return encodeURIComponent(key);
  } catch {
    return null;
  }
}

function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}
