/** Parts on their way share a bounded memory. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { partBuffers } from '../../src-main/storage/part-buffers.ts';

const { signal } = new AbortController();
/** Lets everything go on that can. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('memory of parts', () => {
  test('F-UP25 is never more than allowed, and everybody gets theirs in their order (property)', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 30 }),
        fc.infiniteStream(fc.nat()),
        async (sizes, choices) => {
          const buffers = partBuffers(100);
          const held: Buffer[] = [];
          const order: number[] = [];
          for (const [index, bytes] of sizes.entries())
            void buffers.take(bytes, signal).then((buffer) => {
              expect(buffer).toHaveLength(bytes);
              order.push(index);
              held.push(buffer);
            });
          for (let done = 0; done < sizes.length; done++) {
            await settle();
            expect(held.reduce((sum, { length }) => sum + length, 0)).toBeLessThanOrEqual(100);
            const [buffer] = held.splice((choices.next().value ?? 0) % held.length, 1);
            if (buffer !== undefined) buffers.give(buffer);
          }
          expect(order).toEqual(sizes.map((_, index) => index));
        },
      ),
    );
  });

  test('one that is larger than all of it waits until nobody has any, and goes alone', async () => {
    const buffers = partBuffers(100);
    const first = await buffers.take(60, signal);
    const taken: number[] = [];
    const large = buffers.take(500, signal);
    void large.then(() => taken.push(500));
    void buffers.take(10, signal).then(() => taken.push(10));
    await settle();
    expect(taken).toEqual([]);
    buffers.give(first);
    await settle();
    expect(taken).toEqual([500]);
    buffers.give(await large);
    await settle();
    expect(taken).toEqual([500, 10]);
  });

  test('is used again for parts of one size while others are on their way', async () => {
    const buffers = partBuffers(100);
    const [first, second] = [await buffers.take(20, signal), await buffers.take(20, signal)];
    buffers.give(first);
    expect(await buffers.take(20, signal)).toBe(first);
    buffers.give(first);
    buffers.give(second);
    expect(await buffers.take(20, signal)).not.toBe(first);
  });

  test('who gives up waiting lets the next pass', async () => {
    const buffers = partBuffers(100);
    const first = await buffers.take(90, signal);
    const stop = new AbortController();
    const waiting = buffers.take(50, stop.signal);
    const next = buffers.take(10, signal);
    stop.abort();
    await expect(waiting).rejects.toMatchObject({ code: 'cancelled' });
    expect(await next).toHaveLength(10);
    await expect(buffers.take(1, stop.signal)).rejects.toMatchObject({ code: 'cancelled' });
    buffers.give(first);
  });

  test('where the system has no memory that is said, and nobody else waits for it', async () => {
    const buffers = partBuffers(100);
    await expect(buffers.take(Number.MAX_SAFE_INTEGER, signal)).rejects.toThrow(RangeError);
    const next = await buffers.take(60, signal);
    buffers.give(next);
  });
});
