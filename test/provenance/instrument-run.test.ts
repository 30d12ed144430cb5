import { afterEach, beforeEach, expect, test } from 'vitest';
import { setUser } from '../../src-main/instance/index.ts';
import { instrumentRun } from '../../src-main/provenance/index.ts';
import { addStorage, findStorage } from '../../src-main/storage/index.ts';
import { makeBench, type Bench } from '../instance/open-bench.ts';

let bench: Bench;
beforeEach(() => {
  bench = makeBench();
});
afterEach(() => bench.remove());

test("the watcher writes as the folder's instrument: one transform, one run a session, in the name of who set it up", async () => {
  const { workbench, open } = await bench.instance();
  await setUser(open, workbench, { handle: 'grace' });
  const root = bench.folder('Cytometer');
  await addStorage(open, { root, watch: true });
  await setUser(open, workbench, { handle: 'ada' });
  const storage = await findStorage(open.registry.db, root);
  const [first, second] = await Promise.all([instrumentRun(open, storage), instrumentRun(open, storage)]);
  expect(first).toBe(second);
  const transforms = await open.registry.db
    .selectFrom('transform')
    .innerJoin('user', 'user.id', 'created_by_id')
    .selectAll('transform')
    .select('handle')
    .execute();
  expect(transforms).toEqual([
    expect.objectContaining({ kind: 'instrument', key: 'Cytometer', handle: 'grace', is_latest: 1 }),
  ]);
  await open.close();

  const again = await bench.open(workbench);
  const next = await instrumentRun(again, await findStorage(again.registry.db, root));
  expect(next).not.toBe(first);
  const runs = await again.registry.db
    .selectFrom('run')
    .select(['id', 'transform_id', 'finished_at', 'created_by_id'])
    .orderBy('id')
    .execute();
  expect(runs).toEqual([
    {
      id: first,
      transform_id: transforms[0]?.id,
      finished_at: expect.any(String) as string,
      created_by_id: storage.created_by_id,
    },
    { id: next, transform_id: transforms[0]?.id, finished_at: null, created_by_id: storage.created_by_id },
  ]);
  expect((await findStorage(again.registry.db, root)).transform_id).toBe(transforms[0]?.id);
});
