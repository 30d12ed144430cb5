/** The form of a bucket, and the root that it means, which everybody who uses the bucket shares: no sign-in goes into it. */

export type BucketKind = 'aws' | 's3' | 'gs';

export interface BucketFields {
  kind: BucketKind;
  bucket: string;
  folder: string;
  /** Of S3-alikes where their server is; of Google Cloud only where it is not Google's own. */
  endpoint: string;
  region: string;
  /** Of S3: where the server wants the name of the bucket in its address; empty for where it usually is. */
  style: '' | AddressingStyle;
  /** Path of the certificates of the server's authority. */
  ca: string;
  /** Nobody has to sign in. */
  isPublic: boolean;
  /** Of this computer, to sign in with. */
  profile: string;
  /** That stood in an address which was pasted: it goes on to hold for everybody. */
  sharedProfile: string;
  /** Options of a pasted address that no bucket has. */
  strange: readonly string[];
}

export type AddressingStyle = 'path' | 'virtual';

/** Those that are typed into. */
export type BucketField = 'bucket' | 'folder' | 'endpoint' | 'region' | 'ca' | 'profile';

export const EMPTY_BUCKET: BucketFields = {
  kind: 'aws',
  bucket: '',
  folder: '',
  endpoint: '',
  region: '',
  style: '',
  ca: '',
  isPublic: false,
  profile: '',
  sharedProfile: '',
  strange: [],
};

/** Both Amazon's and Google's rules for names of buckets, without what only one of them refuses. */
const BUCKET = /^[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]$/;
const REGION = /^[a-z0-9][a-z0-9-]{0,62}$/i;

/** What is wrong, by field, in words; nothing of fields that the kind does not have. */
export function bucketProblems(fields: BucketFields): Partial<Record<BucketField, string>> {
  const { kind, bucket, folder, endpoint, region, ca, strange } = trimmed(fields);
  const problems: Partial<Record<BucketField, string>> = {};
  if (!BUCKET.test(bucket)) problems.bucket = 'Small letters, digits, dots and dashes, at least three, without spaces.';
  else if (strange.length > 0)
    problems.bucket = `A bucket has no ${strange.map((name) => `“${name}”`).join(' and ')}: give its address without that.`;
  if (folder !== '' && !isFolder(folder)) problems.folder = 'Names with a slash between them, without “?” and “..”.';
  if (kind === 's3' && endpoint === '')
    problems.endpoint = 'Where the server is, for example https://store.example.org.';
  else if (kind !== 'aws' && endpoint !== '' && !isAddress(endpoint))
    problems.endpoint = 'An address that begins with https:// or http://, without a password in it.';
  if (kind !== 'gs' && region !== '' && !REGION.test(region)) problems.region = 'A name like eu-central-1.';
  if (kind !== 'aws' && ca !== '' && !/^(?:[/]|[a-z]:[\\/]|\\\\)/i.test(ca))
    problems.ca = 'The whole path of the file, from the top of its disk.';
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

/** `s3://bucket/folder?endpoint_url=…&region=…`; of fields without problems. */
export function rootOf(fields: BucketFields): string {
  const { kind, bucket, folder, endpoint, region, style, ca, isPublic, sharedProfile } = trimmed(fields);
  const ofAll: [string, string][] = [
    ['anonymous', isPublic ? 'true' : ''],
    ['ca', kind === 'aws' ? '' : ca],
  ];
  const options: [string, string][] =
    kind === 'gs'
      ? [['api_endpoint', endpoint], ...ofAll]
      : [
          ['endpoint_url', kind === 's3' ? endpoint : ''],
          ['region', region],
          ['addressing_style', style],
          ['profile', isPublic ? '' : sharedProfile],
          ...ofAll,
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
  const known = google ? OPTIONS.gs : OPTIONS.s3;
  const ca = options.get('ca') ?? fields.ca;
  const style = options.get('addressing_style') ?? fields.style;
  return {
    kind: google ? 'gs' : fields.kind === 's3' || endpoint !== '' || ca !== '' ? 's3' : 'aws',
    bucket: match[2] ?? '',
    folder: match[3] ?? '',
    endpoint,
    region: options.get('region') ?? fields.region,
    style: isStyle(style) ? style : '',
    ca,
    isPublic: options.get('anonymous') === 'true' || fields.isPublic,
    profile: fields.profile,
    sharedProfile: options.get('profile') ?? '',
    // Only its name: what stands behind it may be a secret.
    strange: [...new Set(options.keys())]
      .filter((name) => !known.includes(name) || (name === 'addressing_style' && !isStyle(style)))
      .map(shownName),
  };
}

/** As the engine takes them. */
const OPTIONS: Readonly<Record<'s3' | 'gs', readonly string[]>> = {
  s3: ['endpoint_url', 'region', 'addressing_style', 'profile', 'anonymous', 'ca'],
  gs: ['api_endpoint', 'anonymous', 'ca'],
};

function isStyle(text: string): text is '' | AddressingStyle {
  return ['', 'path', 'virtual'].includes(text);
}

/** Where the name of the bucket usually is. */
export function usualStyle(kind: BucketKind): AddressingStyle {
  return kind === 'aws' ? 'virtual' : 'path';
}

/** What the address of the bucket is then, for people. */
export function styledAddress({ kind, bucket, endpoint }: BucketFields, style: AddressingStyle): string {
  const given = endpoint.trim().replace(/^https?:\/\/|\/+$/gi, '') || 'store.example.org';
  const server = kind === 'aws' ? 's3.amazonaws.com' : given;
  const name = bucket.trim() || 'lab-data';
  return style === 'path' ? `${server}/${name}` : `${name}.${server}`;
}

function shownName(name: string): string {
  return /^[a-z_]{1,24}$/i.test(name) ? name : 'what stands behind the question mark';
}

function trimmed(fields: BucketFields): BucketFields {
  return {
    ...fields,
    bucket: fields.bucket.trim(),
    folder: fields.folder.trim().replace(/^\/+|\/+$/g, ''),
    endpoint: fields.endpoint.trim().replace(/\/+$/, ''),
    region: fields.region.trim(),
    ca: fields.ca.trim(),
    profile: fields.profile.trim(),
  };
}
