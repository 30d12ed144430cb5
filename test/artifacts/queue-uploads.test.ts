/** What is put on the list of uploads where something of the same artifact is on it already. */
import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { queueChosen } from '../../src-main/artifacts/index.ts';
import { useS3 } from '../stores/use-s3.ts';
import { die, openCloudLab, type CloudLab } from '../transfers/open-cloud-lab.ts';
import { workAtHand } from '../../src-main/transfers/work-at-hand.ts';

const server = useS3('versitygw');
let lab: CloudLab;
let folders = 0;

beforeEach(async () => {
  for (const [name, value] of Object.entries(server().env)) process.env[name] = String(value);
  lab = await openCloudLab(`s3://${server().bucket}/queued-${String(folders++)}?endpoint_url=${server().endpoint}`);
});
afterEach(() => lab.close());

describe('a save into the bucket that came to nothing', () => {
  /** Begun as the second version of a family; its uid. */
  async function begun(content: Buffer): Promise<string> {
    const { uid } = await lab.save(lab.put('1.fcs'), { key: 'k.fcs' });
    lab.before('put', (key) => (key.endsWith('.fcs') ? die() : undefined));
    await expect(lab.save(lab.put('2.fcs', content), { key: 'k.fcs', upload: true })).rejects.toThrow('died');
    lab.before('put', null);
    return `${uid.slice(0, 16)}0001`;
  }

  it('becomes the upload of the same content, which comes to its end', async () => {
    const content = randomBytes(1000);
    const uid = await begun(content);
    expect((await lab.save(lab.put('2.fcs', content), { key: 'k.fcs' })).uid).toBe(uid);
    await lab.upload(uid);
    expect((await lab.object(uid))?.equals(content)).toBe(true);
    expect((await lab.transfers()).map(({ purpose, state }) => [purpose, state])).toEqual([['upload', 'done']]);
  });

  it('is over where the number is of other content by now', async () => {
    const uid = await begun(randomBytes(1000));
    const content = randomBytes(1000);
    expect((await lab.save(lab.put('3.fcs', content), { key: 'k.fcs' })).uid).toBe(uid);
    await lab.upload(uid);
    expect((await lab.object(uid))?.equals(content)).toBe(true);
    expect((await lab.transfers()).map(({ purpose, state }) => [purpose, state])).toEqual([
      ['save', 'cancelled'],
      ['upload', 'done'],
    ]);
  });

  it('that somebody is at work on is not waited for by an upload: it says so', async () => {
    const content = randomBytes(1000);
    const uid = await begun(content);
    await lab.save(lab.put('2.fcs', content), { key: 'k.fcs' });
    const [row] = await lab.transfers();
    lab.context.busyTransfers.set(row?.id ?? 0, workAtHand(lab.context.clock, { sent: 0 }));
    await expect(lab.upload(uid)).rejects.toMatchObject({ code: 'locked' });
    lab.context.busyTransfers.delete(row?.id ?? 0);
    await lab.upload(uid);
  });
});

it('asked for again, a queued upload does with the file in place what was chosen last', async () => {
  const { uid } = await lab.save(lab.put('local/a.fcs'));
  const choose = async (freeUp: { free_up?: boolean }): Promise<number | undefined> => {
    await queueChosen(lab.context, { artifacts: [uid], ...freeUp });
    return (await lab.transfers())[0]?.free_up;
  };
  expect(await choose({ free_up: true })).toBe(1);
  expect(await choose({})).toBe(1);
  expect(await choose({ free_up: false })).toBe(0);
  expect(await choose({})).toBe(0);
  expect(await lab.transfers()).toHaveLength(1);
});
