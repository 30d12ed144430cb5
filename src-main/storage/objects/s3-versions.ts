/** `ObjectStore.versions` of S3. */
import type { Call, ObjectFacts } from './object-store.ts';
import { listedKey, type S3Bucket } from './s3-bucket.ts';
import { unquoted, versionOf } from './s3-words.ts';
import { stoppedBy } from './s3-client.ts';

/** What is marked as deleted is no version that could be read. */
export async function* s3Versions(at: S3Bucket, key: string, { signal }: Call = {}): AsyncGenerator<ObjectFacts> {
  const { s3, sdk, bucket } = at;
  let [from, mark]: (string | undefined)[] = [];
  do {
    const page = await at.ask(() =>
      s3.send(
        new sdk.ListObjectVersionsCommand({
          Bucket: bucket,
          Prefix: at.full(key),
          EncodingType: 'url',
          KeyMarker: from,
          VersionIdMarker: mark,
        }),
        stoppedBy(signal),
      ),
    );
    at.said(page.Name);
    for (const { Key, VersionId, Size, ETag, LastModified } of page.Versions ?? []) {
      // They come by name: what only begins like it may be a whole folder.
      if (at.below(listedKey(Key, page.EncodingType)) !== key) return;
      yield {
        key,
        size: Size ?? 0,
        etag: unquoted(ETag),
        version: versionOf(VersionId),
        checksums: {},
        modifiedAt: LastModified?.toISOString() ?? null,
      };
    }
    const isMore = page.IsTruncated === true;
    [from, mark] = isMore ? [listedKey(page.NextKeyMarker, page.EncodingType), page.NextVersionIdMarker] : [];
  } while (from !== undefined);
}
