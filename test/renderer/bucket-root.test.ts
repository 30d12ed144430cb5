/** The form of a bucket and the root it means: what the engine reads from it is what was written into the fields. */
import { describe, expect, it } from 'vitest';
import { parseCloudRoot } from '../../src-main/storage/objects/store-options.ts';
import {
  bucketProblems,
  EMPTY_BUCKET,
  rootOf,
  styledAddress,
  takeApart,
  type BucketFields,
} from '../../src-renderer/storages/bucket-root.ts';

const fields = (changes: Partial<BucketFields>): BucketFields => ({ ...EMPTY_BUCKET, bucket: 'lab-data', ...changes });

describe('root of a bucket', () => {
  it.each([
    [{}, 's3://lab-data'],
    [{ folder: '/flow/day 1/' }, 's3://lab-data/flow/day 1'],
    [{ region: 'eu-central-1', profile: 'lab x' }, 's3://lab-data?region=eu-central-1'],
    [{ sharedProfile: 'lab x' }, 's3://lab-data?profile=lab%20x'],
    [{ isPublic: true, sharedProfile: 'lab x' }, 's3://lab-data?anonymous=true'],
    [{ ca: '/left/over.pem' }, 's3://lab-data'],
    [
      { kind: 's3', endpoint: 'https://nas', ca: '/etc/lab.pem' },
      's3://lab-data?endpoint_url=https%3A%2F%2Fnas&ca=%2Fetc%2Flab.pem',
    ],
    [{ endpoint: 'https://left.over' }, 's3://lab-data'],
    [{ kind: 's3', endpoint: 'http://nas:9000/' }, 's3://lab-data?endpoint_url=http%3A%2F%2Fnas%3A9000'],
    [
      { kind: 's3', endpoint: 'https://nas', region: 'eu-1', style: 'virtual' },
      's3://lab-data?endpoint_url=https%3A%2F%2Fnas&region=eu-1&addressing_style=virtual',
    ],
    [{ style: 'path' }, 's3://lab-data?addressing_style=path'],
    [{ kind: 'gs', style: 'path' }, 'gs://lab-data'],
    [{ kind: 'gs', folder: 'a', region: 'x', profile: 'y' }, 'gs://lab-data/a'],
    [{ kind: 'gs', endpoint: 'https://g.example.org' }, 'gs://lab-data?api_endpoint=https%3A%2F%2Fg.example.org'],
  ] as const)('%o is %s', (changes, root) => {
    expect(bucketProblems(fields(changes))).toEqual({});
    expect(rootOf(fields(changes))).toBe(root);
  });

  it('the engine reads the same from it', () => {
    const root = rootOf(fields({ kind: 's3', folder: 'a/b', endpoint: 'https://s.example.org/x', region: 'eu-1' }));
    expect(parseCloudRoot(root)).toMatchObject({
      type: 's3',
      bucket: 'lab-data',
      prefix: 'a/b',
      options: { endpoint_url: 'https://s.example.org/x', region: 'eu-1' },
    });
  });

  it('the address of the bucket is shown as the server has it', () => {
    const store = fields({ kind: 's3', endpoint: 'https://store.lab.org:9000/' });
    expect(styledAddress(store, 'path')).toBe('store.lab.org:9000/lab-data');
    expect(styledAddress(store, 'virtual')).toBe('lab-data.store.lab.org:9000');
    expect(styledAddress(fields({}), 'path')).toBe('s3.amazonaws.com/lab-data');
  });

  it.each([
    [{ bucket: 'Lab' }, 'bucket'],
    [{ bucket: 'a b' }, 'bucket'],
    [{ folder: 'a//b' }, 'folder'],
    [{ folder: '../x' }, 'folder'],
    [{ folder: 'what?' }, 'folder'],
    [{ region: 'eu central' }, 'region'],
    [{ kind: 's3' }, 'endpoint'],
    [{ kind: 's3', endpoint: 'ftp://x' }, 'endpoint'],
    [{ kind: 's3', endpoint: 'https://me:secret@x' }, 'endpoint'],
    [{ kind: 'gs', endpoint: 'nowhere' }, 'endpoint'],
    [{ kind: 'gs', ca: 'lab.pem' }, 'ca'],
  ] as const)('%o is wrong in its field', (changes, field) => {
    expect(Object.keys(bucketProblems(fields(changes)))).toEqual([field]);
  });

  it('names what of a pasted address is no option of such a bucket, and nothing that may be a secret', () => {
    for (const [address, named] of [
      ['s3://lab-data?acl=public', '“acl”'],
      ['gs://lab-data?region=eu', '“region”'],
      ['s3://lab-data?addressing_style=auto', '“addressing_style”'],
      ['gs://lab-data?addressing_style=path', '“addressing_style”'],
      ['s3://lab-data?wJalrXUtnFEMI/K7MDENG', '“what stands behind the question mark”'],
    ] as const)
      expect(bucketProblems(takeApart(fields({ bucket: address }))).bucket).toContain(named);
  });

  it('takes a whole address apart, and leaves a name alone', () => {
    expect(takeApart(fields({ bucket: 'gs://b/x/y' }))).toMatchObject({ kind: 'gs', bucket: 'b', folder: 'x/y' });
    expect(takeApart(fields({ bucket: 's3://b?endpoint_url=http://h:1&profile=p' }))).toMatchObject({
      kind: 's3',
      bucket: 'b',
      folder: '',
      endpoint: 'http://h:1',
      profile: '',
      sharedProfile: 'p',
    });
    expect(takeApart(fields({ bucket: 's3://b?anonymous=true&ca=/lab.pem&endpoint_url=http://h' }))).toMatchObject({
      kind: 's3',
      isPublic: true,
      ca: '/lab.pem',
    });
    expect(takeApart(fields({ bucket: 's3://b?endpoint_url=http://h&addressing_style=virtual' }))).toMatchObject({
      kind: 's3',
      style: 'virtual',
    });
    expect(takeApart(fields({ bucket: 's3' }))).toEqual(fields({ bucket: 's3' }));
  });
});
