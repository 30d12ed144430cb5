import { inspect } from 'node:util';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { s3Failure } from '../../../src-main/storage/objects/s3-failure.ts';
import { storeError } from '../../../src-main/storage/objects/store-error.ts';

test.each([
  [null, 'ECONNREFUSED', 'offline', true],
  [null, 'ENOTFOUND', 'offline', true],
  [null, 'EAI_AGAIN', 'offline', true],
  [null, 'ENETUNREACH', 'offline', true],
  [null, 'EHOSTUNREACH', 'offline', true],
  [null, 'ECONNRESET', 'offline', true],
  [null, 'TimeoutError', 'offline', true],
  [400, 'RequestTimeout', 'offline', true],
  [503, 'SlowDown', 'offline', true],
  [500, 'InternalError', 'offline', true],
  [429, 'TooManyRequests', 'offline', true],
  [200, 'InternalError', 'offline', true],
  [null, 'AbortError', 'cancelled', true],
  [null, 'CERT_HAS_EXPIRED', 'not_allowed', false],
  [null, 'DEPTH_ZERO_SELF_SIGNED_CERT', 'not_allowed', false],
  [null, 'UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'not_allowed', false],
  [null, 'ERR_TLS_CERT_ALTNAME_INVALID', 'not_allowed', false],
  [null, 'CredentialsProviderError', 'not_signed_in', true],
  [401, 'Unauthorized', 'not_signed_in', true],
  [400, 'ExpiredToken', 'not_signed_in', true],
  [403, 'AccessDenied', 'not_allowed', false],
  [400, 'AuthorizationHeaderMalformed', 'bucket_not_found', false],
  [404, 'NoSuchBucket', 'bucket_not_found', true],
  [404, 'NoSuchKey', 'file_not_found', false],
  [412, 'PreconditionFailed', 'already_exists', false],
  [409, 'ConditionalRequestConflict', 'already_exists', false],
  [400, 'BadDigest', 'io_error', true],
  [400, 'KeyTooLongError', 'invalid_key', false],
  [400, 'InvalidRequest', 'io_error', false],
  // A mistake of the program's must not look like a network that may come back.
  [null, 'TypeError', 'internal', false],
])('%s %s is %s', (status, name, code, retry) => {
  const error = storeError({ status, name }, 's3://plates/lab', null);
  expect(error).toMatchObject({ code, retry });
  expect(error.message).not.toMatch(/\.$/);
  expect(error.remedy).not.toBe('');
});

test('S-19 nothing of a request or an answer but the name of the error gets into it', () => {
  const anything = fc.record({
    name: fc.constantFrom('SignatureDoesNotMatch', 'AccessDenied', 'Unheard', 'Error', 'NoSuchKey', 'AbortError'),
    code: fc.constantFrom(undefined, 'ECONNRESET', 'EPROTO'),
    $metadata: fc.constantFrom({}, { httpStatusCode: 403 }, { httpStatusCode: 400 }, { httpStatusCode: 500 }),
  });
  fc.assert(
    fc.property(anything, (facts) => {
      const secret = 'canary-wJalrXUtnFEMI';
      const error = Object.assign(new Error(secret), facts, {
        StringToSign: secret,
        $response: { headers: { authorization: secret } },
        cause: new Error(secret),
      });
      expect(inspect(s3Failure(error, 's3://plates'), { depth: Infinity, showHidden: true })).not.toContain(secret);
    }),
  );
});

test.each(['Refused canary', 'canary!', '<b>canary</b>', 'canary'.repeat(20), '', '-canary', 'x=canary'])(
  'S-19 what a server calls an error is shown only where it looks like a name: %s',
  (name) => {
    const error = s3Failure(
      Object.assign(new Error('canary'), { name, $metadata: { httpStatusCode: 418 } }),
      's3://plates',
    );
    expect(error.message).toContain('unknown');
    expect(error.message + error.remedy).not.toContain('canary');
  },
);

test.each([
  [507, 'Unheard', 'disk_full'],
  [500, 'XMinioStorageFull', 'disk_full'],
  [403, 'QuotaExceeded', 'disk_full'],
  [501, 'NotImplemented', 'not_supported'],
  [403, 'InvalidObjectState', 'not_allowed'],
  [400, 'EntityTooLarge', 'io_error'],
  [404, 'XAdminUserNotFound', 'not_signed_in'],
])('%s %s has words of its own (%s)', (status, name, code) => {
  const error = s3Failure(
    Object.assign(new Error('x'), { name, $metadata: { httpStatusCode: status } }),
    's3://plates',
  );
  expect(error.code).toBe(code);
  expect(error.message).not.toContain(name);
});
