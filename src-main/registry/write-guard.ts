/**
 * Whether a session may go on writing to a database file. After an error of the disk what the file holds is not known
 * any more, and a second sync that succeeds proves nothing (`faults.md`, F-DB06); a file that was deleted or replaced
 * takes what is written to it along (F-DB18). Either way the session only reads on, until it is opened anew.
 */
import { BenchkeepError, type ErrorCode } from '../../shared/errors.ts';
import { fileIdentity } from '../ports/fs/file-identity.ts';
import { rawToDisplay, type RawPath } from '../ports/fs/raw-path.ts';
import { sqliteError } from './sqlite-error.ts';

export interface WriteGuard {
  /** Before each transaction. Errors: what ended the writing. */
  check(): void;
  /** What went wrong in a transaction, as an error with a remedy; remembered where nothing may be written after it. */
  translate(error: unknown): unknown;
  /** Nothing may be written until this is called with null: others have the turn. */
  forbid(why: BenchkeepError | null): void;
  /** What ended the writing; null while it goes on. */
  ended(): BenchkeepError | null;
}

const FATAL: ReadonlySet<ErrorCode> = new Set(['io_error', 'registry_corrupt']);

/** The file must be there and open. */
export function writeGuard(path: RawPath): WriteGuard {
  const identity = fileIdentity(path);
  let ended: BenchkeepError | null = null;
  let forbidden: BenchkeepError | null = null;
  return {
    check() {
      const now = ended === null ? fileIdentity(path) : identity;
      if (now !== identity) ended = notTheSame(path, now === null);
      if (ended !== null) throw ended;
      if (forbidden !== null) throw forbidden;
    },
    translate(error) {
      const known = sqliteError(error, path);
      if (known !== error && known instanceof BenchkeepError && FATAL.has(known.code)) ended ??= known;
      return known;
    },
    forbid(why) {
      forbidden = why;
    },
    ended: () => ended,
  };
}

function notTheSame(path: RawPath, gone: boolean): BenchkeepError {
  const what = gone ? 'was removed' : 'was replaced by another file';
  return new BenchkeepError(
    'registry_foreign',
    `${rawToDisplay(path)} ${what} while Benchkeep had it open`,
    'Nothing more is written. Put the file back, or restore a backup (benchkeep backup list), then start Benchkeep again.',
  );
}
