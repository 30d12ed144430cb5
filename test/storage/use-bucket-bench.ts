/** For each test a bench, a bucket behind a proxy that spoils requests, and a folder of its own in it; signed in by the environment. */
import { afterEach, beforeEach, vi } from 'vitest';
import { makeBench, type Bench } from '../instance/open-bench.ts';
import { startFaultProxy, type FaultProxy } from '../stores/fault-proxy.ts';
import type { S3Server } from '../stores/start-s3.ts';

export interface BucketBench {
  bench: Bench;
  proxy: FaultProxy;
  /** Of this test. */
  folder: string;
}

/** `name` begins that of the folders; `onMade` gets each as its test begins. */
export function useBucketBench(server: () => S3Server, name: string, onMade: (made: BucketBench) => void): void {
  let made: BucketBench | null = null;
  let folders = 0;
  beforeEach(async () => {
    const proxy = await startFaultProxy(server().endpoint, { secret: server().env.AWS_SECRET_ACCESS_KEY });
    made = { bench: makeBench(), proxy, folder: `${name}-${String(++folders)}` };
    for (const [variable, value] of Object.entries<string>({ ...server().env })) vi.stubEnv(variable, value);
    onMade(made);
  });
  afterEach(async () => {
    await made?.bench.remove();
    await made?.proxy.stop();
  });
}
