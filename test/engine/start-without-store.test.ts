/** A store that does not answer keeps nobody from the window, nor from closing it. */
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

beforeEach(async () => {
  proxy = await startFaultProxy(server().endpoint);
  lab = await openLab(`s3://${server().bucket}/start?endpoint_url=${proxy.endpoint}`, server().env, {
    working: false,
  });
});
afterEach(async () => {
  await lab.close();
  await proxy.stop();
});

test('what a broken-off deletion left in it is looked at when it answers', async () => {
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
