/** Small files to S3, read and sent by a thread of their own once it is known how the SDK sends to this bucket. */
import type { SmallFiles } from './object-store.ts';
import type { S3Bucket } from './s3-bucket.ts';
import { isPlainKey } from './s3-short-request.ts';
import type { FilePlace } from './small-file-sender.ts';

/** `ObjectStore.smallFiles`. */
export function s3SmallFiles(at: S3Bucket, place: FilePlace): SmallFiles {
  return {
    async read(source, { signal } = {}) {
      if ((await at.short.known()) === null) return null;
      const read = await place.read(source, signal);
      if (read === null) return null;
      const { file, crc32 } = read;
      return {
        checksums: { crc32 },
        async put(key, { metadata = {}, signal }) {
          const fullKey = at.full(key);
          const way = await at.short.known();
          if (way === null || !isPlainKey(fullKey)) return null;
          return place.put(file, way, { key, fullKey, metadata }, signal);
        },
        close: () => {
          place.letGo(file);
        },
      };
    },
  };
}
