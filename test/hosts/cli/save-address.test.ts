/** Content of a bucket by the command line: registered where it is, shown, read, deleted. */
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { afterEach, beforeEach, expect, test } from 'vitest';
import * as z from 'zod';
import { artifactRecord, storageRecord } from '../../../shared/contract/index.ts';
import { useS3 } from '../../stores/use-s3.ts';
import { commandLine, type CommandLine } from './command-line.ts';

const server = useS3('versitygw');
const items = z.object({ items: z.array(artifactRecord) });
let cli: CommandLine;
beforeEach(async () => {
  cli = commandLine({ env: { ...server().env } });
  const { admin, bucket: Bucket } = server();
  for (const [Key, Body] of [
    ['runs/a b.csv', 'a,b\n'],
    ['runs/deep/c.txt', 'c'],
  ] as const)
    await admin.send(new PutObjectCommand({ Bucket, Key, Body }));
});
afterEach(() => cli.close());

test('save, list, path, tree, verify and delete of an address', { timeout: 60_000 }, async () => {
  const { bucket, endpoint } = server();
  await cli.json(z.unknown(), 'init', '--storage', './lab');
  const saved = await cli.json(
    items,
    'save',
    `s3://${bucket}/runs/a b.csv?endpoint_url=${endpoint}`,
    `s3://${bucket}/runs?endpoint_url=${endpoint}`,
  );
  expect(saved.items.map(({ key, n_files: n }) => [key, n])).toEqual([
    ['runs/a b.csv', null],
    ['runs', 2],
  ]);
  const [file, folder] = saved.items.map(({ uid }) => uid);
  const { items: storages } = await cli.json(z.object({ items: z.array(storageRecord) }), 'storage', 'list');
  expect(storages[1]).toMatchObject({ root: `s3://${bucket}`, managed: false, region: 'us-east-1' });
  expect(await cli.json(z.unknown(), 'path', file ?? '')).toEqual({ path: `s3://${bucket}/runs/a b.csv` });
  const tree = await cli.run('storage', 'tree', `s3://${bucket}/runs`);
  expect(tree.out).toContain('1 folder & 2 files');
  expect(tree.out).toContain('(us-east-1)');
  const verified = await cli.run('verify', file ?? '', folder ?? '');
  expect(verified.code).toBe(0);
  expect(verified.out).toContain('read for the first time');
  expect((await cli.json(items, 'list', 'state=ok')).items).toHaveLength(2);
  expect((await cli.refused(4, 'delete', file ?? '', '--permanent', '--storage', 'yes')).code).toBe('storage_linked');
  const gone = await cli.run('delete', file ?? '', '--permanent');
  expect(gone.out).toContain(`a file remains here: s3://${bucket}/runs/a b.csv`);
  const missing = await cli.refused(3, 'save', `s3://${bucket}/nothing.csv`);
  expect(missing.remedy).toContain('storage tree');
});
