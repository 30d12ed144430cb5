/** What the S3 SDK throws, as Benchkeep's error. */
import { BenchkeepError } from '../../../shared/errors.ts';
import { secondsAsked } from './retry-after.ts';
import { CREDENTIALS, DAMAGED, shownName, storeError } from './store-error.ts';

interface SdkError {
  name?: string;
  code?: string;
  Code?: string;
  $metadata?: { httpStatusCode?: number };
  /** Of some answers for another region. */
  Region?: unknown;
  $response?: { headers?: Record<string, unknown> };
  /** Of a chain of credential providers: what the last one said. */
  cause?: unknown;
}

export function s3Failure(error: unknown, root: string): BenchkeepError {
  if (error instanceof BenchkeepError) return error;
  const { name, code, Code } = error as SdkError;
  const status = statusOf(error);
  // Errors of the system carry their name in `code`, those of S3 in `name`.
  const said = typeof code === 'string' && code !== '' ? code : (Code ?? name ?? 'unknown');
  const told = { status, name: shownName(said), region: regionTold(error) };
  // Whoever answers so is no S3, or not for this bucket: that says nothing of the object.
  if (status === 404 && !isGone(error) && !CREDENTIALS.test(said))
    return storeError({ status, name: 'NoSuchBucket' }, root, error);
  const failure = storeError(told, root, error);
  const seconds = failure.code === 'offline' ? secondsAsked(retryAfterTold(error)) : null;
  if (seconds === null) return failure;
  const { message, remedy, retry, details } = failure;
  return new BenchkeepError('offline', message, remedy, { retry, details: { ...details, retry_after: seconds } });
}

/** When the store wants to be asked again, as it says it. */
function retryAfterTold(error: unknown): string | null {
  const told = (error as SdkError).$response?.headers?.['retry-after'];
  return typeof told === 'string' ? told : null;
}

/** Where the bucket really is; null where that is not told. */
function regionTold(error: unknown): string | null {
  const { Region, $response } = error as SdkError;
  const told = $response?.headers?.['x-amz-bucket-region'] ?? Region;
  return typeof told === 'string' && /^[a-z0-9][a-z0-9-]{0,62}$/i.test(told) ? told : null;
}

/** The store does not know this upload: it was completed, aborted, or has expired. */
export function isUploadLost(error: unknown): boolean {
  return (error as SdkError).name === 'NoSuchUpload';
}

/** The bucket is there, and this object (or version of it) is not. */
export function isGone(error: unknown): boolean {
  const { name } = error as SdkError;
  return name === 'NoSuchKey' || name === 'NoSuchVersion';
}

/** The bytes that came are not those that were announced. */
export function isDamaged(error: unknown): boolean {
  return DAMAGED.test((error as SdkError).name ?? '');
}

/** The store understood the request and won't do it; asking again in the same way gets the same answer. */
export function isRefused(error: unknown): boolean {
  const status = statusOf(error);
  return status !== null && status >= 400 && status < 500 && status !== 429;
}

/** HTTP status; null where there was no answer. */
export function statusOf(error: unknown): number | null {
  return (error as SdkError).$metadata?.httpStatusCode ?? null;
}
