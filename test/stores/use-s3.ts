import { afterAll, beforeAll, beforeEach, inject, vi } from 'vitest';
import { openS3Store } from '../../src-main/storage/objects/s3-store.ts';
import { parseCloudRoot } from '../../src-main/storage/objects/store-options.ts';
import type { S3Access } from '../../src-main/storage/objects/s3-client.ts';
import type { ObjectStore } from '../../src-main/storage/objects/object-store.ts';
import type { ServerName } from './install-server.ts';
import { startS3, type S3Environment, type S3Server, type S3ServerName } from './start-s3.ts';

/** The server that all tests of a suite share; `needs` more programs. Without them the tests are skipped, with the reason. */
export function useS3(
  name: S3ServerName,
  { versioned = false, needs = [] }: { versioned?: boolean; needs?: readonly ServerName[] } = {},
): () => S3Server {
  let server: Awaited<ReturnType<typeof startS3>> | null = null;
  const missing = inject('storesMissing');
  const why = [name, ...needs].map((program) => missing[program]).find((reason) => reason !== null) ?? null;
  beforeAll(async () => {
    if (why === null) server = await startS3(name, { versioned });
  });
  beforeEach((context) => {
    context.skip(why !== null, why ?? '');
  });
  afterAll(() => server?.remove());
  return () => {
    if (server === null) throw new Error(`${name} is not running`);
    return server;
  };
}

/** A store at `root`, signed in through the environment, until the end of the test. */
export async function openS3At(root: string, env: Partial<S3Environment>, access: S3Access = {}): Promise<ObjectStore> {
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
  const parsed = parseCloudRoot(root);
  if (parsed === null) throw new Error(`${root} is no root`);
  return openS3Store(parsed, access);
}
