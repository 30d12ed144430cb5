/** What the change log says of artifacts that come with their first copies. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { drawnAhead } from '../../src-main/ports/random.ts';
import { viewChanges } from '../../src-main/registry/queries/changes.ts';
import { checkChain, checkReplay, type Problems } from '../../src-main/registry/replay-log.ts';
import { artifactRow, insertStorage, openTestRegistry, type TestRegistry } from './open-test-registry.ts';

let at: TestRegistry;

beforeEach(async () => {
  at = await openTestRegistry();
  await at.write((write) => {
    insertStorage(write, 'storage00001', '/data');
    const copyOf = (path: Buffer) => ({ storage_id: 1, path, verified_at: write.now, created_at: write.now });
    write.insertWithCopies([
      { artifact: artifactRow(1), copy: copyOf(Buffer.from('é.csv')) },
      { artifact: artifactRow(2), copy: copyOf(Buffer.from([0xff, 0x2e])) },
    ]);
  });
});
afterEach(() => at.close());

const said = (problems: Problems): string[] => [...problems].filter((problem) => problem !== null);
const problems = (): string[] => [...said(checkChain(at.registry.sqlite)), ...said(checkReplay(at.registry.sqlite))];

describe('artifacts with their first copies', () => {
  test('are one change each, which tells both, with names', async () => {
    const { items } = await viewChanges({ registry: at.registry.db }, { limit: 2 });
    expect(items.map(({ registry, action, uid }) => `${registry} ${action} ${uid}`)).toEqual([
      'artifact insert A0000000000000020000',
      'artifact insert A0000000000000010000',
    ]);
    expect(items[1]?.after).toMatchObject({
      key: 'file-1.csv',
      storage: 'storage00001',
      copy: { storage: 'storage00001', path: 'é.csv' },
    });
    expect(items[0]?.after).toMatchObject({ copy: { path: { hex: 'ff2e' } } });
  });

  test('are what their rows say, also after changes', async () => {
    expect(problems()).toEqual([]);
    await at.write(async (write) => {
      await write.update('copy', 1, { verified_at: '2026-12-01T00:00:00.000Z' }, 'A0000000000000010000');
      await write.remove('copy', 2, 'A0000000000000020000');
    });
    expect(problems()).toEqual([]);
  });

  test.each([
    ['changed', "UPDATE copy SET verified_at = '2020' WHERE id = 1"],
    ['removed', 'DELETE FROM copy WHERE id = 2'],
    [
      'inserted',
      "INSERT INTO copy (artifact_id, storage_id, path, created_at) VALUES (1, 1, x'61', '2026-11-01T08:00:00.000Z')",
    ],
  ])('show a copy that was %s past the log', (_, statement) => {
    at.registry.sqlite.exec(statement);
    expect(problems()).toHaveLength(1);
  });
});

test('random bytes drawn ahead are given out once each, and drawn anew beyond', () => {
  const draws: number[] = [];
  let next = 0;
  const random = drawnAhead((count) => {
    draws.push(count);
    return Uint8Array.from({ length: count }, () => next++);
  }, 4);
  expect([random(2), random(2), random(3)].map((bytes) => [...bytes])).toEqual([
    [0, 1],
    [2, 3],
    [4, 5, 6],
  ]);
  expect(draws).toEqual([4, 3]);
});
