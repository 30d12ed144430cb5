/** Which file a path leads to, at once. */
import { statSync } from 'node:fs';
import { fsError } from './fs-error.ts';
import { rawToBytes, type RawPath } from './raw-path.ts';

/** Device and inode; null where nothing is there. */
export function fileIdentity(path: RawPath): string | null {
  try {
    const facts = statSync(rawToBytes(path), { bigint: true, throwIfNoEntry: false });
    return facts === undefined ? null : `${String(facts.dev)}:${String(facts.ino)}`;
  } catch (error) {
    throw fsError(error, path);
  }
}
