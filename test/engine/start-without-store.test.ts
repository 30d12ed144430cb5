/** A store that does not answer keeps nobody from the window, nor from closing it. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { DeleteObjectCommand } from '@aws-sdk/client-s3';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { planRemovals } from '../../src-main/artifacts/pending-removals.ts';
import { rawFromText } from '../../src-main/ports/fs/raw-path.ts';
import { listSettings } from '../../src-main/workstation/settings.ts';
import { startFaultProxy, type FaultProxy } from '../stores/fault-proxy.ts';
import { useS3 } from '../stores/use-s3.ts';
import { openLab, PATIENCE, type Lab } from '../transfers/open-lab.ts';

const server = useS3('versitygw');
let proxy: FaultProxy;
let lab: Lab;
let folder = '';
let folders = 0;

beforeEach(async () => {
  proxy = await startFaultProxy(server().endpoint);
  folder = `start-${String(folders++)}`;
  lab = await openLab(`s3://${server().bucket}/${folder}?endpoint_url=${proxy.endpoint}`, server().env, {
    working: false,
  });
});
afterEach(async () => {
  await lab.close();
  await proxy.stop();
});

/** Its content is in the bucket, and it is planned that the object goes, as by a program that died in the middle of it. */
async function planned(): Promise<string> {
  const uid = await lab.save('a.fcs', 1000);
  const job = await lab.client.artifacts.upload({ artifacts: [uid], free_up: false });
  while ((await job.next()).done !== true);
  const { context } = lab.engine.context.services();
  const { uid: storageUid } = await context.registry.db
    .selectFrom('storage')
    .select('uid')
    .where('type', '=', 's3')
    .executeTakeFirstOrThrow();
  await planRemovals(context, [{ uid, storageUid, path: rawFromText(`.lamindb/${uid}.fcs`), kind: 'object' }]);
  return uid;
}

test('what a broken-off deletion left in it is looked at when it answers', async () => {
  const uid = await planned();
  const looks = { method: 'HEAD', url: new RegExp(uid) };
  proxy.reset();
  proxy.spoil(looks, 999, 'stall');
  await lab.restart({ working: false });
  await vi.waitFor(() => {
    expect(proxy.seen(looks)).toHaveLength(1);
  }, PATIENCE);
  await lab.engine.close();
  expect(proxy.seen(looks)).toHaveLength(1);
  proxy.reset();
  await lab.restart({ working: false });
  await vi.waitFor(async () => {
    const { workstation } = lab.engine.context.services().context;
    expect(await listSettings(workstation.db, 'removal ')).toEqual([]);
  }, PATIENCE);
  expect(proxy.seen(looks)).toHaveLength(1);
});

test('a program that ends at once says, too, what a broken-off deletion left', async () => {
  const uid = await planned();
  await server().admin.send(new DeleteObjectCommand({ Bucket: server().bucket, Key: `${folder}/.lamindb/${uid}.fcs` }));
  await lab.restart({ working: false });
  await lab.engine.close();
  const instances = lab.path('home', 'instances');
  const [instance = ''] = readdirSync(instances).filter((name) => !name.startsWith('.'));
  const db = new Database(join(instances, instance, 'registry.db'), { readonly: true });
  expect(db.prepare('SELECT state FROM artifact').pluck().all()).toEqual(['missing']);
  db.close();
});
