/** Signatures of requests to S3: Amazon's own example, and those that another implementation makes. */
import aws4 from 'aws4';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { canonicalQuery, signatures } from '../../../src-main/storage/objects/s3-signature.ts';

/** The example of "Authenticating Requests: Using the Authorization Header" (PUT Object, chunks aside: GET Object). */
const KEYS = { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY' };
const NOTHING = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
const DATE = new Date('2013-05-24T00:00:00Z');

it('signs Amazon’s example as Amazon does', () => {
  const headers = { host: 'examplebucket.s3.amazonaws.com', range: 'bytes=0-9', 'x-amz-content-sha256': NOTHING };
  const signed = signatures('us-east-1')({ method: 'GET', path: '/test.txt', query: '', headers }, KEYS, DATE);
  expect(signed['authorization']).toBe(
    'AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, ' +
      'SignedHeaders=host;range;x-amz-content-sha256;x-amz-date, ' +
      'Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41',
  );
});

const word = fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 20 }).map((text) => text.trim() || 'x');
const name = fc.stringMatching(/^[a-z][a-z0-9-]{0,9}$/);
const part = fc.stringMatching(/^[\w~-]{1,12}$/);

it('signs as others do, whatever key, words, token, day and region', () => {
  const sign = signatures('eu-north-1');
  fc.assert(
    fc.property(
      fc.array(part, { minLength: 1, maxLength: 4 }),
      fc.dictionary(name, word, { maxKeys: 4 }),
      fc.option(fc.record({ partNumber: fc.nat().map(String), uploadId: word })),
      fc.option(part, { nil: undefined }),
      fc.date({ min: new Date('2020-01-01'), max: new Date('2040-01-01'), noInvalidDate: true }),
      fc.constantFrom('one secret', 'another/secret+'),
      (parts, words, query, sessionToken, date, secretAccessKey) => {
        const keys = { accessKeyId: 'key', secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) };
        const path = `/${parts.join('/')}`;
        const search = query === null ? '' : canonicalQuery(query);
        const headers = {
          host: 'lab.example:9000',
          'user-agent': 'Benchkeep',
          'x-amz-content-sha256': NOTHING,
          ...Object.fromEntries(Object.entries(words).map(([key, value]) => [`x-amz-meta-${key}`, value])),
        };
        const signed = sign({ method: 'PUT', path, query: search, headers }, keys, date);
        const other = aws4.sign(
          {
            service: 's3',
            region: 'eu-north-1',
            method: 'PUT',
            path: search === '' ? path : `${path}?${search}`,
            headers: { ...headers, 'x-amz-date': signed['x-amz-date'] },
          },
          keys,
        );
        expect(signed['authorization']).toBe(other.headers?.['Authorization']);
      },
    ),
    { numRuns: 300 },
  );
});
