/** A client for one bucket, with patience for bad networks and none for silence. */
import type { S3Client } from '@aws-sdk/client-s3';
import type { CloudRoot } from './store-options.ts';

/** How this computer signs in. Without any of it: what the environment and the default profile say. */
export interface S3Access {
  /** Of the person's own AWS configuration; never another one instead of it. */
  profile?: string;
  /** Public buckets: requests are not signed. */
  anonymous?: boolean;
  /** For tests: less of it. */
  patience?: Partial<Patience>;
}

export interface Patience {
  /** Attempts of one request, and ms between them. What lasts longer is the transfer's own patience. */
  attempts: number;
  firstPause: number;
  longestPause: number;
  /** Ms until a connection must stand. */
  connect: number;
  /** Ms without a byte. */
  silence: number;
  /** Ms for a whole request: a part of 16 MiB at 64 KiB/s, and some more. */
  request: number;
}

const PATIENCE: Patience = {
  attempts: 10,
  firstPause: 250,
  longestPause: 10_000,
  connect: 3_000,
  silence: 10_000,
  request: 300_000,
};

const CONNECTIONS = 16;

export async function openS3Client(
  sdk: typeof import('@aws-sdk/client-s3'),
  { options }: CloudRoot,
  access: S3Access,
): Promise<S3Client> {
  const { ConfiguredRetryStrategy } = await import('@smithy/core/retry');
  const { NodeHttpHandler } = await import('@smithy/node-http-handler');
  const { attempts, firstPause, longestPause, connect, silence, request } = { ...PATIENCE, ...access.patience };
  const endpoint = options.endpoint_url;
  return new sdk.S3Client({
    ...(endpoint === undefined ? {} : { endpoint, forcePathStyle: true }),
    region: options.region ?? process.env['AWS_REGION'] ?? process.env['AWS_DEFAULT_REGION'] ?? 'us-east-1',
    followRegionRedirects: endpoint === undefined,
    retryStrategy: new ConfiguredRetryStrategy(attempts, (attempt) =>
      Math.min(longestPause, firstPause * 2 ** (attempt - 1)),
    ),
    requestHandler: new NodeHttpHandler({
      connectionTimeout: connect,
      socketTimeout: silence,
      requestTimeout: request,
      throwOnRequestTimeout: true,
      httpAgent: { maxSockets: CONNECTIONS, keepAlive: true },
      httpsAgent: { maxSockets: CONNECTIONS, keepAlive: true },
    }),
    // Ours are named with each request; what old S3-alikes don't know is left out.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    ...(access.profile === undefined ? {} : { profile: access.profile }),
    ...(access.anonymous === true ? anonymous : {}),
  });
}

// The SDK looks for credentials even where nothing is signed.
const anonymous = {
  credentials: { accessKeyId: 'anonymous', secretAccessKey: '' },
  signer: { sign: <R>(request: R): Promise<R> => Promise.resolve(request) },
};

/** Options of a request that ends when `signal` says so. */
export function stoppedBy(signal: AbortSignal | undefined): { abortSignal?: AbortSignal } {
  return signal === undefined ? {} : { abortSignal: signal };
}
