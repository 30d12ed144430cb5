import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listArtifactsInput } from '../../shared/contract/artifacts.ts';
import { listArtifacts } from '../../src-main/artifacts/index.ts';
import { artifactRow, insertStorage, openTestRegistry, WORKSTATION, type TestRegistry } from './open-test-registry.ts';

let test: TestRegistry;
let made = 0;

const add = (keys: readonly string[]): Promise<unknown> =>
  test.write((write) => {
    write.insert(
      'artifact',
      keys.map((key) => artifactRow(++made, { key })),
    );
  });
const list = (filter: string, field: 'created_at' | 'key' = 'created_at') =>
  listArtifacts(
    { registry: test.registry.db, workstation: test.workstation.db, workstationUid: WORKSTATION },
    listArtifactsInput.parse({ filters: [filter], limit: 3, sort: { field, descending: false } }),
  );

beforeAll(async () => {
  test = await openTestRegistry();
  await test.write((write) => insertStorage(write, 'storage00001', test.folder));
  const numbers = Array.from({ length: 9990 }, (_, i) => String(i));
  await add(numbers.map((i) => `plate_5/${i}.csv`));
  // Others that only the comparison tells from these, and some that end where a word follows in most.
  await add(numbers.slice(0, 300).flatMap((i) => [`plate_51/${i}.csv`, `plate-5/${i}.csv`]));
  await add(numbers.slice(0, 10).map((i) => `${i}/plate_5/--`));
}, 60_000);
afterAll(() => test.close());

describe('the total of a list', () => {
  it('is exact up to 10,000, however few of them look likely, and then open', async () => {
    for (const filter of ['key__contains=plate_5/', 'key__icontains=PLATE_5/', 'key__contains=late_5/'])
      for (const field of ['created_at', 'key'] as const) {
        const { total, items } = await list(filter, field);
        expect([total, items.length]).toEqual([10_000, 3]);
      }
    expect((await list('key__contains=plate_51/')).total).toBe(300);

    await add(['plate_5/one more.csv', '7/plate_5/---']);
    for (const field of ['created_at', 'key'] as const)
      expect(await list('key__contains=plate_5/', field)).toMatchObject({ total: null, more: true });
    await add(Array.from({ length: 10 }, (_, i) => `plate_5/more ${String(i)}.csv`));
    for (const field of ['created_at', 'key'] as const) {
      const page = await list('key__contains=plate_5/', field);
      expect(page).toMatchObject({ total: null, more: true });
      expect(page.items.every(({ key }) => key?.includes('plate_5/'))).toBe(true);
    }
  });
});
