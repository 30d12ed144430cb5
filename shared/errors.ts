/**
 * The one error type of Benchkeep. Every error names what happened and what the person can do.
 * It crosses threads, sockets and processes as plain data (`toErrorData`) and is revived by code on the other side.
 */
import { redact, redactAll } from './redact.ts';

/** Every code with the exit code of the command line (`cli.md`): 1 failed, 2 usage, 3 not found, 4 refused, 5 locked. */
export const ERROR_EXIT_CODES = {
  // usage
  invalid_argument: 2,
  invalid_filter: 2,
  invalid_key: 2,
  name_not_valid: 2,
  ambiguous: 2,
  // not found
  not_found: 3,
  no_instance: 3,
  file_not_found: 3,
  bucket_not_found: 3,
  // refused
  refused: 4,
  storage_linked: 4,
  storage_in_use: 4,
  storage_managed_elsewhere: 4,
  instance_has_data: 4,
  root_refused: 4,
  empty_folder: 4,
  already_exists: 4,
  no_local_storage: 4,
  newer_version: 4,
  // locked
  locked: 5,
  // failed
  offline: 1,
  file_unreadable: 1,
  file_changed: 1,
  not_a_file: 1,
  disk_full: 1,
  read_only: 1,
  registry_corrupt: 1,
  registry_foreign: 1,
  registry_read_only: 1,
  not_supported: 1,
  not_allowed: 1,
  not_signed_in: 1,
  upload_lost: 1,
  in_cloud: 1,
  wrong_content: 1,
  cancelled: 1,
  io_error: 1,
  internal: 1,
} as const satisfies Record<string, 1 | 2 | 3 | 4 | 5>;

/** Closed list: a new code is added above, with its exit code. */
export type ErrorCode = keyof typeof ERROR_EXIT_CODES;

/** What crosses a process border. `details` holds JSON values only and never a secret. */
export interface ErrorData {
  code: ErrorCode;
  message: string;
  remedy: string;
  retry: boolean;
  details?: Record<string, unknown>;
}

export interface ErrorOptions {
  cause?: unknown;
  /** True where the same call may succeed later without anybody changing anything. */
  retry?: boolean;
  details?: Record<string, unknown>;
}

/**
 * `message`: what happened, without a full stop; `remedy`: what the person can do. Many answers, warnings and kept reasons
 * take both as they are: secrets that got into one are taken out before anybody can (S-19).
 */
export class BenchkeepError extends Error {
  readonly code: ErrorCode;
  readonly remedy: string;
  readonly retry: boolean;
  readonly details: Record<string, unknown> | undefined;

  constructor(code: ErrorCode, message: string, remedy: string, options: ErrorOptions = {}) {
    super(redact(message), options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'BenchkeepError';
    this.code = code;
    this.remedy = redact(remedy);
    this.retry = options.retry ?? false;
    this.details = options.details;
  }
}

/**
 * Plain data of any error; what is not a BenchkeepError becomes `internal` (its stack stays on this side). Every error
 * that is shown, kept or sent passes here, so secrets that got into one are taken out here (`redact`).
 */
export function toErrorData(error: unknown): ErrorData {
  if (error instanceof BenchkeepError) {
    const { code, retry, details } = error;
    const data = { code, message: redact(error.message), remedy: redact(error.remedy), retry };
    return details === undefined ? data : { ...data, details: redactAll(details) as Record<string, unknown> };
  }
  return {
    code: 'internal',
    message: redact(error instanceof Error ? error.message : String(error)),
    remedy: 'Try again; if it stays, send the log to the people who look after Benchkeep.',
    retry: false,
  };
}

/** The error that `data` was made from; an unknown code (from another version) becomes `internal`. */
export function reviveError(data: ErrorData): BenchkeepError {
  const code = Object.hasOwn(ERROR_EXIT_CODES, data.code) ? data.code : 'internal';
  return new BenchkeepError(code, data.message, data.remedy, {
    retry: data.retry,
    ...(data.details === undefined ? {} : { details: data.details }),
  });
}
