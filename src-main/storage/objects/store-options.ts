/** How a bucket is reached: what a root may carry behind its `?`, kept with the storage, never a secret. */
import * as z from 'zod';
import { BenchkeepError } from '../../../shared/errors.ts';

/** Kept in the registry (`storage.options`): the same for everybody who uses the storage. */
export const storeOptions = z.object({
  /** S3 and what is like it: where its servers are, if not at Amazon. */
  endpoint_url: z.string().optional(),
  /** Google Cloud Storage: the same. */
  api_endpoint: z.string().optional(),
  region: z.string().optional(),
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
}

const ALLOWED = { s3: ['endpoint_url', 'region'], gs: ['api_endpoint'] } as const;
// Both Amazon's and Google's rules for names of buckets, without what only one of them refuses.
const BUCKET = /^[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]$/;
// It becomes a part of the address of a server.
const REGION = /^[a-z0-9][a-z0-9-]{0,62}$/i;
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
    if (!allowed.includes(name)) throw notValid(text, `${shown(name)} is no option of such a root`);
    if (options[name] !== undefined) throw notValid(text, `"${name}" is given twice`);
    if (name !== 'region') options[name] = checkEndpoint(text, value);
    else if (REGION.test(value)) options[name] = value;
    else throw notValid(text, 'the region is no name of one');
  }
  return options;
}

/** Errors: `invalid_argument` for anything but http and https, and for addresses with a password in them. */
function checkEndpoint(text: string, value: string): string {
  if (!URL.canParse(value)) throw notValid(text, 'the endpoint is no address');
  const url = new URL(value);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') throw notValid(text, 'the endpoint is no web address');
  if (url.username !== '' || url.password !== '')
    throw notValid(text, 'the endpoint holds a user name or a password, which are not kept there');
  if (url.search !== '' || url.hash !== '') throw notValid(text, 'the endpoint has more behind its path');
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
    'Give a root like s3://bucket/folder or s3://bucket?endpoint_url=https://store.example.org.',
  );
}
