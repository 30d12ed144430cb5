/** A client for one bucket, with patience for bad networks and none for silence. */
import type { S3Client } from '@aws-sdk/client-s3';
import type { CloudRoot } from './store-options.ts';

/** How this computer signs in. Without any of it: what the environment and the default profile say. */
export interface S3Access {
  /** Of the person's own AWS configuration; never another one instead of it. */
  profile?: string;
  /** Public buckets: requests are not signed. */
  anonymous?: boolean;
}

/** Attempts of one request, and ms between them. What lasts longer is the transfer's own patience. */
const ATTEMPTS = 10;
const LONGEST_PAUSE = 10_000;
const FIRST_PAUSE = 250;
/** Ms until a connection must stand, and without a byte on it. */
const CONNECT = 3_000;
const SILENCE = 10_000;
/** Ms for a whole request: a part of 16 MiB at 64 KiB/s, and some more. */
const REQUEST = 300_000;
const CONNECTIONS = 16;

export async function openS3Client(
  sdk: typeof import('@aws-sdk/client-s3'),
  { options }: CloudRoot,
  access: S3Access,
): Promise<S3Client> {
  const { ConfiguredRetryStrategy } = await import('@smithy/core/retry');
  const { NodeHttpHandler } = await import('@smithy/node-http-handler');
  const endpoint = options.endpoint_url;
  return new sdk.S3Client({
    ...(endpoint === undefined ? {} : { endpoint, forcePathStyle: true }),
    region: options.region ?? process.env['AWS_REGION'] ?? process.env['AWS_DEFAULT_REGION'] ?? 'us-east-1',
    followRegionRedirects: endpoint === undefined,
    retryStrategy: new ConfiguredRetryStrategy(ATTEMPTS, (attempt) =>
      Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (attempt - 1)),
    ),
    requestHandler: new NodeHttpHandler({
      connectionTimeout: CONNECT,
      socketTimeout: SILENCE,
      requestTimeout: REQUEST,
      throwOnRequestTimeout: true,
      httpAgent: { maxSockets: CONNECTIONS, keepAlive: true },
      httpsAgent: { maxSockets: CONNECTIONS, keepAlive: true },
    }),
    // Ours are named with each request; what old S3-alikes don't know is left out.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    ...(access.profile === undefined ? {} : { profile: access.profile }),
    ...(access.anonymous === true ? { signer: { sign: (request) => Promise.resolve(request) } } : {}),
  });
}

/** Options of a request that ends when `signal` says so. */
export function stoppedBy(signal: AbortSignal | undefined): { abortSignal?: AbortSignal } {
  return signal === undefined ? {} : { abortSignal: signal };
}
