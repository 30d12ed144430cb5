/** Real S3 servers for tests: versitygw over a folder, and MinIO. */
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateBucketCommand, PutBucketVersioningCommand, S3Client } from '@aws-sdk/client-s3';
import { programOf } from './install-server.ts';
import { freePort, runServer, type RunningServer, type ServerOrder } from './run-server.ts';

export type S3ServerName = 'versitygw' | 'minio';

/** What the program is told of them, as by a person: through the environment. */
export interface S3Environment {
  AWS_ACCESS_KEY_ID: string;
  AWS_SECRET_ACCESS_KEY: string;
  AWS_REGION: string;
  AWS_EC2_METADATA_DISABLED: string;
  /** Files that are not there: nothing of whoever runs the tests is used. */
  AWS_SHARED_CREDENTIALS_FILE: string;
  AWS_CONFIG_FILE: string;
}

export interface S3Server extends RunningServer {
  name: S3ServerName;
  endpoint: string;
  bucket: string;
  /** Of a storage in the bucket. */
  root: string;
  env: S3Environment;
  /** Where its data lie. */
  folder: string;
  /** With the server's own credentials, whatever the environment says. */
  admin: S3Client;
  makeBucket(name: string, options?: { versioned?: boolean }): Promise<void>;
}

const REGION = 'us-east-1';

/** `stop` removes nothing; the folder goes with `remove`. */
export async function startS3(
  name: S3ServerName,
  { versioned = false }: { versioned?: boolean } = {},
): Promise<S3Server & { remove(): Promise<void> }> {
  const folder = mkdtempSync(join(tmpdir(), 'benchkeep-s3-'));
  // Of this server only: a test that meets another one, or a secret in a message, notices.
  const key = `key${randomBytes(6).toString('hex')}`;
  const secret = `canary+secret/${randomBytes(12).toString('hex')}`;
  const running = await runServer({ program: programOf(name), folder, ...(await orders[name](folder, key, secret)) });
  const endpoint = `http://127.0.0.1:${String(running.port)}`;
  const admin = new S3Client({
    endpoint,
    forcePathStyle: true,
    region: REGION,
    credentials: { accessKeyId: key, secretAccessKey: secret },
    // It answers before it is ready for everything.
    maxAttempts: 10,
  });
  const makeBucket: S3Server['makeBucket'] = async (Bucket, options) => {
    await admin.send(new CreateBucketCommand({ Bucket }));
    if (options?.versioned !== true) return;
    await admin.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: 'Enabled' } }));
  };
  const bucket = 'benchkeep-test';
  const remove = async (): Promise<void> => {
    admin.destroy();
    await running.kill();
    rmSync(folder, { recursive: true, force: true });
  };
  await makeBucket(bucket, { versioned }).catch(async (error: unknown) => {
    await remove();
    throw error;
  });
  return {
    ...running,
    name,
    endpoint,
    bucket,
    root: `s3://${bucket}?endpoint_url=${endpoint}`,
    env: {
      AWS_ACCESS_KEY_ID: key,
      AWS_SECRET_ACCESS_KEY: secret,
      AWS_REGION: REGION,
      AWS_EC2_METADATA_DISABLED: 'true',
      AWS_SHARED_CREDENTIALS_FILE: join(folder, 'no-credentials'),
      AWS_CONFIG_FILE: join(folder, 'no-config'),
    },
    folder,
    admin,
    makeBucket,
    remove,
  };
}

type Order = Pick<ServerOrder, 'args' | 'env' | 'health'>;
const orders: Record<S3ServerName, (folder: string, key: string, secret: string) => Promise<Order>> = {
  async versitygw(folder, key, secret) {
    const [data, versions] = [join(folder, 'data'), join(folder, 'versions')];
    mkdirSync(data);
    mkdirSync(versions);
    return {
      args: (port) => [
        ...['--quiet', '--keep-alive', '--region', REGION, '--health', '/health'],
        ...['--port', `127.0.0.1:${String(port)}`],
        ...['posix', '--versioning-dir', versions, data],
      ],
      env: { ROOT_ACCESS_KEY: key, ROOT_SECRET_KEY: secret },
      health: (port) => `http://127.0.0.1:${String(port)}/health`,
    };
  },
  async minio(folder, key, secret) {
    const console_ = await freePort();
    return {
      args: (port) => [
        ...['server', '--quiet', '--address', `127.0.0.1:${String(port)}`],
        ...['--console-address', `127.0.0.1:${String(console_)}`, join(folder, 'data')],
      ],
      env: { MINIO_ROOT_USER: key, MINIO_ROOT_PASSWORD: secret, MINIO_BROWSER: 'off', MINIO_UPDATE: 'off' },
      health: (port) => `http://127.0.0.1:${String(port)}/minio/health/ready`,
    };
  },
};
