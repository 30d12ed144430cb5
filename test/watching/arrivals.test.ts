/** What arrives in a watched folder whose rule says so is queued for uploading, also what was not there at the first look. */
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ArtifactState } from '../../shared/contract/index.ts';
import { BenchkeepError, toErrorData } from '../../shared/errors.ts';
import { writeRegistry } from '../../src-main/registry/change-log.ts';
import { addStorage } from '../../src-main/storage/index.ts';
import { queueArrivals, setWatchRule } from '../../src-main/watching/index.ts';
import { uploadArrivals } from '../../src-main/watching/upload-arrivals.ts';
import { pauseTransfers } from '../../src-main/transfers/index.ts';
import { changeTransfers } from '../../src-main/workstation/transfer-rows.ts';
import { ended } from '../artifacts/open-artifacts.ts';
import { useS3 } from '../stores/use-s3.ts';
import { openCloudLab, type CloudLab } from '../transfers/open-cloud-lab.ts';

const server = useS3('versitygw');
let lab: CloudLab;
let instrument = '';
let folders = 0;

beforeEach(async () => {
  for (const [name, value] of Object.entries(server().env)) vi.stubEnv(name, String(value));
  lab = await openCloudLab(`s3://${server().bucket}/arrivals-${String(folders++)}?endpoint_url=${server().endpoint}`);
  instrument = join(lab.base, 'instrument');
  put('before.fcs');
  await addStorage(lab.context, { root: instrument, watch: true, managed: false });
  await lab.look(instrument);
  await setWatchRule(lab.context, { storage: instrument, upload: true });
});
afterEach(async () => {
  await lab.close();
  vi.unstubAllEnvs();
});

function put(name: string, content = name): void {
  mkdirSync(dirname(join(instrument, name)), { recursive: true });
  writeFileSync(join(instrument, name), content);
}

async function arrives(name: string): Promise<string> {
  put(name);
  await lab.look(instrument);
  const { uid } = await lab.context.registry.db
    .selectFrom('artifact')
    .select('uid')
    .where('key', '=', name)
    .executeTakeFirstOrThrow();
  return uid;
}

async function say(uid: string, state: Exclude<ArtifactState, 'offline'>, reason: string | null): Promise<void> {
  const { context } = lab;
  const { id } = await context.registry.db
    .selectFrom('artifact')
    .select('id')
    .where('uid', '=', uid)
    .executeTakeFirstOrThrow();
  await writeRegistry(context, await context.author(), 'watch', (write) =>
    write.update('artifact', id, { state, state_reason: reason }),
  );
}

const queued = async (): Promise<string[]> => (await lab.transfers()).map(({ artifact_uid: uid }) => uid);
const look = () => queueArrivals(lab.context);

describe('what arrives is queued', () => {
  it('once, and nothing that was there before', async () => {
    const uid = await arrives('run1.fcs');
    expect(await look()).toEqual({ queued: 1, waits: false });
    expect(await look()).toEqual({ queued: 0, waits: false });
    expect(await queued()).toEqual([uid]);
  });

  it('a run folder, too', async () => {
    for (const name of ['RunInfo.xml', 'Data/C1.bcl.gz', 'CopyComplete.txt']) put(`run 1/${name}`);
    await lab.look(instrument);
    expect(await look()).toEqual({ queued: 1, waits: false });
    await lab.goOn();
    const [transfer] = await lab.transfers();
    expect(transfer).toMatchObject({ state: 'done' });
    const keys: string[] = [];
    for await (const { key } of (await lab.store()).list(`.lamindb/${transfer?.artifact_uid ?? ''}`)) keys.push(key);
    expect(keys).toHaveLength(3);
  });

  it('when its drive is back, and until then it is looked again', async () => {
    const uid = await arrives('run1.fcs');
    renameSync(instrument, `${instrument}.away`);
    expect(await look()).toEqual({ queued: 0, waits: true });
    renameSync(`${instrument}.away`, instrument);
    expect(await look()).toEqual({ queued: 1, waits: false });
    expect(await queued()).toEqual([uid]);
  });

  it('when it is there again, though it was gone for a moment', async () => {
    const uid = await arrives('run1.fcs');
    const other = await arrives('run2.fcs');
    renameSync(join(instrument, 'run1.fcs'), join(lab.base, 'aside'));
    expect((await look()).queued).toBe(1);
    expect(await queued()).toEqual([other]);
    renameSync(join(lab.base, 'aside'), join(instrument, 'run1.fcs'));
    expect((await look()).queued).toBe(1);
    expect(await queued()).toEqual([other, uid]);
  });

  it('when the registry says so again; what was written over never comes back', async () => {
    const uid = await arrives('run1.fcs');
    const over = await arrives('run2.fcs');
    await say(uid, 'missing', 'path-gone');
    await say(over, 'missing', 'overwritten');
    expect((await look()).queued).toBe(0);
    await say(uid, 'ok', null);
    await say(over, 'ok', null);
    expect((await look()).queued).toBe(1);
    expect(await queued()).toEqual([uid]);
  });
});

describe('what arrived is uploaded while somebody waits', () => {
  const waits = async (name: string, error: BenchkeepError, next: string): Promise<void> => {
    const uid = await arrives(name);
    await look();
    const { id = 0 } = (await lab.transfers()).find(({ artifact_uid: of }) => of === uid) ?? {};
    const failed = { attempts: 2, next, error: JSON.stringify(toErrorData(error)) };
    await changeTransfers(lab.context.workstation, [id], failed);
  };

  it('at once after a failure, but not before the time that its store said', async () => {
    const next = '2099-01-01T00:00:00.000Z';
    const busy = { retry: true, details: { retry_after: 3600 } };
    await waits('asked.fcs', new BenchkeepError('offline', 'The store is busy', 'Wait.', busy), next);
    await waits('failed.fcs', new BenchkeepError('io_error', 'It was refused', 'Wait.', { retry: true }), next);
    expect(await ended(uploadArrivals(lab.context))).toEqual({
      done: 1,
      waiting: 1,
      failed: 0,
      reasons: ['The store is busy. Wait.'],
    });
    expect(await lab.transfers()).toMatchObject([{ attempts: 2, next }, { state: 'done' }]);
  });

  it('and ends where one of them is paused meanwhile', async () => {
    await arrives('run1.fcs');
    await look();
    const [{ id = 0 } = {}] = await lab.transfers();
    let pausing: Promise<unknown> = Promise.resolve();
    lab.before('put', () => {
      pausing = pauseTransfers(lab.context, { ids: [id] });
    });
    expect(await ended(uploadArrivals(lab.context))).toEqual({ done: 0, waiting: 1, failed: 0, reasons: ['Paused'] });
    await pausing;
  });
});
