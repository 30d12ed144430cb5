/** Saves into a bucket that come to nothing: what may be another computer's by now stays, and nothing else stays for ever. */
import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BenchkeepError } from '../../shared/errors.ts';
import { sweepAbandonedSaves } from '../../src-main/transfers/index.ts';
import { useS3 } from '../stores/use-s3.ts';
import { die, openCloudLab, type CloudLab } from './open-cloud-lab.ts';

const server = useS3('versitygw');
const { signal } = new AbortController();
const LARGE = 40 * 1024 ** 2;
let lab: CloudLab;
let folders = 0;

beforeEach(async () => {
  for (const [name, value] of Object.entries(server().env)) process.env[name] = String(value);
  lab = await openCloudLab(`s3://${server().bucket}/saves-${String(folders++)}?endpoint_url=${server().endpoint}`);
});
afterEach(() => lab.close());

const sweep = (): Promise<void> => sweepAbandonedSaves(lab.context, signal);
const states = async (): Promise<string[]> => (await lab.transfers()).map(({ state }) => state);
const second = (uid: string): string => `${uid.slice(0, 16)}0001`;

async function keysOf(part: string): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of (await lab.store()).list('.lamindb/')) if (key.includes(part)) keys.push(key);
  return keys;
}

/** As when another computer takes the turn to write while this one sleeps, at the end of a sending. */
function loseTurnAt(end: RegExp): void {
  lab.after('put', (key) => {
    if (!end.test(key)) return;
    lab.context.registry.guard.forbid(new BenchkeepError('registry_read_only', 'Others have the turn', 'Wait.'));
  });
}
function getTurnBack(): void {
  lab.after('put', null);
  lab.context.registry.guard.forbid(null);
}

function folder(name: string, n: number): string {
  const path = join(lab.base, name);
  mkdirSync(path);
  for (let i = 0; i < n; i++) writeFileSync(join(path, `${String(i)}.bin`), randomBytes(100 + i));
  return path;
}

describe('its record is refused because others have the turn by now', () => {
  it('the object of a next version stays, since another computer may have recorded it', async () => {
    const { uid } = await lab.save(lab.put('1.fcs'), { key: 'k.fcs', upload: true });
    const content = randomBytes(1000);
    const path = lab.put('2.fcs', content);
    loseTurnAt(/\.fcs$/);
    await expect(lab.save(path, { key: 'k.fcs', upload: true })).rejects.toMatchObject({ code: 'registry_read_only' });
    expect((await lab.object(second(uid)))?.equals(content)).toBe(true);
    getTurnBack();
    // Saved again it is used.
    expect((await lab.save(path, { key: 'k.fcs', upload: true })).uid).toBe(second(uid));
    expect(await states()).toEqual(['done', 'done']);
  });

  it('a whole folder of a next version stays, too', async () => {
    const { uid } = await lab.save(folder('1.d', 3), { key: 'k.d', upload: true });
    const path = folder('2.d', 5);
    loseTurnAt(/manifests/);
    await expect(lab.save(path, { key: 'k.d', upload: true })).rejects.toMatchObject({ code: 'registry_read_only' });
    expect(await keysOf(second(uid))).toHaveLength(6);
    getTurnBack();
    expect((await lab.save(path, { key: 'k.d', upload: true })).uid).toBe(second(uid));
  });

  it('the object of a new artifact is nobody else’s: it goes when the turn is back', async () => {
    loseTurnAt(/\.fcs$/);
    await expect(lab.save(lab.put('1.fcs'), { key: 'k.fcs', upload: true })).rejects.toThrow('turn');
    getTurnBack();
    expect([await states(), (await keysOf('.fcs')).length]).toEqual([['cancelled'], 1]);
    await sweep();
    expect(await keysOf('.fcs')).toEqual([]);
  });
});

describe('a folder that changes while it is sent', () => {
  it('as a next version, it leaves what another computer has brought under the same number', async () => {
    const { uid } = await lab.save(folder('1.d', 3), { key: 'k.d', upload: true });
    const path = folder('2.d', 30);
    const store = await lab.store();
    const theirs = `.lamindb/manifests/${second(uid)}.tsv.gz`;
    const member = `.lamindb/${second(uid)}.d/0.bin`;
    await store.put(member, readFileSync(join(path, '0.bin')));
    await store.put(theirs, Buffer.from('a manifest'));
    let puts = 0;
    lab.after('put', (key) => {
      if (key.includes(second(uid)) && ++puts === 3) appendFileSync(join(path, '9.bin'), 'more');
    });
    await expect(lab.save(path, { key: 'k.d', upload: true })).rejects.toMatchObject({ code: 'file_changed' });
    const left = await keysOf(second(uid));
    expect(left).toContain(member);
    expect(left).toContain(theirs);
  });

  it('as a new artifact, nothing stays of it; a store that is away then keeps nobody waiting, nor hides why', async () => {
    const path = folder('1.d', 30);
    let puts = 0;
    lab.after('put', (key) => {
      if (key.includes('.d/') && ++puts === 3) appendFileSync(join(path, '9.bin'), 'more');
    });
    lab.before('delete', () => {
      throw new BenchkeepError('offline', 'The store is away', 'Wait.', { retry: true });
    });
    await expect(lab.save(path, { key: 'k.d', upload: true })).rejects.toMatchObject({ code: 'file_changed' });
    const [row] = await lab.transfers();
    expect([row?.state, JSON.parse(row?.error ?? '{}')]).toEqual([
      'cancelled',
      expect.objectContaining({ code: 'file_changed' }),
    ]);
    expect((await keysOf('.d/')).length).toBeGreaterThan(0);
    lab.before('delete', null);
    await sweep();
    expect(await keysOf('.d/')).toEqual([]);
  });
});

describe('a save that nobody goes on with', () => {
  const WEEK = 7 * 86_400_000;
  async function begun(): Promise<void> {
    lab.before('complete', die);
    await expect(lab.save(lab.put('a.fcs', randomBytes(LARGE)), { key: 'a.fcs', upload: true })).rejects.toThrow(
      'died',
    );
    lab.before('complete', null);
  }
  async function unfinished(): Promise<number> {
    let found = 0;
    for await (const _ of (await lab.store()).uploads.list('')) found++;
    return found;
  }
  const age = (ms: number) =>
    lab.context.workstation.db
      .updateTable('transfer')
      .set({ updated_at: new Date(Date.now() - ms).toISOString() })
      .execute();

  it('keeps its parts for a week; then they and its row are over', async () => {
    await begun();
    await age(WEEK - 60_000);
    await sweep();
    expect([await states(), await unfinished()]).toEqual([['completing'], 1]);
    await age(WEEK + 60_000);
    await sweep();
    expect([await states(), await unfinished()]).toEqual([['cancelled'], 0]);
  });

  it('leaves a whole object, which a registry of before may name', async () => {
    lab.after('stat', (key) => (key.endsWith('.fcs') ? die() : undefined));
    await expect(lab.save(lab.put('a.fcs'), { key: 'a.fcs', upload: true })).rejects.toThrow('died');
    lab.after('stat', null);
    await lab.context.workstation.db.updateTable('transfer').set({ state: 'verified' }).execute();
    await age(WEEK + 60_000);
    await sweep();
    expect([await states(), (await keysOf('.fcs')).length]).toEqual([['cancelled'], 1]);
  });
});
