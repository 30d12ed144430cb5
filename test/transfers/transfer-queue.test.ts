import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { BenchkeepError, toErrorData } from '../../shared/errors.ts';
import { readTransfer, updateTransfer } from '../../src-main/workstation/transfer-rows.ts';
import { writeSetting } from '../../src-main/workstation/settings.ts';
import { openQueue, type QueueBench } from './open-queue.ts';

const open: QueueBench[] = [];
async function queueBench(options: Parameters<typeof openQueue>[0] = {}): Promise<QueueBench> {
  const bench = await openQueue(options);
  open.push(bench);
  return bench;
}
afterEach(async () => {
  for (const bench of open.splice(0)) await bench.close();
});

const offline = new BenchkeepError('offline', 'The store does not answer', 'Wait.', { retry: true });
const signedOut = new BenchkeepError('not_signed_in', 'Your access has expired', 'Sign in again.', { retry: true });
const broken = new BenchkeepError('io_error', 'A part was refused', 'Try again.');

describe('the queue of transfers', () => {
  it('works on so many at once, in their order, and on the next as soon as one is done', async () => {
    const bench = await queueBench({ atOnce: 2 });
    const [a = 0, b = 0, c = 0, d = 0] = await bench.add('a', 'b', 'c', 'd');
    await bench.work([a, b]);
    await updateTransfer(bench.workstation, d, { rank: -1 });
    bench.queue.wake();
    bench.succeed(a);
    await bench.work([b, d]);
    bench.succeed(b);
    bench.succeed(d);
    await bench.work([c]);
    expect(bench.wrong).toEqual([]);
  });

  it('small ones go several in the place of one, and none passes a large one that waits for its place', async () => {
    const bench = await queueBench({ atOnce: 2 });
    const small = Array.from({ length: 20 }, (_, i) => `small${String(i)}`);
    const ids = await bench.add('large', ...small, 'next');
    // One place, and eight in the other.
    await bench.work(ids.slice(0, 9));
    bench.succeed(ids[0] ?? 0);
    await bench.work(ids.slice(1, 17));
    for (const id of ids.slice(1, 17)) bench.succeed(id);
    await bench.work(ids.slice(17));
    expect(bench.wrong).toEqual([]);
  });

  it('of the smallest ones many more', async () => {
    const bench = await queueBench({ atOnce: 2 });
    const smallest = Array.from({ length: 80 }, (_, i) => `smallest${String(i)}`);
    const ids = await bench.add('large', ...smallest);
    await bench.work(ids.slice(0, 33));
    bench.succeed(ids[0] ?? 0);
    await bench.work(ids.slice(1, 65));
    for (const id of ids.slice(1, 65)) bench.succeed(id);
    await bench.work(ids.slice(65));
    expect(bench.wrong).toEqual([]);
  });

  it('a long queue for a store that does not answer keeps nothing from another store', async () => {
    const bench = await queueBench({ atOnce: 1 });
    const [first = 0] = await bench.add('a', ...Array.from({ length: 600 }, (_, i) => `waits${String(i)}`));
    const [other = 0] = await bench.add('other');
    await bench.work([first]);
    await bench.failed(first, offline);
    await bench.work([other]);
    bench.succeed(other);
    await bench.work([]);
    expect(bench.wrong).toEqual([]);
  });

  it('many that somebody waits for are all worked on, outside the hours too', async () => {
    const bench = await queueBench({ atOnce: 1, start: false });
    const ids = await bench.add(...Array.from({ length: 300 }, (_, i) => `a${String(i)}`));
    const { signal } = new AbortController();
    const wanted = ids.slice(250, 260);
    const done = Promise.all(wanted.map((id) => bench.queue.finish({ id, storage_uid: 'storage' }, { signal })));
    for (const id of wanted) {
      await bench.work([id]);
      bench.succeed(id);
    }
    await done;
    expect([...bench.begun.keys()]).toEqual(wanted);
  });

  it('stops what is paused or cancelled at once, and goes on with what is resumed', async () => {
    const bench = await queueBench({ atOnce: 1 });
    const [a = 0, b = 0] = await bench.add('a', 'b');
    await bench.work([a]);
    await bench.pause(a);
    expect(bench.running.has(a)).toBe(false);
    await bench.work([b]);
    await bench.cancel(b);
    await bench.work([]);
    await bench.resume(a);
    await bench.work([a]);
    // What a person stopped has not failed.
    expect((await readTransfer(bench.workstation, a)).attempts).toBe(0);
  });

  it('tries again later what failed, and later each time; leaves its store in peace meanwhile', async () => {
    const bench = await queueBench({ atOnce: 1 });
    const [a = 0, , other = 0] = await bench.add('a', 'b', 'other');
    await bench.work([a]);
    const row = await bench.failed(a, offline);
    // Not the second one of the store that does not answer.
    await bench.work([other]);
    bench.succeed(other);
    await bench.work([]);
    expect(row).toMatchObject({ attempts: 1, state: 'planned' });
    expect(JSON.parse(row.error ?? '')).toMatchObject({ code: 'offline' });
    expect(Date.parse(row.next ?? '') - bench.clock.now()).toBe(15_000);
    await bench.advance(14_000);
    expect(bench.running.size).toBe(0);
    await bench.advance(2_000);
    await bench.work([a]);
    const again = await bench.failed(a, offline);
    expect(Date.parse(again.next ?? '') - bench.clock.now()).toBe(30_000);
    // A person does not wait for it.
    await bench.resume(a);
    await bench.work([a]);
  });

  it('F-UP06 waits when access has expired, and goes on when a person has signed in', async () => {
    const bench = await queueBench({ atOnce: 3 });
    const ids = await bench.add('a', 'b', 'c', 'd', 'e');
    const [a = 0, b = 0, c = 0] = ids;
    await bench.work([a, b, c]);
    await Promise.all([a, b, c].map((id) => bench.failed(id, signedOut)));
    await bench.work([]);
    await bench.advance(5_000);
    // Those that wait behind are not sent to be refused as well.
    expect([...bench.begun.values()]).toEqual([1, 1, 1]);
    await bench.resume(...ids);
    await bench.work([a, b, c]);
  });

  it('nobody begins what is held, however long that takes', async () => {
    const bench = await queueBench({ atOnce: 1 });
    const [a = 0, b = 0] = await bench.add('a', 'b');
    await bench.work([a]);
    await bench.queue.hold([a], async () => {
      bench.queue.wake();
      await bench.work([b]);
      bench.succeed(b);
      await bench.advance(61_000);
      expect(bench.running.size).toBe(0);
    });
    await bench.work([a]);
  });

  it('one failing file does not hold up others of its store', async () => {
    const bench = await queueBench({ atOnce: 1 });
    const [a = 0, b = 0] = await bench.add('a', 'b');
    await bench.work([a]);
    bench.fail(a, broken);
    await bench.work([b]);
  });

  it('a computer that slept, or whose clock was set, tries everything again soon', async () => {
    const bench = await queueBench({ atOnce: 1 });
    const [a = 0] = await bench.add('a');
    for (let n = 0; n < 6; n++) {
      await bench.work([a]);
      await bench.failed(a, offline);
      if (n < 5) await bench.resume(a);
    }
    await updateTransfer(bench.workstation, a, { next: new Date(bench.clock.now() + 20 * 60_000).toISOString() });
    bench.queue.wake();
    bench.clock.jump(-3600_000);
    await bench.advance(61_000);
    await bench.work([a]);
  });

  it('F-AP06 on another network a store that did not answer is tried at once, and one that refused is left in peace', async () => {
    const bench = await queueBench({ atOnce: 2 });
    const [a = 0, other = 0] = await bench.add('a', 'other');
    await bench.work([a, other]);
    await updateTransfer(bench.workstation, a, { attempts: 7 });
    await bench.failed(a, offline);
    await bench.failed(other, signedOut);
    await bench.advance(61_000);
    // Its own pause is over, that of the one that does not answer is not.
    await bench.work([other]);
    await bench.failed(other, signedOut);
    await updateTransfer(bench.workstation, other, { next: new Date(bench.clock.now() + 600_000).toISOString() });
    bench.changeNetwork('home');
    await bench.advance(31_000);
    await bench.work([a]);
    // What failed on the former one says nothing of how long to wait on this one.
    expect((await bench.failed(a, offline)).attempts).toBe(1);
    await bench.work([]);
    expect(bench.wrong).toEqual([]);
  });

  it('F-AP06 what fails because the network went is tried on the one that came in its place', async () => {
    const bench = await queueBench({ atOnce: 1 });
    const [a = 0] = await bench.add('a', 'b');
    await bench.work([a]);
    bench.changeNetwork('home');
    bench.fail(a, offline);
    await vi.waitFor(() => {
      expect(bench.begun.get(a)).toBe(2);
    });
    await bench.failed(a, offline);
    await bench.work([]);
    expect(bench.begun.get(a)).toBe(2);
  });

  it('what a store did not answer to is tried when the program starts, and what was refused at its time', async () => {
    const bench = await queueBench({ start: false });
    const [a = 0, other = 0] = await bench.add('a', 'other');
    const next = new Date(bench.clock.now() + 600_000).toISOString();
    for (const [id, error] of [
      [a, offline],
      [other, signedOut],
    ] as const)
      await updateTransfer(bench.workstation, id, { attempts: 7, next, error: JSON.stringify(toErrorData(error)) });
    bench.queue.start();
    await bench.work([a]);
    const asked = new BenchkeepError('offline', 'The store is busy', 'Wait.', { details: { retry_after: 60 } });
    await bench.failed(a, asked);
    bench.changeNetwork('home');
    // It did answer: on whichever network, it is not asked before it wants to be.
    await bench.advance(40_000);
    expect(bench.running.size).toBe(0);
    await bench.advance(30_000);
    await bench.work([a]);
  });

  it('outside its hours nothing begins, and what is under way ends after its part', async () => {
    const bench = await queueBench({ atOnce: 1 });
    bench.clock.set(new Date(2026, 10, 1, 19, 59, 50).getTime());
    await writeSetting(bench.workstation, 'upload_hours', { from: '20:00', to: '06:00' });
    await bench.queue.settingsChanged();
    const [a = 0] = await bench.add('a');
    await bench.advance(5_000);
    expect(bench.running.size).toBe(0);
    await bench.advance(60_000);
    await bench.work([a]);
    const leave = await bench.toolsOf(a).gate(10, undefined);
    bench.clock.set(new Date(2026, 10, 2, 6, 0, 10).getTime());
    await bench.advance(61_000);
    // A part is on its way: it is let through, and nothing after it.
    expect(bench.running.has(a)).toBe(true);
    let isThrough = false;
    void bench
      .toolsOf(a)
      .gate(10, undefined)
      .then(() => {
        isThrough = true;
      });
    await bench.advance(1_000);
    expect(isThrough).toBe(false);
    leave(true);
    await bench.work([]);
    expect(await readTransfer(bench.workstation, a)).toMatchObject({ attempts: 0, state: 'planned' });
    // Somebody who waits for it is not kept waiting by the hours.
    const waited = bench.queue.finish({ id: a, storage_uid: 'storage' }, { signal: new AbortController().signal });
    await bench.work([a]);
    bench.succeed(a);
    expect((await waited).row.state).toBe('done');
  });

  it('two that wait for the same get the same; one that leaves does not end it for the other', async () => {
    const bench = await queueBench({ start: false });
    const [a = 0, b = 0] = await bench.add('a', 'b');
    const row = { id: a, storage_uid: 'storage' };
    const leaving = new AbortController();
    const first = bench.queue.finish(row, { signal: leaving.signal });
    const second = bench.queue.finish(row, { signal: new AbortController().signal });
    // Nobody waits for the other one, and nothing was started.
    await bench.work([a]);
    leaving.abort();
    await expect(first).rejects.toMatchObject({ code: 'cancelled' });
    expect(bench.running.has(a)).toBe(true);
    bench.succeed(a);
    expect((await second).row.state).toBe('done');
    expect(bench.begun.get(a)).toBe(1);
    const last = new AbortController();
    const third = bench.queue.finish({ id: b, storage_uid: 'storage' }, { signal: last.signal });
    await bench.work([b]);
    last.abort();
    await expect(third).rejects.toMatchObject({ code: 'cancelled' });
    expect(bench.running.size).toBe(0);
  });

  it('who waits for one that is paused is told so at once, whether it was worked on or not', async () => {
    const bench = await queueBench({ atOnce: 1 });
    const [a = 0, b = 0, c = 0] = await bench.add('a', 'b', 'c');
    const waitFor = (id: number) =>
      bench.queue.finish({ id, storage_uid: 'storage' }, { signal: new AbortController().signal });
    const waited = [waitFor(a), waitFor(b)];
    const others = waitFor(c);
    await bench.work([a]);
    const ends = Promise.allSettled(waited);
    await bench.pause(a, b);
    for (const end of await ends)
      expect(end).toMatchObject({ reason: { code: 'cancelled', message: 'The upload was paused' } });
    // And who begins to wait for it then.
    await expect(waitFor(b)).rejects.toMatchObject({ message: 'The upload was paused' });
    await bench.work([c]);
    bench.succeed(c);
    expect((await others).row.state).toBe('done');
  });

  it('who waits is told what will not pass by itself, and what failed three times', async () => {
    const bench = await queueBench({ start: false, atOnce: 1 });
    const [a = 0, b = 0, c = 0] = await bench.add('a', 'b', 'c');
    const signal = new AbortController().signal;
    const waitFor = (id: number) => bench.queue.finish({ id, storage_uid: 'storage' }, { signal });
    const [first, second] = [waitFor(a), waitFor(b)];
    await bench.work([a]);
    bench.fail(a, signedOut);
    // The second one would fail alike.
    await expect(first).rejects.toMatchObject({ code: 'not_signed_in' });
    await expect(second).rejects.toMatchObject({ code: 'not_signed_in' });
    bench.queue.tryAgain();
    const told = expect(waitFor(c)).rejects.toMatchObject({ code: 'offline' });
    for (let n = 0; n < 3; n++) {
      await bench.work([c]);
      await bench.failed(c, offline);
      await bench.advance(61_000);
    }
    await told;
  });

  it('whatever the order of things: never too many, none twice, none forgotten, none that is paused', async () => {
    const command = fc.oneof(
      fc.record({ do: fc.constant('add' as const), n: fc.integer({ min: 1, max: 3 }) }),
      fc.record({
        do: fc.constantFrom('pause', 'resume', 'cancel', 'succeed', 'fail', 'fail store', 'wait for', 'hours'),
        n: fc.nat(30),
      }),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(command, { minLength: 5, maxLength: 40 }),
        fc.integer({ min: 1, max: 3 }),
        async (commands, atOnce) => {
          const bench = await openQueue({ atOnce });
          try {
            const ids: number[] = [];
            const stop = new AbortController();
            for (const [step, { do: what, n }] of commands.entries()) {
              const id = ids[n % Math.max(1, ids.length)];
              if (what === 'add') {
                const names = Array.from(
                  { length: n },
                  (_, k) => `${k === 1 ? 'other' : 'a'}${String(step)}-${String(k)}`,
                );
                ids.push(...(await bench.add(...names)));
              } else if (id === undefined) continue;
              else if (what === 'pause') await bench.pause(id);
              else if (what === 'resume') await bench.resume(id);
              else if (what === 'cancel') await bench.cancel(id);
              else if (what === 'succeed') bench.succeed(id);
              else if (what === 'fail') bench.fail(id, broken);
              else if (what === 'fail store') bench.fail(id, offline);
              else if (what === 'hours') await bench.advance(n * 10_000);
              else bench.queue.finish({ id, storage_uid: 'storage' }, { signal: stop.signal }).catch(() => undefined);
            }
            // None is forgotten: in the end all that nobody stopped comes to its end.
            for (let round = 0; ; round++) {
              const left = (await bench.rows()).filter(
                ({ state, paused }) => state !== 'done' && state !== 'cancelled' && paused === 0,
              );
              if (left.length === 0) break;
              if (round > 300) throw new Error(`forgotten: ${JSON.stringify(left)}`);
              for (const id of [...bench.running]) bench.succeed(id);
              if (round % 10 === 9) await bench.advance(60_000);
              else await new Promise((resolve) => setImmediate(resolve));
            }
            const paused = (await bench.rows()).filter((row) => row.paused === 1 && row.state === 'planned');
            expect(paused.filter(({ id }) => bench.running.has(id))).toEqual([]);
            expect(bench.wrong).toEqual([]);
          } finally {
            await bench.close();
          }
        },
      ),
      { numRuns: 60 },
    );
  });
});
