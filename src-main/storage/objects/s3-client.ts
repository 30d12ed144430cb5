/** A client for one bucket, with patience for bad networks and none for silence. */
import type { S3Client } from '@aws-sdk/client-s3';
import type { LookupFunction } from 'node:net';
import { systemClock } from '../../ports/clock.ts';
import type { Fs } from '../../ports/fs/fs.ts';
import { systemRandom, type Random } from '../../ports/random.ts';
import { BenchkeepError } from '../../../shared/errors.ts';
import type { Secret } from '../../../shared/secret.ts';
import { isPathStyle } from './addressing-style.ts';
import { readAwsProfile } from './aws-profile.ts';
import { openAgents, type Agents } from './guarded-agents.ts';
import { openAuthority } from './own-authority.ts';
import {
  heedRetryAfter,
  LONGEST_ASKED,
  longestRequest,
  pauseBefore,
  withFullPurse,
  type Pauses,
} from './s3-retries.ts';
import { shortWay, type ShortWay } from './s3-short-way.ts';
import { planS3SignIn, s3Credentials, type AwsKeys, type S3SignIn } from './s3-sign-in.ts';
import type { Connecting } from './small-file-sender.ts';
import type { CloudRoot } from './store-options.ts';
import { openWire } from './whole-request.ts';

/** How this computer signs in, beside what the root says. Without any of it: the environment or the usual profile. */
export interface S3Access {
  /** Of the person's own AWS configuration; never another one instead of it. */
  profile?: string;
  /** Public buckets: requests are not signed. */
  anonymous?: boolean;
  /** Given for this storage. */
  keys?: Secret<AwsKeys>;
  /** The endpoint of a registry was chosen by the person, too. */
  isChosen?: boolean;
  /** For tests: less of it, and what names lead to. */
  patience?: Partial<Patience>;
  lookup?: LookupFunction;
}

