import { describe, expect, it } from 'vitest';
import { parseObjectAddress } from '../../../src-main/storage/index.ts';
import { s3Credentials } from '../../../src-main/storage/objects/s3-sign-in.ts';

const read = (text: string) => {
  const address = parseObjectAddress(text);
  return address === null ? null : { key: address.key, place: address.place };
};

describe('addresses of objects', () => {
  it.each([
    ['s3://public/a.csv?anonymous=true', 'a.csv', { anonymous: 'true' }],
    ['s3://lab/a.csv?profile=lab', 'a.csv', { profile: 'lab' }],
    ['s3://lab/a.csv?ca=/etc/lab.pem', 'a.csv', { ca: '/etc/lab.pem' }],
    [
      's3://lab/a.csv?anonymous=true&endpoint_url=https://store.example.org',
      'a.csv',
      { anonymous: 'true', endpoint_url: 'https://store.example.org' },
    ],
    ['gs://lab/a.csv?anonymous=true', 'a.csv', { anonymous: 'true' }],
    ['s3://lab/run?1/a.csv?region=eu-central-1', 'run?1/a.csv', { region: 'eu-central-1' }],
    // What is no option belongs to the key.
    ['s3://lab/what?.csv', 'what?.csv', {}],
    ['s3://lab/a.csv?versionId=1', 'a.csv?versionId=1', {}],
  ])('%s', (text, key, options) => {
    expect(read(text)).toMatchObject({ key, place: { options } });
  });

  it('what a person is told to add to an address can be added to it', async () => {
    const provider = s3Credentials({ by: 'nothing' }, 's3://public', {});
    const error: unknown = await provider?.().catch((why: unknown) => why);
    const { remedy = '' } = error as { remedy?: string };
    const [addition = 'nothing'] = /\?\S+(?=\.$)/.exec(remedy) ?? [];
    expect(read(`s3://public/a.csv${addition}`)).toMatchObject({
      key: 'a.csv',
      place: { options: { anonymous: 'true' } },
    });
  });
});
