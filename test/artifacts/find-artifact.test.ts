import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  artifactLog,
  artifactPath,
  describeArtifact,
  editArtifact,
  findArtifact,
  listFacets,
  listVersions,
  readContext,
} from '../../src-main/artifacts/index.ts';
import type { InstanceContext } from '../../src-main/instance/index.ts';
import { systemClock } from '../../src-main/ports/clock.ts';
import { nodeFs } from '../../src-main/ports/fs/node-fs.ts';
import { systemRandom } from '../../src-main/ports/random.ts';
import { viewChanges } from '../../src-main/registry/queries/changes.ts';
import {
  artifactRow,
  insertLabel,
  insertLink,
  insertStorage,
  openTestRegistry,
  WORKSTATION,
  type TestRegistry,
} from '../registry/open-test-registry.ts';

type Context = Pick<
  InstanceContext,
  'registry' | 'workstation' | 'workstationUid' | 'fs' | 'clock' | 'author' | 'onCommitted'
>;
let test: TestRegistry;
let context: Context;
const find = (argument: string) => findArtifact(test.registry.db, argument);

beforeEach(async () => {
  test = await openTestRegistry();
  const { registry, workstation } = test;
  context = {
    registry,
    workstation,
    workstationUid: WORKSTATION,
    fs: nodeFs(systemRandom),
    clock: { ...systemClock, now: () => test.now },
    author: () => Promise.resolve(test.author),
    onCommitted: () => undefined,
  };
  mkdirSync(join(test.folder, 'data'));
  await test.write((write) => {
    insertStorage(write, 'storage00001', join(test.folder, 'data'));
    insertStorage(write, 'storage00002', '/mnt/other', 'elsewhere0001');
    insertLabel(write, 'label001', 'IFNG');
  });
});
afterEach(() => test.close());

describe('findArtifact', () => {
  beforeEach(async () => {
    await test.write((write) => {
      const family = { stem_uid: 'FamilyOfVersions', key: 'day1/plate.fcs' };
      write.insert('artifact', [
        { ...artifactRow(1, { ...family, is_latest: 0 }), uid: 'FamilyOfVersions0000' },
        { ...artifactRow(2, { ...family, is_latest: 1 }), uid: 'FamilyOfVersions0001' },
        artifactRow(3, { stem_uid: 'FamilyOfOthers00', key: 'both.csv', storage_id: 1 }),
        artifactRow(4, { stem_uid: 'Another000000000', key: 'both.csv', storage_id: 2 }),
        artifactRow(5, { stem_uid: 'Trashed000000000', key: 'gone.csv', visibility: -1 }),
        artifactRow(6, { stem_uid: 'Unicode000000000', key: 'Gro\u0308ße.txt' }),
      ]);
    });
  });

  it('takes a uid, a stem (its latest), a prefix (its latest), a key (its latest)', async () => {
    expect((await find('FamilyOfVersions0000')).uid).toBe('FamilyOfVersions0000');
    expect((await find('FamilyOfVersions')).uid).toBe('FamilyOfVersions0001');
    expect((await find('FamilyOfV')).uid).toBe('FamilyOfVersions0001');
    expect((await find('day1/plate.fcs')).uid).toBe('FamilyOfVersions0001');
  });

  it('takes a key in either Unicode form', async () => {
    expect((await find('Größe.txt')).uid).toBe('Unicode0000000000000');
  });

  it('finds what is in the trash by its uid only, and says where it is', async () => {
    expect((await find('Trashed0000000000000')).visibility).toBe(-1);
    await expect(find('gone.csv')).rejects.toMatchObject({
      code: 'not_found',
      remedy: 'One with this key is in the trash: Trashed0000000000000.',
    });
  });

  it('names the candidates where several are meant', async () => {
    await expect(find('FamilyOf')).rejects.toMatchObject({
      code: 'ambiguous',
      details: { candidates: ['FamilyOfOthers00', 'FamilyOfVersions'] },
    });
    const error: unknown = await find('both.csv').catch((e: unknown) => e);
    expect(error).toMatchObject({ code: 'ambiguous' });
    expect(String(error)).toContain('/mnt/other');
    await expect(find('FamilyOfVersions00')).rejects.toMatchObject({ code: 'ambiguous' });
  });

  it('names near keys where there is none', async () => {
    await expect(find('day2/plate.fcs')).rejects.toMatchObject({
      code: 'not_found',
      details: { near: ['day1/plate.fcs'] },
    });
    await expect(find('Family')).rejects.toMatchObject({ code: 'not_found' });
    await expect(find('100%_"*\'; DROP')).rejects.toMatchObject({ code: 'not_found' });
  });
});