/** What lasts longer is the transfer's own patience. */
export interface Patience extends Pauses {
  /** Ms until a connection must stand. */
  connect: number;
  /** Ms without a byte. */
  silence: number;
  /** Ms for a whole request, beside what its body takes. */
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

/** Where a bucket is and who asks, from the root, the person's AWS configuration and the environment. */
export interface S3Way {
  /** Undefined: Amazon's own. */
  endpoint: string | undefined;
  region: string;
  /** Path of a file of certificates. */
  ca: string | undefined;
  signIn: S3SignIn;
  /** See `ConnectionRules`. */
  mayBePrivate: boolean;
}

/** What is said for a storage goes first, and for a profile that is named so the profile before the environment. */
export async function planS3Way(root: CloudRoot, access: S3Access, env: NodeJS.ProcessEnv): Promise<S3Way> {
  const { options } = root;
  const named = access.keys === undefined ? (access.profile ?? options.profile) : undefined;
  const usual = said(env['AWS_PROFILE']) ?? 'default';
  const known = await readAwsProfile(named ?? usual);
  const signIn = planS3SignIn({
    keys: access.keys,
    profile: named,
    anonymous: access.anonymous === true || options.anonymous === 'true',
    env,
    usual: known,
  });
  const inProfile = { endpoint: said(known?.endpoint), region: said(known?.region) };
  const isIgnored = env['AWS_IGNORE_CONFIGURED_ENDPOINT_URLS']?.toLowerCase() === 'true';
  const inEnv = {
    endpoint: isIgnored ? undefined : (said(env['AWS_ENDPOINT_URL_S3']) ?? said(env['AWS_ENDPOINT_URL'])),
    region: said(env['AWS_REGION']) ?? said(env['AWS_DEFAULT_REGION']),
  };
  const [first, second] = named === undefined ? [inEnv, inProfile] : [inProfile, inEnv];
  return {
    // A named profile is not sent to where only the environment says.
    endpoint: options.endpoint_url ?? first.endpoint ?? (named === undefined ? second.endpoint : undefined),
    region: options.region ?? first.region ?? second.region ?? 'us-east-1',
    ca:
      options.ca ??
      (named === undefined ? said(env['AWS_CA_BUNDLE']) : undefined) ??
      said(known?.ca) ??
      said(env['AWS_CA_BUNDLE']),
    signIn,
    // What is in the person's own configuration was chosen by the person.
    mayBePrivate: options.endpoint_url === undefined || root.fromRegistry !== true || access.isChosen === true,
  };
}

function said(value: string | undefined): string | undefined {
  return value === '' ? undefined : value;
}

export interface S3Connection {
  s3: S3Client;
  short: ShortWay;
  way: S3Way;
  agents: Agents;
  /** How another thread connects alike. */
  connecting: Connecting;
}

/** Errors: `not_allowed` for a file of certificates that can't be read. */
export async function openS3Client(
  sdk: typeof import('@aws-sdk/client-s3'),
  root: CloudRoot,
  access: S3Access,
  fs: Pick<Fs, 'readRange' | 'realPath'>,
  random: Random = systemRandom,
): Promise<S3Connection> {
  const { ConfiguredRetryStrategy } = await import('@smithy/core/retry');
  const { NodeHttpHandler } = await import('@smithy/node-http-handler');
  const patience = { ...PATIENCE, ...access.patience };
  const { attempts, connect, silence, request } = patience;
  const way = await planS3Way(root, access, process.env);
  const { endpoint, region, signIn, mayBePrivate } = way;
  if (endpoint !== undefined && !/^https?:\/\//i.test(endpoint))
    throw new BenchkeepError(
      'not_allowed',
      `The endpoint that your AWS configuration gives for ${root.root} is no web address`,
      'Mend endpoint_url there (it begins with https://), or give the address with the bucket.',
    );
  const authority = await openAuthority(way.ca, process.env, fs);
  const { firstPause, longestPause } = patience;
  const connecting = { mayBePrivate, authority, connect, silence, attempts, firstPause, longestPause };
  const agents = openAgents({ ...connecting, ...(access.lookup && { lookup: access.lookup }) });
  const credentials = s3Credentials(signIn, root.root, process.env);
  // A desktop has no metadata, and whoever answers at their address is not who it should be.
  if (signIn.by === 'machine') process.env['AWS_EC2_METADATA_DISABLED'] ??= 'true';
  const handler = new NodeHttpHandler({
    connectionTimeout: connect,
    socketTimeout: silence,
    requestTimeout: request,
    throwOnRequestTimeout: true,
    httpAgent: agents.http,
    httpsAgent: agents.https,
  });
  const handle = handler.handle.bind(handler);
  handler.handle = (asked, options) =>
    handle(asked, { ...options, requestTimeout: longestRequest(request, asked.body) });
  const s3 = new sdk.S3Client({
    ...(endpoint === undefined ? {} : { endpoint }),
    forcePathStyle: isPathStyle(root, endpoint),
    // What is configured was looked at above.
    ignoreConfiguredEndpointUrls: true,
    region,
    followRegionRedirects: endpoint === undefined,
    retryStrategy: heedRetryAfter(
      withFullPurse(new ConfiguredRetryStrategy(attempts, (attempt) => pauseBefore(attempt, patience, random))),
      LONGEST_ASKED,
      systemClock,
    ),
    // Agents of our own: with its own ones the handler makes a new one for each request that expects to be asked for
    // its body (`Expect: 100-continue`), which has no authority of the lab's and keeps no connection.
    requestHandler: handler,
    // And with ours it sends that header without waiting for the answer. Rights are known before a part is sent.
    expectContinueHeader: false,
    // Ours are named with each request; what old S3-alikes don't know is left out.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    ...(credentials === undefined ? {} : { credentials }),
    ...(signIn.by === 'anonymous' ? anonymous : {}),
  });
  return { s3, short: shortWay(s3, openWire(systemClock, agents, connecting)), way, agents, connecting };
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
