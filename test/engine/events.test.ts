/** Live events: none is lost, many become one, and a window that doesn't read costs nothing. */
import { describe, expect, test } from 'vitest';
import type { EngineEvent } from '../../shared/contract/index.ts';
import { eventHub, type EventHub } from '../../src-main/engine/events.ts';
import type { Clock } from '../../src-main/ports/clock.ts';
import type { Committed } from '../../src-main/registry/change-log.ts';

/** A clock whose timers the test runs. */
function handClock(): { clock: Clock; tick: () => Promise<void> } {
  let due: (() => void)[] = [];
  return {
    clock: {
      now: () => 0,
      monotonic: () => 0,
      after(_, run) {
        due.push(run);
        return () => {
          due = due.filter((other) => other !== run);
        };
      },
    },
    async tick() {
      const ready = due;
      due = [];
      for (const run of ready) run();
      // What was counted on the way is there after a turn of the loop.
      await new Promise((done) => setImmediate(done));
    },
  };
}

const committed = (id: number, uids: string[], registry = 'artifact'): Committed =>
  ({ registries: new Set([registry]), uids: new Set(uids), head: { id } }) as unknown as Committed;

function open(): { hub: EventHub; tick: () => Promise<void> } {
  const { clock, tick } = handClock();
  return { hub: eventHub(clock), tick };
}

const take = async (events: AsyncGenerator<EngineEvent, void>): Promise<EngineEvent | undefined> =>
  (await events.next()).value ?? undefined;

test('many changes are one event with all their uids', async () => {
  const { hub, tick } = open();
  const events = hub.subscribe();
  hub.registryChanged(committed(1, ['a']));
  hub.registryChanged(committed(2, ['b'], 'ulabel'));
  await tick();
  expect(await take(events)).toEqual({
    type: 'registry',
    registries: ['artifact', 'ulabel'],
    uids: ['a', 'b'],
    last_change: 2,
  });
});

test('what changes between subscribing and the first look is not lost', async () => {
  const { hub, tick } = open();
  const events = hub.subscribe();
  hub.instanceChanged();
  await tick();
  hub.foldersChanged();
  await tick();
  expect(await take(events)).toEqual({ type: 'instance' });
  expect(await take(events)).toEqual({ type: 'folders' });
});

test('a slow window gets what it has not seen as one event of each type, newest last', async () => {
  const { hub, tick } = open();
  const events = hub.subscribe();
  for (let id = 1; id <= 50; id++) {
    hub.registryChanged(committed(id, [`${String(id)}x`, `${String(id)}y`, `${String(id)}z`]));
    hub.inboxChanged(() => Promise.resolve({ waiting: id, failed: 0 }));
    await tick();
  }
  // More than 100 uids are no longer named.
  expect(await take(events)).toEqual({ type: 'registry', registries: ['artifact'], uids: null, last_change: 50 });
  expect(await take(events)).toEqual({ type: 'inbox', waiting: 50, failed: 0 });
});

test('a batch that has to count does not come after a newer one', async () => {
  const { hub, tick } = open();
  const events = hub.subscribe();
  let counted: (counts: { waiting: number; failed: number }) => void = () => undefined;
  hub.inboxChanged(() => new Promise((done) => (counted = done)));
  hub.registryChanged(committed(1, ['a']));
  await tick();
  hub.registryChanged(committed(2, ['b']));
  await tick();
  counted({ waiting: 1, failed: 0 });
  const seen: number[] = [];
  while (seen.at(-1) !== 2) {
    const event = await take(events);
    if (event?.type === 'registry') seen.push(event.last_change);
  }
  expect(seen).toEqual([1, 2]);
});

test('a count that fails costs only itself', async () => {
  const { hub, tick } = open();
  const events = hub.subscribe();
  hub.inboxChanged(() => Promise.reject(new Error('closing')));
  hub.foldersChanged();
  await tick();
  expect(await take(events)).toEqual({ type: 'folders' });
});

describe('ends', () => {
  test('when its signal aborts, also while it waits', async () => {
    const { hub } = open();
    const stop = new AbortController();
    const waiting = hub.subscribe(stop.signal).next();
    stop.abort();
    expect(await waiting).toEqual({ done: true, value: undefined });
    expect(await hub.subscribe(stop.signal).next()).toEqual({ done: true, value: undefined });
  });

  test('on return, also while it waits', async () => {
    const { hub } = open();
    const events = hub.subscribe();
    const waiting = events.next();
    await events.return();
    expect(await waiting).toEqual({ done: true, value: undefined });
  });

  test('when the hub closes, for those who come later too', async () => {
    const { hub } = open();
    const waiting = hub.subscribe().next();
    hub.close();
    expect((await waiting).done).toBe(true);
    expect((await hub.subscribe().next()).done).toBe(true);
  });
});
