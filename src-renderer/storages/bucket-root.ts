/** The form of a bucket, and the root that it means. What is secret is never asked for: a profile is named instead. */

export type BucketKind = 'aws' | 's3' | 'gs';

export interface BucketFields {
  kind: BucketKind;
  bucket: string;
  folder: string;
  /** Of S3-alikes where their server is; of Google Cloud only where it is not Google's own. */
  endpoint: string;
  region: string;
  profile: string;
}

export type BucketField = keyof BucketFields;

export const EMPTY_BUCKET: BucketFields = {
  kind: 'aws',
  bucket: '',
  folder: '',
  endpoint: '',
  region: '',
  profile: '',
};

/** Both Amazon's and Google's rules for names of buckets, without what only one of them refuses. */
const BUCKET = /^[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]$/;
const REGION = /^[a-z0-9][a-z0-9-]{0,62}$/i;

/** What is wrong, by field, in words; nothing of fields that the kind does not have. */
export function bucketProblems(fields: BucketFields): Partial<Record<BucketField, string>> {
  const { kind, bucket, folder, endpoint, region } = trimmed(fields);
  const problems: Partial<Record<BucketField, string>> = {};
  if (!BUCKET.test(bucket)) problems.bucket = 'Small letters, digits, dots and dashes, at least three, without spaces.';
  if (folder !== '' && !isFolder(folder)) problems.folder = 'Names with a slash between them, without “?” and “..”.';
  if (kind === 's3' && endpoint === '')
    problems.endpoint = 'Where the server is, for example https://store.example.org.';
  else if (kind !== 'aws' && endpoint !== '' && !isAddress(endpoint))
    problems.endpoint = 'An address that begins with https:// or http://, without a password in it.';
  if (kind !== 'gs' && region !== '' && !REGION.test(region)) problems.region = 'A name like eu-central-1.';
  return problems;
}

function isFolder(folder: string): boolean {
  return folder.split('/').every((part) => !['', '.', '..', '.lamindb'].includes(part)) && !folder.includes('?');
}

function isAddress(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, username, password, search, hash } = new URL(text);
  return ['http:', 'https:'].includes(protocol) && [username, password, search, hash].every((part) => part === '');
}

/** `s3://bucket/folder?endpoint_url=…&region=…&profile=…`; of fields without problems. */
export function rootOf(fields: BucketFields): string {
  const { kind, bucket, folder, endpoint, region, profile } = trimmed(fields);
  const options: [string, string][] =
    kind === 'gs'
      ? [['api_endpoint', endpoint]]
      : [
          ['endpoint_url', kind === 's3' ? endpoint : ''],
          ['region', region],
          ['profile', profile],
        ];
  const query = options
    .filter(([, value]) => value !== '')
    .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
    .join('&');
  const place = `${kind === 'gs' ? 'gs' : 's3'}://${bucket}${folder === '' ? '' : `/${folder}`}`;
  return query === '' ? place : `${place}?${query}`;
}

/** Where a whole root was put into the field of the bucket: its parts, each in its own field. */
export function takeApart(fields: BucketFields): BucketFields {
  const match = /^(s3|gs):\/\/([^/?]*)\/?([^?]*)(?:\?(.*))?$/is.exec(fields.bucket.trim());
  if (match === null) return fields;
  const options = new URLSearchParams(match[4] ?? '');
  const endpoint = options.get('endpoint_url') ?? options.get('api_endpoint') ?? fields.endpoint;
  const google = match[1]?.toLowerCase() === 'gs';
  return {
    kind: google ? 'gs' : fields.kind === 's3' || endpoint !== '' ? 's3' : 'aws',
    bucket: match[2] ?? '',
    folder: match[3] ?? '',
    endpoint,
    region: options.get('region') ?? fields.region,
    profile: options.get('profile') ?? fields.profile,
  };
}

function trimmed(fields: BucketFields): BucketFields {
  return {
    kind: fields.kind,
    bucket: fields.bucket.trim(),
    folder: fields.folder.trim().replace(/^\/+|\/+$/g, ''),
    endpoint: fields.endpoint.trim().replace(/\/+$/, ''),
    region: fields.region.trim(),
    profile: fields.profile.trim(),
  };
}