describe('one artifact', () => {
  beforeEach(async () => {
    writeFileSync(join(test.folder, 'data', 'a.csv'), '12345');
    const now = '2026-11-01T08:00:00.000Z';
    await test.write((write) => {
      const sha256 = 'a'.repeat(64);
      write.insert('artifact', [
        {
          ...artifactRow(1, {
            stem_uid: 'Family0000000000',
            key: 'a.csv',
            is_latest: 0,
            state: 'missing',
            state_reason: 'overwritten',
          }),
          uid: 'Family00000000000000',
        },
        {
          ...artifactRow(1, { stem_uid: 'Family0000000000', key: 'a.csv', size: 5, sha256 }),
          uid: 'Family00000000000001',
        },
        artifactRow(2, { stem_uid: 'Same000000000000', key: 'b.csv', size: 5, sha256, storage_id: 2 }),
      ]);
      write.insert(
        'copy',
        [{ artifact_id: 2, storage_id: 1, path: Buffer.from('a.csv'), verified_at: now, created_at: now }],
        ['Family00000000000001'],
      );
      insertLink(write, 2, 1);
    });
  });

  it('is described with versions, labels, copies and equal content', async () => {
    const details = await describeArtifact(readContext(context), { artifact: 'a.csv' });
    expect(details).toMatchObject({
      uid: 'Family00000000000001',
      version_number: 2,
      ulabels: ['IFNG'],
      state: 'ok',
      created_by: 'ada',
      copies: [{ storage: 'storage00001', path: join(test.folder, 'data/a.csv') }],
      same_content_as: [{ uid: 'Same0000000000000000', key: 'b.csv', storage: { uid: 'storage00002' } }],
    });
    expect(details.versions.map(({ uid }) => uid)).toEqual(['Family00000000000001', 'Family00000000000000']);
    const { items } = await listVersions(readContext(context), { artifact: 'Family00000000000000' });
    expect(items[1]).toMatchObject({ state: 'missing', state_reason: 'overwritten', is_latest: false });
  });

  it('has a path only where its own bytes are here', async () => {
    const path = (artifact: string) => artifactPath(readContext(context), { artifact });
    expect(await path('a.csv')).toEqual({ path: join(test.folder, 'data/a.csv') });
    await expect(path('Family00000000000000')).rejects.toMatchObject({ code: 'file_not_found' });
    await test.write((write) => {
      write.insert(
        'copy',
        [{ artifact_id: 3, storage_id: 2, path: Buffer.from('b.csv'), verified_at: null, created_at: write.now }],
        ['Same0000000000000000'],
      );
    });
    await expect(path('b.csv')).rejects.toMatchObject({ code: 'offline', retry: true });
    await test.workstation.db
      .insertInto('root')
      .values({
        storage_uid: 'storage00001',
        identity: '{}',
        attached: 0,
        reason: 'The drive is not connected',
        checked_at: '',
      })
      .execute();
    const error: unknown = await path('a.csv').catch((e: unknown) => e);
    expect(error).toMatchObject({ code: 'offline' });
    expect(String(error)).toContain('The drive is not connected');
    const details = await describeArtifact(readContext(context), { artifact: 'a.csv' });
    expect(details).toMatchObject({ state: 'offline', state_reason: 'The drive is not connected' });
  });

  it('is edited: what is not named stays, the same again writes nothing', async () => {
    const edit = (input: Omit<Parameters<typeof editArtifact>[1], 'artifact'>) =>
      editArtifact(context, { artifact: 'a.csv', ...input });
    test.now += 1000;
    const [edited] = (await edit({ description: '  Plate of day 1 ', kind: 'dataset' })).items;
    expect(edited).toMatchObject({
      description: 'Plate of day 1',
      kind: 'dataset',
      updated_at: '2026-11-01T08:00:01.000Z',
    });
    const changes = () => test.registry.sqlite.prepare('SELECT count(*) FROM change').pluck().get();
    const before = changes();
    await edit({ kind: 'dataset' });
    expect(changes()).toBe(before);
    expect((await edit({ description: null })).items[0]).toMatchObject({ description: null, kind: 'dataset' });
  });

  it('has a log of what was done to it, its copies and labels, with names', async () => {
    test.author = { userId: 1, runId: null };
    await editArtifact(context, { artifact: 'a.csv', description: 'new' });
    const links = await test.registry.db.selectFrom('artifact_ulabel').selectAll().execute();
    await test.write(async (write) => {
      for (const { id } of links) await write.remove('artifact_ulabel', id, 'Family00000000000001');
    }, 'label remove');
    const { items } = await artifactLog(readContext(context), { artifact: 'a.csv' });
    expect(items.map(({ operation, registry, action }) => `${operation} ${registry} ${action}`)).toEqual([
      'label remove artifact_ulabel delete',
      'edit artifact update',
      'test copy insert',
      'test artifact insert',
    ]);
    expect(items[0]?.before).toMatchObject({ ulabel: 'IFNG', artifact: 'Family00000000000001', created_by: 'ada' });
    expect(items[1]).toMatchObject({ created_by: 'ada', before: { description: null }, after: { description: 'new' } });
    expect(items[2]?.after).toMatchObject({ storage: 'storage00001', path: 'a.csv' });
  });

  it('is counted in facets, with the state that this computer sees', async () => {
    const { items } = await listFacets(readContext(context));
    const counts = Object.fromEntries(items.map(({ facet, value, title, n }) => [`${facet} ${value} ${title}`, n]));
    expect(counts).toEqual({
      [`storage storage00001 ${join(test.folder, 'data')}`]: 1,
      'storage storage00002 /mnt/other': 1,
      'suffix .csv .csv': 2,
      'ulabel IFNG IFNG': 1,
      'created_by ada ada': 2,
      'state ok ok': 1,
      'state offline offline': 1,
    });
  });

  it('shows the latest changes, from a time on and page by page', async () => {
    const view = (input: Partial<Parameters<typeof viewChanges>[1]>) =>
      viewChanges(readContext(context), { limit: 3, ...input });
    const first = (await view({})).items;
    expect(first).toHaveLength(3);
    const second = (await view({ before: first.at(-1)?.id })).items;
    expect(second[0]?.id).toBe(Number(first.at(-1)?.id) - 1);
    test.now = Date.parse('2026-11-05T00:00:00Z');
    await editArtifact(context, { artifact: 'a.csv', description: 'late' });
    expect((await view({ since: '2026-11-04' })).items).toHaveLength(1);
    expect((await view({ since: '2026-11-06' })).items).toHaveLength(0);
    await expect(view({ since: 'yesterday' })).rejects.toMatchObject({ code: 'invalid_argument' });
  });
});
