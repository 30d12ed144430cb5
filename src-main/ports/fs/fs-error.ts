/** Turns what the system says into an error that names the file and a remedy. */
import { BenchkeepError, type ErrorCode } from '../../../shared/errors.ts';
import { escapeForDisplay } from '../../../shared/format/display-name.ts';
import { rawToDisplay, type RawPath } from './raw-path.ts';

const MEANINGS: Record<string, { code: ErrorCode; what: string; remedy: string; retry?: boolean }> = {
  ENOENT: { code: 'file_not_found', what: 'There is no file', remedy: 'Check the path.' },
  ENOTDIR: { code: 'file_not_found', what: 'There is no file', remedy: 'Check the path.' },
  EACCES: {
    code: 'file_unreadable',
    what: 'No permission for',
    remedy: 'Ask whoever owns it for access, then try again.',
    retry: true,
  },
  EPERM: {
    code: 'file_unreadable',
    what: 'No permission for',
    remedy: 'Ask whoever owns it for access, then try again.',
    retry: true,
  },
  ENOSPC: {
    code: 'disk_full',
    what: 'The disk is full at',
    remedy: 'Free some space there, then try again. Nothing was lost.',
    retry: true,
  },
  EDQUOT: {
    code: 'disk_full',
    what: 'Your quota is used up at',
    remedy: 'Free some space, then try again.',
    retry: true,
  },
  EFBIG: {
    code: 'disk_full',
    what: 'The file is too large for the disk of',
    remedy: 'Use a disk that takes large files.',
  },
  EROFS: { code: 'read_only', what: 'The disk is read-only at', remedy: 'Choose a folder that can be written.' },
  ELOOP: {
    code: 'refused',
    what: 'A symbolic link stands at',
    remedy: 'Give the path of the file that the link leads to.',
  },
  EEXIST: { code: 'already_exists', what: 'Something is there already at', remedy: 'Choose another name.' },
  ENAMETOOLONG: { code: 'name_not_valid', what: 'The path is too long', remedy: 'Shorten the names of its folders.' },
  EIO: {
    code: 'io_error',
    what: 'The disk reports a read or write error at',
    remedy: 'Check the disk and its cable; copy the file from another place if you can.',
    retry: true,
  },
  EMFILE: {
    code: 'io_error',
    what: 'Too many files are open for',
    remedy: 'Close other programs, then try again.',
    retry: true,
  },
  ENOTCONN: {
    code: 'offline',
    what: 'The drive is not connected at',
    remedy: 'Connect it; nothing was deleted.',
    retry: true,
  },
  ESTALE: {
    code: 'offline',
    what: 'The network share is gone at',
    remedy: 'Connect it; nothing was deleted.',
    retry: true,
  },
  EHOSTDOWN: {
    code: 'offline',
    what: 'The network share is gone at',
    remedy: 'Connect it; nothing was deleted.',
    retry: true,
  },
};

/** The `code` of a system error, for example `ENOENT`; null for anything else. */
export function errnoOf(error: unknown): string | null {
  const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
  return typeof code === 'string' && /^E[A-Z0-9]+$/.test(code) ? code : null;
}

export function isMissing(error: unknown): boolean {
  const errno = errnoOf(error);
  return errno === 'ENOENT' || errno === 'ENOTDIR';
}

/** `error` as a BenchkeepError about `path`; one that already is passes through. */
export function fsError(error: unknown, path: RawPath): BenchkeepError {
  if (error instanceof BenchkeepError) return error;
  const errno = errnoOf(error);
  const meaning = errno === null ? undefined : MEANINGS[errno];
  const shown = escapeForDisplay(rawToDisplay(path));
  if (meaning === undefined) {
    const what = errno ?? (error instanceof Error ? error.message : String(error));
    return new BenchkeepError(
      'io_error',
      `Could not use ${shown} (${what})`,
      'Check the file and its disk, then try again.',
      {
        cause: error,
        retry: true,
      },
    );
  }
  return new BenchkeepError(meaning.code, `${meaning.what}: ${shown}`, meaning.remedy, {
    cause: error,
    retry: meaning.retry ?? false,
    details: { errno },
  });
}
