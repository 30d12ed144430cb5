import fc from 'fast-check';
import { expect, test } from 'vitest';
import { openRoom } from '../../src-main/ports/room.ts';

test('never more than there is room for, unless one alone needs more; everybody gets it in the end', async () => {
  const turn = fc.record({ bytes: fc.integer({ min: 1, max: 15 }), waits: fc.nat(3), stops: fc.boolean() });
  await fc.assert(
    fc.asyncProperty(fc.array(turn, { maxLength: 30 }), async (turns) => {
      const room = openRoom(10);
      let [taken, at] = [0, 0];
      const ended = await Promise.allSettled(
        turns.map(async ({ bytes, waits, stops }) => {
          const stop = new AbortController();
          if (stops)
            setImmediate(() => {
              stop.abort();
            });
          const leave = await room.take(bytes, stop.signal);
          taken += bytes;
          at += 1;
          expect(taken <= 10 || at === 1).toBe(true);
          for (let i = 0; i < waits; i++) await new Promise(setImmediate);
          taken -= bytes;
          at -= 1;
          leave();
          leave();
        }),
      );
      const failed = ended.filter((end, i) => end.status === 'rejected' && turns[i]?.stops !== true);
      expect(failed).toEqual([]);
      (await room.take(10, new AbortController().signal))();
    }),
    { numRuns: 100 },
  );
});
