/**
 * Where requests to an S3 store have the name of the bucket: behind the address of the server (`path`), or as a part of
 * the server's name (`virtual`). Amazon wants the second; what is like S3 mostly knows the first, some only the second.
 */
import { isIP } from 'node:net';
import type { CloudRoot } from './store-options.ts';

type Asked = Pick<CloudRoot, 'bucket' | 'options'>;

/** `endpoint`: undefined for Amazon's own. */
export function isPathStyle({ options }: Pick<CloudRoot, 'options'>, endpoint: string | undefined): boolean {
  return (options.addressing_style ?? (endpoint === undefined ? 'virtual' : 'path')) === 'path';
}

/** Where the bucket is asked for, as the SDK does it: a number has no name before it, and a certificate no more points. */
export function bucketAddress(root: Asked, endpoint: string, isPath: boolean): string {
  const { protocol, host, hostname, pathname } = new URL(endpoint);
  const path = pathname.replace(/\/+$/, '');
  const isNumber = isIP(hostname.replace(/^\[|\]$/g, '')) !== 0;
  if (isPath || isNumber || (protocol === 'https:' && root.bucket.includes('.')))
    return `${protocol}//${host}${path}/${root.bucket}`;
  return `${protocol}//${root.bucket}.${host}${path}`;
}

export interface OtherWay {
  /** What a person may try. */
  words: string;
  /** The bucket was asked for by another name than that of the server. */
  isOtherName: boolean;
}

/** For where the bucket is not found, or not reached, at this address. */
export function otherWay({ bucket, options }: Asked, endpoint: string, address: string): OtherWay {
  const [server = '', asked = ''] = [endpoint, address].map((url) => url.replace(/^https?:\/\/|\/+$/g, ''));
  const isOtherName = asked !== `${server}/${bucket}`;
  const [place, there, style] = isOtherName
    ? ['behind', `${server}/${bucket}`, 'path']
    : ['in front', `${bucket}.${server}`, 'virtual'];
  // The servers may be told elsewhere (AWS_ENDPOINT_URL): then it is the only option. What was found out stands in no address.
  const isAfterOthers = Object.keys(options).some((name) => name !== 'addressing_style' && name !== 'conditions');
  const option = `…${isAfterOthers ? '&' : '?'}addressing_style=${style}`;
  const words = `The bucket was asked for as ${asked}. If the server wants its name ${place} (${there}), say so: ${option} behind its address.`;
  return { words, isOtherName };
}
