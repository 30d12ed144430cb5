/** What SQLite says, as an error with a remedy. Shared by every database file of the program. */
import { BenchkeepError } from '../../shared/errors.ts';
import { rawToDisplay, type RawPath } from '../ports/fs/raw-path.ts';

/** The `code` of an error of SQLite, for example `SQLITE_FULL`; null for anything else. */
export function sqliteCode(error: unknown): string | null {
  const code = error instanceof Error ? (error as { code?: unknown }).code : undefined;
  return typeof code === 'string' && code.startsWith('SQLITE_') ? code : null;
}

/** True where a unique constraint decided; the callers translate it to what it means. */
export function isUniqueViolation(error: unknown): boolean {
  return sqliteCode(error) === 'SQLITE_CONSTRAINT_UNIQUE';
}

/** `error` as a BenchkeepError about the database at `path`; anything else passes through. */
export function sqliteError(error: unknown, path: RawPath): unknown {
  const code = sqliteCode(error);
  if (code === null) return error;
  const shown = rawToDisplay(path);
  if (code.startsWith('SQLITE_FULL')) {
    return new BenchkeepError(
      'disk_full',
      `The disk of the registry ${shown} is full`,
      'Nothing was half-written. Free some space, then try again.',
      { cause: error, retry: true },
    );
  }
  if (code.startsWith('SQLITE_BUSY') || code.startsWith('SQLITE_LOCKED')) {
    return new BenchkeepError('locked', `Another program uses ${shown}`, 'Close it or wait, then try again.', {
      cause: error,
      retry: true,
    });
  }
  if (code.startsWith('SQLITE_READONLY') || code.startsWith('SQLITE_CANTOPEN') || code.startsWith('SQLITE_PERM')) {
    return new BenchkeepError(
      'registry_read_only',
      `${shown} can't be written`,
      'Check the permissions of its folder and that its disk is not read-only.',
      { cause: error },
    );
  }
  if (code.startsWith('SQLITE_CORRUPT') || code.startsWith('SQLITE_NOTADB')) {
    return new BenchkeepError(
      'registry_corrupt',
      `${shown} is damaged`,
      'It was left as it is; your data files are not affected. Repair it (benchkeep doctor --repair), or restore a backup (benchkeep backup list).',
      { cause: error },
    );
  }
  if (code.startsWith('SQLITE_IOERR')) {
    return new BenchkeepError(
      'io_error',
      `The disk of ${shown} reports an error`,
      'Check the disk. Benchkeep stops writing until it is started again.',
      { cause: error },
    );
  }
  return new BenchkeepError(
    'internal',
    `The registry refused a change (${code})`,
    'Send the log to the people who look after Benchkeep.',
    {
      cause: error,
    },
  );
}
