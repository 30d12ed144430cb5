/** How a bucket is reached: what a root may carry behind its `?`, kept with the storage, never a secret. */
import { isAbsolute } from 'node:path';
import * as z from 'zod';
import { BenchkeepError } from '../../../shared/errors.ts';

/** Kept in the registry (`storage.options`): the same for everybody who uses the storage. */
export const storeOptions = z.object({
  /** S3 and what is like it: where its servers are, if not at Amazon. */
  endpoint_url: z.string().optional(),
  /** Google Cloud Storage: the same. */
  api_endpoint: z.string().optional(),
  region: z.string().optional(),
  /** S3: where requests have the name of the bucket. Without it see `isPathStyle`. */
  addressing_style: z.enum(['path', 'virtual']).optional(),
  /** Of the AWS configuration of whoever uses the storage; never another one instead of it. */
  profile: z.string().optional(),
  /** Public buckets: requests carry no credentials. */
  anonymous: z.literal('true').optional(),
  /** Absolute path of the certificates that prove the server: a lab's own authority. */
  ca: z.string().optional(),
  /** Found out, never given: the store puts an object also where one was to be absent (F-UP24). */
  conditions: z.literal('ignored').optional(),
});
export type StoreOptions = z.infer<typeof storeOptions>;

export interface CloudRoot {
  type: 's3' | 'gs';
  bucket: string;
  /** Below the bucket, without slashes at its ends; empty for the whole bucket. */
  prefix: string;
  /** As people see it: without options, no slash at the end. */
  root: string;
  options: StoreOptions;
  /** Its options were read in a registry, which others write too: nobody chose them on this computer. */
  fromRegistry?: true;
}

/** What a root may carry behind its `?`. */
export const ALLOWED = {
  s3: ['endpoint_url', 'region', 'addressing_style', 'profile', 'anonymous', 'ca'],
  gs: ['api_endpoint', 'anonymous', 'ca'],
} as const;
// Both Amazon's and Google's rules for names of buckets, without what only one of them refuses.
const BUCKET = /^[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]$/;
// It becomes a part of the address of a server.
const REGION = /^[a-z0-9][a-z0-9-]{0,62}$/i;
const PROFILE = /^[\w@+.%:/-]{1,128}$/;
const INVISIBLE = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/u; // eslint-disable-line no-control-regex

/** Null for what names no bucket. Errors: `invalid_argument`. */
export function parseCloudRoot(text: string): CloudRoot | null {
  const match = /^(?<type>s3|gs):\/\/(?<rest>.*)$/is.exec(text);
  if (match?.groups === undefined) return null;
  const type = match.groups['type']?.toLowerCase() === 's3' ? 's3' : 'gs';
  const [place = '', query = ''] = splitOnce(match.groups['rest'] ?? '', '?');
  const [bucket = '', path = ''] = splitOnce(place, '/');
  const prefix = path.replace(/^\/+|\/+$/g, '');
  if (/[:@]/.test(bucket))
    throw notValid(`${type}://…`, 'it holds a user name or a password, which are not kept there');
  if (!BUCKET.test(bucket)) throw notValid(text, `"${bucket}" is no name of a bucket`);
  if (INVISIBLE.test(prefix)) throw notValid(`${type}://${bucket}/…`, 'it has invisible control characters in it');
  const parts = prefix.split('/');
  if (prefix !== '' && parts.some((part) => part === '' || part === '.' || part === '..' || part === '.lamindb'))
    throw notValid(text, `"${prefix}" is no folder of a bucket`);
  const options = parseOptions(text, type, query);
  return { type, bucket, prefix, root: `${type}://${bucket}${prefix === '' ? '' : `/${prefix}`}`, options };
}

function parseOptions(text: string, type: 's3' | 'gs', query: string): StoreOptions {
  const options: Record<string, string> = {};
  const allowed: readonly string[] = ALLOWED[type];
  for (const [name, value] of new URLSearchParams(query)) {
    if (!allowed.includes(name)) throw notValid(text, `${shown(name)} is no option of such an address`);
    if (options[name] !== undefined) throw notValid(text, `"${name}" is given twice`);
    options[name] = CHECKS[name as (typeof ALLOWED)['s3' | 'gs'][number]](text, value);
  }
  if (options['anonymous'] !== undefined && options['profile'] !== undefined)
    throw notValid(text, 'a profile is named and none is to be used');
  // In one order, whatever that of the address is: roots are compared.
  return storeOptions.parse(options);
}

type Check = (text: string, value: string) => string;
const CHECKS: Record<(typeof ALLOWED)['s3' | 'gs'][number], Check> = {
  endpoint_url: checkEndpoint,
  api_endpoint: checkEndpoint,
  region: checked((value) => REGION.test(value), 'the region is no name of one'),
  addressing_style: checked(
    (value) => value === 'path' || value === 'virtual',
    'the addressing_style is either path or virtual',
  ),
  profile: checked((value) => PROFILE.test(value), 'the profile is no name of one'),
  anonymous: checked((value) => value === 'true', 'anonymous is either true or not there'),
  ca: checked(
    (value) => isAbsolute(value) && !INVISIBLE.test(value) && value.length <= 4096,
    'the file of the certificates (ca) has to be an absolute path',
  ),
};

function checked(isGood: (value: string) => boolean, why: string): Check {
  return (text, value) => {
    if (isGood(value)) return value;
    throw notValid(text, why);
  };
}

/** Errors: `invalid_argument` for anything but http and https, and for addresses with a password in them. */
function checkEndpoint(text: string, value: string): string {
  if (!URL.canParse(value)) throw notValid(text, 'the address of its server is none');
  const url = new URL(value);
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    throw notValid(text, 'the address of its server is no web address');
  if (url.username !== '' || url.password !== '')
    throw notValid(text, 'the address of its server holds a user name or a password, which are not kept there');
  if (url.search !== '' || url.hash !== '') throw notValid(text, 'the address of its server has more behind its path');
  return value.replace(/\/+$/, '');
}

/** A secret that was pasted without a name before it would be taken for one. */
function shown(name: string): string {
  return /^[a-z_]{1,24}$/.test(name) ? `"${name}"` : 'what stands behind the question mark';
}

function splitOnce(text: string, at: string): [string, string] {
  const index = text.indexOf(at);
  return index < 0 ? [text, ''] : [text.slice(0, index), text.slice(index + 1)];
}

function notValid(text: string, why: string): BenchkeepError {
  // What stands behind the question mark may be anything, also a secret pasted by mistake.
  return new BenchkeepError(
    'invalid_argument',
    `${text.replace(/\?.*$/s, '')} can't be a storage: ${why}`,
    'Give an address like s3://bucket/folder or s3://bucket?endpoint_url=https://store.example.org.',
  );
}

/** Where the servers are that a root's options name; undefined for its maker's own. */
export function endpointOf({ options }: Pick<CloudRoot, 'options'>): string | undefined {
  return options.endpoint_url ?? options.api_endpoint;
}
