import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BenchkeepError } from '../../../shared/errors.ts';
import { parseCloudRoot, storeOptions } from '../../../src-main/storage/objects/store-options.ts';

const CANARY = 'wJalrXUtnFEMI/canary';

describe('what a root of a bucket says', () => {
  test.each([
    ['s3://plates', { type: 's3', bucket: 'plates', prefix: '', root: 's3://plates', options: {} }],
    ['S3://plates/', { type: 's3', bucket: 'plates', prefix: '', root: 's3://plates', options: {} }],
    [
      's3://plates//lab/run 1/',
      { type: 's3', bucket: 'plates', prefix: 'lab/run 1', root: 's3://plates/lab/run 1', options: {} },
    ],
    [
      's3://plates/größe+%/x?endpoint_url=http://127.0.0.1:9000/&region=eu-central-1',
      {
        type: 's3',
        bucket: 'plates',
        prefix: 'größe+%/x',
        root: 's3://plates/größe+%/x',
        options: { endpoint_url: 'http://127.0.0.1:9000', region: 'eu-central-1' },
      },
    ],
    [
      'gs://plates/lab?api_endpoint=https%3A%2F%2Fstore.example.org%2Fgcs',
      {
        type: 'gs',
        bucket: 'plates',
        prefix: 'lab',
        root: 'gs://plates/lab',
        options: { api_endpoint: 'https://store.example.org/gcs' },
      },
    ],
    [
      's3://plates?addressing_style=virtual&endpoint_url=https://store.example.org',
      {
        type: 's3',
        bucket: 'plates',
        prefix: '',
        root: 's3://plates',
        options: { endpoint_url: 'https://store.example.org', addressing_style: 'virtual' },
      },
    ],
    ['s3://plates?', { type: 's3', bucket: 'plates', prefix: '', root: 's3://plates', options: {} }],
  ])('%s', (text, expected) => {
    expect(parseCloudRoot(text)).toEqual(expected);
  });

  test('in whatever order options are given, they are kept in one', () => {
    const of = (query: string): string => JSON.stringify(parseCloudRoot(`s3://plates?${query}`)?.options);
    expect(of('region=eu&endpoint_url=https://h')).toBe(of('endpoint_url=https://h&region=eu'));
  });

  test.each([
    '',
    '/home/ada/plates',
    'C:\\plates',
    's3:plates',
    's3:/plates',
    'https://plates',
    'x s3://plates',
    'az://p',
  ])('%j names no bucket', (text) => {
    expect(parseCloudRoot(text)).toBe(null);
  });

  test.each([
    ['no bucket', 's3://'],
    ['no bucket', 's3:///lab'],
    ['too short', 's3://a'],
    ['capitals', 's3://Plates'],
    ['blanks', 's3://my plates'],
    ['a way out', 's3://plates/../other'],
    ['a way out', 's3://plates/lab/./x'],
    ['a folder without a name', 's3://plates/lab//x'],
    ["Benchkeep's own folder", 's3://plates/.lamindb'],
    ["Benchkeep's own folder", 's3://plates/lab/.lamindb/x'],
    ['an option of the other kind', 'gs://plates?endpoint_url=https://store.example.org'],
    ['an option of the other kind', 's3://plates?api_endpoint=https://store.example.org'],
    ['an unknown option', 's3://plates?acl=public-read'],
    ['an option twice', 's3://plates?region=eu-west-1&region=eu-west-2'],
    ['no region', 's3://plates?region='],
    ['a region that is another server', 's3://plates?region=x.example.org/'],
    ['no way of naming a bucket', 's3://plates?addressing_style=auto'],
    ['an option of the other kind', 'gs://plates?addressing_style=path'],
    ['no address', 's3://plates?endpoint_url=store'],
    ['no address', 's3://plates?endpoint_url='],
    ['no web address', 's3://plates?endpoint_url=file:///etc'],
    ['a user name', 's3://plates?endpoint_url=https://canary@store.example.org'],
    ['a password', 's3://plates?endpoint_url=https://ada:canary@store.example.org'],
    ['an invisible character', 's3://plates/lab\u0000/x'],
    ['an invisible character', 's3://plates/lab\nx'],
    ['a token in the address', `s3://plates?endpoint_url=https://store.example.org/%3Ftoken%3D${CANARY}`],
    ['a token in the address', `s3://plates?endpoint_url=https://store.example.org/%23${CANARY}`],
    ['a key before the bucket', `s3://AKIA:${CANARY}@plates/lab`],
    ['a key before the bucket', 's3://AKIA:wJalrXUtnFEMIcanary@plates/lab'],
    ['a key as an option', `s3://plates?aws_secret_access_key=${CANARY}`],
    ['a key behind the question mark', `s3://plates?${CANARY}`],
    ['a line end', `s3://plates?x\nregion=${CANARY}`],
  ])('%s is refused: %s', (_why, text) => {
    const failure = failureOf(text);
    expect(failure).toMatchObject({ code: 'invalid_argument', retry: false });
    expect(JSON.stringify([failure?.message, failure?.remedy, failure?.details])).not.toMatch(/wJalr|canary/i);
  });

  const bucket = fc.stringMatching(/^[a-z0-9][a-z0-9.-]{1,40}[a-z0-9]$/);
  const folder = fc
    .string({ unit: 'binary', minLength: 1, maxLength: 9 })
    .filter((text) => !/[/?\p{Cc}\u2028\u2029]/u.test(text) && !['.', '..', '.lamindb'].includes(text));
  const root = fc.record({
    type: fc.constantFrom('s3' as const, 'gs' as const),
    bucket,
    folders: fc.array(folder, { maxLength: 4 }),
    slashes: fc.nat(2),
    endpoint: fc.option(fc.webUrl({ withQueryParameters: false, withFragments: false }), { nil: undefined }),
  });

  test('what was put together is taken apart, and what is kept means the same', () => {
    fc.assert(
      fc.property(root, ({ type, bucket: name, folders, slashes, endpoint }) => {
        const option = type === 's3' ? 'endpoint_url' : 'api_endpoint';
        const query = endpoint === undefined ? '' : `?${option}=${encodeURIComponent(endpoint)}`;
        const parsed = parseCloudRoot(`${type}://${[name, ...folders].join('/')}${'/'.repeat(slashes)}${query}`);
        const prefix = folders.join('/');
        expect(parsed).toMatchObject({ type, bucket: name, prefix });
        expect(parsed?.options).toEqual(endpoint === undefined ? {} : { [option]: endpoint.replace(/\/+$/, '') });
        expect(storeOptions.parse(parsed?.options)).toEqual(parsed?.options);
        // Its own name again: no options, the same place.
        expect(parseCloudRoot(parsed?.root ?? '')).toEqual({ ...parsed, options: {} });
      }),
    );
  });

  test('whatever is typed is a root, none, or refused without what stood behind the question mark', () => {
    const typed = fc.tuple(fc.constantFrom('s3://', 'gs://', 's3:/', ''), fc.string({ unit: 'binary' }));
    fc.assert(
      fc.property(typed, ([start, rest]) => {
        const failure = failureOf(`${start}${rest}?${CANARY}`);
        if (failure !== null) expect(`${failure.message}${failure.remedy}`).not.toContain(CANARY);
      }),
    );
  });
});

/** Null where nothing is wrong with it. */
function failureOf(text: string): BenchkeepError | null {
  try {
    parseCloudRoot(text);
    return null;
  } catch (error) {
    if (error instanceof BenchkeepError) return error;
    throw error;
  }
}
