import { expect, test } from 'vitest';
import { addLabels } from '../../src-main/annotation/index.ts';
import { fakeClock } from '../watching/fake-clock.ts';
import { openWatching, type TestWatching } from '../watching/open-watching.ts';

const DAY = 24 * 3600 * 1000;

/** Files registered, changed, labelled, with the wall clock moved in between; what came of it, times left out. */
async function story(jumps: readonly number[]): Promise<unknown> {
  const clock = fakeClock(Date.now() + 60_000);
  const next = [...jumps];
  const test = await openWatching({ clock });
  const jump = (): void => {
    clock.jump(next.shift() ?? 0);
  };
  // A file that is younger than the clock is looked at twice.
  const look = async (): Promise<void> => {
    await test.pass();
    await clock.advance(20_000);
    await test.pass();
  };
  try {
    for (const name of ['a.csv', 'b.csv', 'run/c.csv']) test.put(name, 'first');
    await look();
    jump();
    test.put('a.csv', 'second, longer');
    test.put('d.csv', 'late');
    await look();
    jump();
    const { context } = test;
    const uid = (await test.artifacts()).find(({ key }) => key === 'b.csv')?.uid ?? '';
    await addLabels(context, { artifacts: [uid], labels: ['control'], create_missing: true });
    test.put('a.csv', 'third, longer still');
    await look();
    jump();
    await test.restart();
    expect(test.context.warnings).toEqual([]);
    await look();
    return await told(test);
  } finally {
    await test.close();
  }
}

async function told(test: TestWatching): Promise<unknown> {
  const { db } = test.context.registry;
  const artifacts = (await test.artifacts()).map(
    ({ key, size, sha256, is_latest: latest, state, state_reason: reason, uid, stem_uid: stem }) => [
      key,
      size,
      sha256,
      latest,
      state,
      reason,
      uid.slice(stem.length),
    ],
  );
  const changes = await db
    .selectFrom('change')
    .select(['id', 'tx', 'operation', 'registry', 'action'])
    .orderBy('id')
    .execute();
  return { artifacts, changes, inbox: await test.inbox(), gone: await test.gone(), keys: await test.keys() };
}

test(
  'F-DB21 a clock that is set back ten days, ahead ten years, or both changes nothing but the times',
  { timeout: 60_000 },
  async () => {
    const steady = await story([]);
    expect(await story([-10 * DAY, 0, 10 * DAY])).toEqual(steady);
    expect(await story([3650 * DAY, -3660 * DAY, 5 * DAY])).toEqual(steady);
  },
);
