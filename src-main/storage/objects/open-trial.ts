/** A store with its inside out, for finding out what is wrong with it: little patience, each step for itself. */
import type { Clock } from '../../ports/clock.ts';
import type { Fs } from '../../ports/fs/fs.ts';
import type { Random } from '../../ports/random.ts';
import { bucketAddress, isPathStyle, otherWay, type OtherWay } from './addressing-style.ts';
import { openGcsClient } from './gcs-client.ts';
import { openWire } from './whole-request.ts';
import { gcsStore } from './gcs-store.ts';
import { openS3Client, type S3Access } from './s3-client.ts';
import type { GcsAccess } from './gcs-sign-in.ts';
import type { ObjectStore } from './object-store.ts';
import { s3Failure } from './s3-failure.ts';
import { s3Store } from './s3-store.ts';
import { networkFailure } from './gcs-failure.ts';
import type { CloudRoot } from './store-options.ts';

export interface Trial {
  /** Address of the servers. */
  endpoint: string;
  /** Asks them anything, without credentials: their `Date` header, null without one. Errors: those of the network. */
  greet(): Promise<string | null>;
  /** Fetches the credentials. Errors: `not_signed_in`, `offline`. */
  signIn(): Promise<void>;
  store: ObjectStore;
  /** What may help where the server answers and the bucket is not found; null where there is no other way. */
  otherWay: OtherWay | null;
  close(): void;
}

export interface TrialContext {
  clock: Clock;
  random: Random;
  fs: Pick<Fs, 'readRange' | 'realPath'>;
}

const PATIENCE = { attempts: 2, longestPause: 1_000, request: 30_000 };

/** Errors: `not_allowed` for a file of certificates that can't be read, or where credentials would go unprotected. */
export async function openTrial(root: CloudRoot, access: S3Access & GcsAccess, context: TrialContext): Promise<Trial> {
  return root.type === 's3' ? trialOfS3(root, access, context) : trialOfGcs(root, access, context);
}

async function trialOfS3(root: CloudRoot, access: S3Access, { fs, clock }: TrialContext): Promise<Trial> {
  const sdk = await import('@aws-sdk/client-s3');
  const patience = { ...PATIENCE, ...access.patience };
  const { s3, short, way, agents } = await openS3Client(sdk, root, { ...access, patience }, fs);
  const china = way.region.startsWith('cn-') ? '.cn' : '';
  const endpoint = way.endpoint ?? `https://s3.${way.region}.amazonaws.com${china}`;
  const store = s3Store(root, { s3, sdk, short }, way);
  const wire = openWire(clock, agents);
  // At Amazon there is one that works.
  const isUsual = way.endpoint === undefined && root.options.addressing_style === undefined;
  const address = bucketAddress(root, endpoint, isPathStyle(root, way.endpoint));
  return {
    endpoint,
    otherWay: isUsual ? null : otherWay(root, endpoint, address),
    greet: () => greet(wire, endpoint, root),
    async signIn() {
      if (way.signIn.by === 'anonymous') return;
      try {
        await s3.config.credentials();
      } catch (error) {
        throw s3Failure(error, root.root);
      }
    },
    store,
    close: () => {
      store.close();
    },
  };
}

async function trialOfGcs(root: CloudRoot, access: GcsAccess, context: TrialContext): Promise<Trial> {
  const client = await openGcsClient(root, { ...access, attempts: PATIENCE.attempts }, context);
  const wire = openWire(context.clock, client.agents);
  const store = gcsStore(root, client);
  return {
    endpoint: client.endpoint,
    otherWay: null,
    greet: () => greet(wire, client.endpoint, root),
    signIn: async () => void (await client.signIn()),
    store,
    close: () => {
      store.close();
    },
  };
}

async function greet(wire: ReturnType<typeof openWire>, endpoint: string, { root }: CloudRoot): Promise<string | null> {
  try {
    const { headers } = await wire.exchange({ method: 'GET', url: `${endpoint}/` });
    return headers.date ?? null;
  } catch (error) {
    throw networkFailure(error, root);
  }
}
