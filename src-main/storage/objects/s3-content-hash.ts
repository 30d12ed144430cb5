/**
 * What a request to S3 is signed with of its content (`x-amz-content-sha256`). Over TLS nothing, as other clients do:
 * there nobody changes it on its way, and its CRC-32 proves it. Otherwise its SHA-256, made by whoever read the bytes;
 * the SDK would hash them once more, all at once, in the thread that everybody waits for.
 */
import type { PutObjectCommand, UploadPartCommand } from '@aws-sdk/client-s3';

/** Undefined leaves it to the SDK. `sha256`: hex. */
export function contentHashOf({ isSecure }: { isSecure: boolean }, sha256: string | undefined): string | undefined {
  return isSecure ? 'UNSIGNED-PAYLOAD' : sha256;
}

export function signedWith<C extends PutObjectCommand | UploadPartCommand>(command: C, hash: string | undefined): C {
  if (hash === undefined) return command;
  // Both have the same stack; the compiler can't tell.
  (command as PutObjectCommand).middlewareStack.add(
    (next) => (args) => {
      (args.request as { headers: Record<string, string> }).headers['x-amz-content-sha256'] = hash;
      return next(args);
    },
    { step: 'build', name: 'contentHash' },
  );
  return command;
}
