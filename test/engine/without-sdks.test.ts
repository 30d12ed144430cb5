/** An instance without buckets does not wait for what buckets need. */
import { createRequire } from 'node:module';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openEngine } from '../../src-main/engine/open-engine.ts';
import { testHost } from '../contract/ways-in.ts';
import { makeBench, type Bench } from '../instance/open-bench.ts';

let bench: Bench;
beforeEach(() => {
  bench = makeBench();
});
afterEach(() => bench.remove());

function loaded(): string[] {
  const paths = Object.keys(createRequire(import.meta.url).cache);
  return paths.filter((path) => /@aws-sdk|@smithy|@google-cloud|google-auth-library/.test(path));
}

test('opening it loads no part of the SDKs; the first bucket that is asked does', async () => {
  const { open } = await bench.instance();
  await open.close();
  const engine = await openEngine(
    { home: bench.home, instance: null, watch: false, listen: false, threads: false },
    testHost,
  );
  expect(engine.context.isOpen()).toBe(true);
  expect(loaded()).toEqual([]);
  const { stores } = engine.context.services().context;
  const store = await stores.open({ type: 's3', bucket: 'plates', prefix: '', root: 's3://plates', options: {} });
  store.close();
  expect(loaded()).not.toEqual([]);
  await engine.close();
});
