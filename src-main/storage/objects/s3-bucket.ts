/** What the parts of the S3 store share. */
import type { S3Client } from '@aws-sdk/client-s3';
import { BenchkeepError } from '../../../shared/errors.ts';
import { s3Failure } from './s3-failure.ts';
import type { ShortWay } from './s3-short-way.ts';
import type { CloudRoot } from './store-options.ts';

/** A bucket, seen from one folder of it. */
export interface S3Bucket {
  s3: S3Client;
  sdk: typeof import('@aws-sdk/client-s3');
  bucket: string;
  /** For the requests that are made most. */
  short: ShortWay;
  /** Its endpoint speaks TLS. */
  isSecure: boolean;
  /** As people see it. */
  root: string;
  /** Key in the bucket of a key below the root. Errors: `invalid_key` for none: S3 would take the bucket itself. */
  full(key: string): string;
  /** The same of the beginning of keys, which may be empty. */
  fullPrefix(prefix: string): string;
  below(full: string): string;
  /** Runs a request; what the store says is thrown as Benchkeep's error. */
  ask<T>(run: () => Promise<T>): Promise<T>;
  /**
   * What every S3 says in this place. Without it somebody else answered, such as the sign-in page of a network, and
   * nothing was stored, or is gone.
   */
  said<T>(value: T | undefined): T;
}

/** A client, and what belongs to it. */
export interface S3Parts {
  s3: S3Client;
  sdk: typeof import('@aws-sdk/client-s3');
  short: ShortWay;
}

/** `endpoint` undefined: Amazon's own. */
export function bucketAt(root: CloudRoot, { s3, sdk, short }: S3Parts, endpoint: string | undefined): S3Bucket {
  const lead = root.prefix === '' ? '' : `${root.prefix}/`;
  return {
    s3,
    sdk,
    bucket: root.bucket,
    short,
    isSecure: endpoint === undefined || /^https:/i.test(endpoint),
    root: root.root,
    full(key) {
      if (key === '') throw new BenchkeepError('invalid_key', 'An object needs a name', 'Give one.');
      return lead + key;
    },
    fullPrefix: (prefix) => lead + prefix,
    below: (full) => full.slice(lead.length),
    async ask(run) {
      try {
        return await run();
      } catch (error) {
        throw s3Failure(error, root.root);
      }
    },
    said(value) {
      if (value !== undefined) return value;
      throw new BenchkeepError(
        'offline',
        `What answers for ${root.root} is no store`,
        'Check the address of the server, and whether this network wants you to sign in first. Nothing was lost.',
        { retry: true },
      );
    },
  };
}

export function ofVersion(version: string | null | undefined): { VersionId?: string } {
  return version === null || version === undefined ? {} : { VersionId: version };
}

/** Keys in lists: XML can't hold every character of a key, so they are asked for as in addresses, where spaces are `+`. */
export function listedKey(text: string | undefined, encoding: string | undefined): string {
  return encoding === 'url' ? decodeURIComponent((text ?? '').replaceAll('+', ' ')) : (text ?? '');
}
