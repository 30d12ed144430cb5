/**
 * Names that no bucket can have at its maker's own. S3-alikes follow other rules, so theirs are not judged.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
 * https://cloud.google.com/storage/docs/buckets#naming
 */
import { BenchkeepError } from '../../../shared/errors.ts';
import { endpointOf, type CloudRoot } from './store-options.ts';

/** Errors: `invalid_argument`. */
export function checkBucketName(root: CloudRoot): void {
  if (endpointOf(root) !== undefined) return;
  const why = root.type === 's3' ? atAmazon(root.bucket) : atGoogle(root.bucket);
  if (why === null) return;
  throw new BenchkeepError(
    'invalid_argument',
    `No bucket can have the name "${root.bucket}": ${why}`,
    'Check the name of the bucket. For a store that is not Amazon or Google, give the address of its server, too.',
  );
}

function atAmazon(name: string): string | null {
  if (name.length < 3 || name.length > 63) return 'it has to have 3 to 63 characters';
  if (name.includes('_')) return 'there are no underscores in it';
  if (name.includes('..') || /\.-|-\./.test(name)) return 'points stand between letters or digits';
  if (/^\d+\.\d+\.\d+\.\d+$/.test(name)) return 'it looks like an address';
  if (/^(?:xn--|sthree-|amzn-s3-demo-)/.test(name) || /(?:-s3alias|--ol-s3|\.mrap|--x-s3|--table-s3)$/.test(name))
    return 'this beginning or end is not for buckets';
  return null;
}

function atGoogle(name: string): string | null {
  if (name.length < 3 || name.split('.').some((part) => part.length > 63 || part === ''))
    return 'it has to have 3 to 63 characters';
  if (/^\d+\.\d+\.\d+\.\d+$/.test(name)) return 'it looks like an address';
  if (name.startsWith('goog') || /g[o0]{2}gle/.test(name)) return 'it has the name of Google in it';
  return null;
}
