/** What the S3 SDK throws, as Benchkeep's error. */
import { BenchkeepError } from '../../../shared/errors.ts';
import { storeError } from './store-error.ts';

interface SdkError {
  name?: string;
  code?: string;
  Code?: string;
  $metadata?: { httpStatusCode?: number };
  /** Of a chain of credential providers: what the last one said. */
  cause?: unknown;
}

export function s3Failure(error: unknown, root: string): BenchkeepError {
  if (error instanceof BenchkeepError) return error;
  const { name, code, Code, $metadata } = error as SdkError;
  const status = $metadata?.httpStatusCode ?? null;
  // Errors of the system carry their name in `code`, those of S3 in `name`.
  const said = typeof code === 'string' && code !== '' ? code : (Code ?? name ?? 'unknown');
  return storeError({ status, name: said }, root, error);
}

/** The store does not know this upload: it was completed, aborted, or has expired. */
export function isUploadLost(error: unknown): boolean {
  return (error as SdkError).name === 'NoSuchUpload';
}
