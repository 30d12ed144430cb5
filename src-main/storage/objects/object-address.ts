/** The address of an object or a folder in a store, as a person types it. */
import { BenchkeepError } from '../../../shared/errors.ts';
import { ALLOWED, parseCloudRoot, type CloudRoot } from './store-options.ts';
import { parseWebAddress, type WebRoot } from './web-root.ts';

export type PlaceRoot = CloudRoot | WebRoot;

export interface ObjectAddress {
  /** The bucket, server or repository that it is in: a storage where no smaller one is. */
  place: PlaceRoot;
  /** In the place, as it is, without a slash at its end; empty for the whole place. */
  key: string;
  /** It ends with a slash: a folder is meant. */
  isFolder: boolean;
}

/** What follows the key of a bucket's object where the store is to be reached in a way of its own. */
const OPTIONS = new RegExp(`\\?(?:(?:${[...new Set(Object.values(ALLOWED).flat())].join('|')})=[^?]*)$`);

/** Null for a path of this computer. Nothing of a key is decoded. Errors: `invalid_argument`. */
export function parseObjectAddress(text: string): ObjectAddress | null {
  const web = parseWebAddress(text);
  if (web !== null) return addressOf(web.root, web.key);
  const match = /^(?<type>s3|gs):\/\/(?<bucket>[^/?]*)(?<rest>.*)$/is.exec(text);
  if (match?.groups === undefined) return null;
  const { type = '', bucket = '', rest = '' } = match.groups;
  const options = OPTIONS.exec(rest)?.[0] ?? '';
  const path = rest.slice(0, rest.length - options.length);
  const place = parseCloudRoot(`${type}://${bucket}${options}`);
  if (place === null) return null;
  if (path.startsWith('//')) throw emptyName(place.root);
  return addressOf(place, path.slice(1));
}

function addressOf(place: PlaceRoot, path: string): ObjectAddress {
  const isFolder = path.endsWith('/');
  return { place, key: isFolder ? path.slice(0, -1) : path, isFolder };
}

/**
 * Older contents of an object have addresses of their own, in stores that keep versions: `KEY?versionId=ID` in S3,
 * `KEY#GENERATION` in Google Cloud Storage, as other programs write them too, `KEY@COMMIT` of Hugging Face.
 */
export function versionedKey(type: string, key: string, version: string): string {
  if (type === 'hf') return `${key}@${version}`;
  return type === 'gs' ? `${key}#${version}` : `${key}?versionId=${version}`;
}

const VERSIONS: Readonly<Record<string, RegExp>> = {
  gs: /#(?<version>\d+)$/,
  s3: /\?versionId=(?<version>[^?&/]+)$/,
  hf: /@(?<version>[0-9a-f]{40})$/,
};

/** What a copy's path in a store says. */
export function splitVersion(type: string, path: string): { key: string; version: string | null } {
  const found = VERSIONS[type]?.exec(path);
  const version = found?.groups?.['version'];
  if (found === null || found === undefined || version === undefined) return { key: path, version: null };
  return { key: path.slice(0, found.index), version };
}

/** Which object a copy in a store is: its key below the storage's root; its version, where that is not the newest one. */
export function objectOfCopy(
  { type }: { type: string },
  { path }: { path: Uint8Array },
): { key: string; version: string | null } {
  return splitVersion(type, Buffer.from(path).toString('utf8'));
}

function emptyName(root: string): BenchkeepError {
  return new BenchkeepError(
    'invalid_argument',
    `The address below ${root} begins with an empty name`,
    'Give it with one slash behind the bucket.',
  );
}
