/** The S3 store on two servers that differ. */
import { describe } from 'vitest';
import { openS3At, useS3 } from '../../stores/use-s3.ts';
import { describeObjectStore, type How, type OpenHow, type StoreLimits } from './object-store-cases.ts';
import type { S3Environment, S3Server, S3ServerName } from '../../stores/start-s3.ts';

const how: Record<How, (server: S3Server) => { bucket: string; env: S3Environment }> = {
  'as usual': ({ bucket, env }) => ({ bucket, env }),
  'missing bucket': ({ env }) => ({ bucket: 'no-such-bucket', env }),
  'wrong credentials': ({ bucket, env }) => ({ bucket, env: { ...env, AWS_SECRET_ACCESS_KEY: 'not-the-secret' } }),
};

const limits: Record<S3ServerName, StoreLimits> = { versitygw: { keysOfXml: true }, minio: {} };

for (const name of ['versitygw', 'minio'] as const) {
  describe(`S3 on ${name}`, () => {
    const server = useS3(name);
    const open: OpenHow = async (way) => {
      const { bucket, env } = how[way](server());
      const store = await openS3At(`s3://${bucket}/lab?endpoint_url=${server().endpoint}`, env);
      return { store, close: () => store.close() };
    };
    describeObjectStore('as any store', open, limits[name]);
  });
}
