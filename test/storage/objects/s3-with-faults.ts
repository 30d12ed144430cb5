/** An S3 server behind a proxy that spoils requests, a store that looks at it through that, and how calls fail there. */
import { inspect } from 'node:util';
import { afterEach, beforeEach, expect } from 'vitest';
import { BenchkeepError } from '../../../shared/errors.ts';
import type { Patience } from '../../../src-main/storage/objects/s3-client.ts';
import type { ObjectStore } from '../../../src-main/storage/objects/object-store.ts';
import { startFaultProxy, type FaultProxy } from '../../stores/fault-proxy.ts';
import type { S3Server } from '../../stores/start-s3.ts';
import { openS3At } from '../../stores/use-s3.ts';

/** So that a test does not wait as long as a person. */
export const IMPATIENT: Patience = {
  attempts: 4,
  firstPause: 10,
  longestPause: 40,
  connect: 1_000,
  silence: 1_000,
  request: 20_000,
};
/** Ms. More than any call may take with it, also on a slow computer, and less than one without an end. */
export const SOON = 15_000;

const TOKEN = 'canary-session-token';

export interface Faulty {
  readonly proxy: FaultProxy;
  /** Through the proxy. */
  readonly store: ObjectStore;
  /** Straight to the server: what really is there. */
  readonly truth: ObjectStore;
  /** Opens another one, which is closed after the test. */
  open(
    endpoint: string,
    options?: { region?: string; secret?: string; patience?: Partial<Patience> },
  ): Promise<ObjectStore>;
}

export function withFaults(server: () => S3Server): Faulty {
  let proxy: FaultProxy | null = null;
  let opened: ObjectStore[] = [];
  const open: Faulty['open'] = async (endpoint, { region, secret, patience } = {}) => {
    const { bucket, env } = server();
    const root = `s3://${bucket}/lab?endpoint_url=${endpoint}${region === undefined ? '' : `&region=${region}`}`;
    const store = await openS3At(
      root,
      { ...env, ...(secret === undefined ? {} : { AWS_SECRET_ACCESS_KEY: secret }) },
      { patience: { ...IMPATIENT, ...patience } },
    );
    opened.push(store);
    return store;
  };
  beforeEach(async () => {
    proxy = await startFaultProxy(server().endpoint, { secret: server().env.AWS_SECRET_ACCESS_KEY });
    opened = [];
    await open(proxy.endpoint);
    await open(server().endpoint);
  });
  afterEach(async () => {
    for (const store of opened) store.close();
    await proxy?.stop();
  });
  const there = <T>(thing: T | null | undefined): T => {
    if (thing === null || thing === undefined) throw new Error('only within a test');
    return thing;
  };
  return {
    get proxy() {
      return there(proxy);
    },
    get store() {
      return there(opened[0]);
    },
    get truth() {
      return there(opened[1]);
    },
    open,
  };
}

/** The error of a call that must fail, soon and without a word that is a secret (S-19). */
export async function failureOf(call: Promise<unknown>, { secret }: { secret: string }): Promise<BenchkeepError> {
  const start = performance.now();
  const error: unknown = await call.then(
    (value) => expect.fail(`it went well: ${inspect(value)}`),
    (reason: unknown) => reason,
  );
  expect(performance.now() - start).toBeLessThan(SOON);
  if (!(error instanceof BenchkeepError)) throw error;
  const words = `${inspect(error, { depth: Infinity, showHidden: true })}${String(error.stack)}`;
  for (const leak of [secret, encodeURIComponent(secret), TOKEN]) expect(words).not.toContain(leak);
  expect(words).not.toMatch(/Signature=|Credential=|AWS4-HMAC|authorization:|x-amz-security-token|[0-9a-f]{64}/i);
  return error;
}
