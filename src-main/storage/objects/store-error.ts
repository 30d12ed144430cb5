/** What a store or the network says, as an error with a remedy; nothing of a request (keys, signatures) gets into it. */
import { BenchkeepError } from '../../../shared/errors.ts';

/** The parts of a store's answer that decide. */
export interface StoreAnswer {
  /** HTTP status; null where there was no answer. */
  status: number | null;
  /** The store's name of the error, or the system's (`ECONNREFUSED`). */
  name: string;
  /** Of the bucket, where the store tells that it is another one. */
  region?: string | null;
}

const NETWORK =
  /^(?:E(?:CONN|HOST|NET|PIPE|AI_|NOTFOUND|TIMEDOUT|ADDR)|TimeoutError|RequestTimeout$|NetworkingError|UND_ERR)/;
const TLS = /CERT|SELF_SIGNED|UNABLE_TO_VERIFY|ERR_TLS|SSL/;
/** XAdminUserNotFound: versitygw's, with a 404. */
export const CREDENTIALS =
  /^(?:XAdminUserNotFound|InvalidAccessKeyId|SignatureDoesNotMatch|InvalidToken|TokenRefreshRequired|CredentialsProviderError|AuthFailure|InvalidClientTokenId|authError)$/;
const EXPIRED = /^(?:ExpiredToken|ExpiredTokenException|TokenProviderError)$/;
/** The bytes that came are not those that were announced. */
export const DAMAGED =
  /^(?:BadDigest|InvalidDigest|XAmzContentSHA256Mismatch|XAmzContentChecksumMismatch|IncompleteBody)$/;
/** Of the language itself, without a network's or a store's name: a mistake of the program's. */
const MISTAKE = /^(?:Error|TypeError|RangeError|ReferenceError|SyntaxError|URIError|unknown)$/;
const FULL = /^(?:QuotaExceeded|XMinioStorageFull|StorageFull|InsufficientStorage|EntityQuotaExceeded)$/;
const BUSY = /^(?:SlowDown|ServiceUnavailable|InternalError|Throttling\w*|TooManyRequests|RequestLimitExceeded)$/;

/** A server may call an error what it likes: what does not look like a name is not shown; keys have many digits. */
export function shownName(name: string): string {
  return /^(?!(?:\D*\d){4})[A-Za-z][\w.-]{0,59}$/.test(name) ? name : 'unknown';
}

/** `where`: the storage's root, for people. Null for an answer that says only that something is not there. */
export function storeError(answer: StoreAnswer, where: string, cause: unknown): BenchkeepError {
  const { status, region = null } = answer;
  const name = shownName(answer.name);
  const failed = (
    code: ConstructorParameters<typeof BenchkeepError>[0],
    what: string,
    remedy: string,
    retry = false,
    details?: object,
  ) =>
    // The cause stays out: an SDK's error holds the request with its headers.
    new BenchkeepError(code, what, remedy, { retry, ...(details && { details: { ...details } }) });
  if (cause instanceof BenchkeepError) return cause;
  if (name === 'AbortError') {
    return failed('cancelled', 'Stopped', 'What is done so far is kept; run it again for the rest.', true);
  }
  if (TLS.test(name)) {
    return failed(
      'not_allowed',
      `The server of ${where} can't prove who it is (${name})`,
      "Nothing was sent. If it is your lab's own server, give the file of its certificate authority.",
    );
  }
  if (EXPIRED.test(name)) {
    return failed('not_signed_in', `Your access to ${where} has expired`, 'Sign in again; then it goes on.', true);
  }
  if (CREDENTIALS.test(name) || status === 401) {
    return failed(
      'not_signed_in',
      `${where} does not accept your credentials`,
      'Check the access key, the profile (AWS_PROFILE) or sign in again.',
      true,
    );
  }
  if (name === 'RequestTimeTooSkewed') {
    return failed(
      'not_allowed',
      `The clock of this computer differs too much from that of ${where}`,
      "Set this computer's clock right, then try again.",
      true,
      { about: 'clock' },
    );
  }
  if (name === 'NoSuchBucket' || name === 'bucketNotFound') {
    return failed(
      'bucket_not_found',
      `There is no bucket for ${where}`,
      'Check its name, and the address of the server; nothing was changed here.',
      true,
    );
  }
  if (name === 'PermanentRedirect' || name === 'AuthorizationHeaderMalformed' || status === 301 || status === 307) {
    return failed(
      'bucket_not_found',
      region === null
        ? `The bucket of ${where} is in another region`
        : `The bucket of ${where} is in another region: ${region}`,
      `Give its region: …?region=${region ?? 'NAME'} behind its address.`,
      false,
      { about: 'region', region },
    );
  }
  if (status === 412 || status === 409 || name === 'PreconditionFailed' || name === 'ConditionalRequestConflict') {
    return failed(
      'already_exists',
      `Something else is there already in ${where}`,
      'Nothing was replaced. Look at what is there, then try again.',
    );
  }
  if (status === 507 || FULL.test(name)) {
    return failed(
      'disk_full',
      `There is no room left in ${where}`,
      'Ask whoever looks after the store for more.',
      true,
    );
  }
  if (name === 'InvalidObjectState') {
    return failed(
      'not_allowed',
      `An object in ${where} lies in an archive`,
      'Have it restored by whoever looks after the bucket, then try again.',
    );
  }
  if (status === 403 || name === 'AccessDenied') {
    return failed(
      'not_allowed',
      `You may not do this in ${where}`,
      'Ask whoever looks after the bucket for the right to list, read, write and delete there.',
    );
  }
  if (name === 'NotImplemented') {
    return failed(
      'not_supported',
      `The store of ${where} can't do what was asked`,
      'Ask whoever looks after it whether a newer version is there.',
    );
  }
  if (status === 429 || (status !== null && status >= 500) || BUSY.test(name)) {
    return failed('offline', `${where} is busy or has a fault`, 'It is tried again in a moment.', true);
  }
  if (DAMAGED.test(name)) {
    return failed(
      'io_error',
      `What came to ${where} is not what was sent (${name})`,
      'Nothing was kept of it. It is sent again; if it stays, look at the network and at the file.',
      true,
    );
  }
  if (name === 'EntityTooLarge' || status === 413) {
    return failed('io_error', `A file is larger than ${where} takes`, 'Ask whoever looks after the store.');
  }
  if (name === 'KeyTooLongError') {
    return failed('invalid_key', `A name is too long for ${where}`, 'Give the file or its folders shorter names.');
  }
  if (status === null && MISTAKE.test(name)) {
    return failed(
      'internal',
      `A request to ${where} could not be made (${name})`,
      'Send the log to the people who look after Benchkeep.',
    );
  }
  if (status === null || NETWORK.test(name)) {
    return failed(
      'offline',
      `${where} does not answer (${name})`,
      'Check the network, and the address of the server. Nothing was lost; try again when it is back.',
      true,
    );
  }
  if (status === 404) {
    return failed('file_not_found', `There is no such object in ${where}`, 'Look at what is there: storage tree.');
  }
  return failed(
    'io_error',
    `${where} refused the request (${name}, ${String(status)})`,
    'Try again; if it stays, ask whoever looks after the store.',
  );
}
