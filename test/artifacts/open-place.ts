/** An instance in a folder, and a bucket of somebody else's beside it. */
import { vi } from 'vitest';
import { openS3Store } from '../../src-main/storage/objects/s3-store.ts';
import type { ObjectStore } from '../../src-main/storage/objects/object-store.ts';
import { parseCloudRoot } from '../../src-main/storage/objects/store-options.ts';
import type { S3Server } from '../stores/start-s3.ts';
import { openArtifacts, type TestArtifacts } from './open-artifacts.ts';

export interface TestPlace {
  lab: TestArtifacts;
  store: ObjectStore;
  /** `s3://bucket/folder`. */
  at: string;
  /** The address of what is below it, with its endpoint. */
  address(key: string): string;
  put(key: string, content: string | Buffer): Promise<void>;
  close(): Promise<void>;
}

let folders = 0;

/** Signed in through the environment until the end of the test. */
export async function openPlace(server: S3Server): Promise<TestPlace> {
  for (const [name, value] of Object.entries(server.env)) vi.stubEnv(name, String(value));
  const folder = `place-${String(++folders)}`;
  const at = `s3://${server.bucket}/${folder}`;
  const root = parseCloudRoot(`${at}?endpoint_url=${server.endpoint}`);
  if (root === null) throw new Error('no root');
  const store = await openS3Store(root, {});
  const lab = await openArtifacts();
  return {
    lab,
    store,
    at,
    address: (key) => `${at}/${key}?endpoint_url=${server.endpoint}`,
    async put(key, content) {
      await store.put(key, Buffer.from(content));
    },
    async close() {
      store.close();
      await lab.close();
      vi.unstubAllEnvs();
    },
  };
}
