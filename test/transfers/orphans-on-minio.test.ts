/** F-UP19 where the store takes what is asked for as the whole name of an object, as MinIO does. */
import { CreateMultipartUploadCommand, ListMultipartUploadsCommand } from '@aws-sdk/client-s3';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { findOrphanUploads, sweepOrphanUploads } from '../../src-main/transfers/index.ts';
import { startFaultProxy, type FaultProxy } from '../stores/fault-proxy.ts';
import { useS3 } from '../stores/use-s3.ts';
import { openCloudLab, type CloudLab } from './open-cloud-lab.ts';

const server = useS3('minio');
let proxy: FaultProxy;
let lab: CloudLab;

beforeEach(async () => {
  for (const [name, value] of Object.entries(server().env)) vi.stubEnv(name, String(value));
  proxy = await startFaultProxy(server().endpoint);
  lab = await openCloudLab(`s3://${server().bucket}/lab?endpoint_url=${proxy.endpoint}`);
});
afterEach(async () => {
  await lab.close();
  await proxy.stop();
  vi.unstubAllEnvs();
});

async function unfinished(): Promise<string[]> {
  const { Uploads: uploads = [] } = await server().admin.send(
    new ListMultipartUploadsCommand({ Bucket: server().bucket }),
  );
  return uploads.map(({ Key: key }) => key ?? '').sort();
}

test('F-UP19 all of this program are found, and one that can not be taken away keeps no other', async () => {
  const ours = [
    'lab/.lamindb/abcdefghijklmnop0000.fcs',
    'lab/.lamindb/abcdefghijklmnop0001/d1/big.raw',
    'lab/.lamindb/benchkeep.db',
    'lab/.lamindb/manifests/abcdefghijklmnop0001.tsv.gz',
  ];
  const others = [
    '.lamindb/abcdefghijklmnop0002.fcs',
    'lab/.lamindb/manifests/other.tsv.gz',
    'lab/.lamindb/somebody-elses.bin',
    'lab/data/abcdefghijklmnop0000.fcs',
  ];
  for (const Key of [...ours, ...others])
    await server().admin.send(new CreateMultipartUploadCommand({ Bucket: server().bucket, Key }));
  const { context } = lab;
  expect((await findOrphanUploads(context)).orphans).toEqual([]);
  const later = { ...context, clock: { ...context.clock, now: () => Date.now() + 8 * 24 * 3600_000 } };
  const { orphans } = await findOrphanUploads(later);
  expect(orphans.map(({ address }) => address.split('/').slice(3).join('/')).sort()).toEqual(ours);
  proxy.spoil({ method: 'DELETE', url: /abcdefghijklmnop0000/ }, 1, { status: 403, code: 'AccessDenied' });
  expect(await sweepOrphanUploads(later)).toBe(3);
  expect(await unfinished()).toEqual(['lab/.lamindb/abcdefghijklmnop0000.fcs', ...others].sort());
  expect(await sweepOrphanUploads(later)).toBe(1);
  expect(await unfinished()).toEqual(others);
});
