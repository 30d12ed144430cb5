import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Clock } from '../../src-main/ports/clock.ts';
import { rawFromText } from '../../src-main/ports/fs/raw-path.ts';
import { watchForHints, type Watched } from './watch-for-hints.ts';

/** A clock that stands still until it is moved; timers that are due then ring. */
function standingClock(): Pick<Clock, 'after' | 'monotonic'> & { waits: number[]; pass: () => void } {
  let time = 0;
  let due: (() => void)[] = [];
  const waits: number[] = [];
  return {
    waits,
    monotonic: () => time,
    after(ms, run) {
      waits.push(ms);
      due.push(run);
      return () => (due = due.filter((other) => other !== run));
    },
    pass() {
      const ringing = due;
      due = [];
      time += waits.at(-1) ?? 0;
      for (const run of ringing) run();
    },
  };
}

let watched: Watched | undefined;
afterEach(async () => {
  await watched?.close();
});

describe('F-WA04: the hint thread dies', () => {
  it('is told of each time, begun anew later and later, and a look at all follows when it watches again', async () => {
    const clock = standingClock();
    // Each thread dies when it has something to say for the second time: the first is that it is ready.
    vi.stubEnv('BK_FAILPOINT', 'hints.post.before#2=throw:EDIED');
    const { root, problems, forget, problem, hinted, source } = (watched = await watchForHints({ clock }));
    const others: string[] = [];
    source.watch(
      rawFromText(join(root, '..', 'benchkeep-not-there')),
      () => undefined,
      ({ kind }) => others.push(kind),
    );
    await vi.waitFor(() => {
      expect(others).toEqual(['stopped']);
    }, 45_000);

    for (let death = 1; death <= 8; death++) {
      writeFileSync(join(root, `${String(death)}.csv`), 'x');
      const { reason } = await problem('stopped');
      expect(reason).toMatch(/^Watching stopped \(.*EDIED.*\); it starts again by itself/);
      await vi.waitFor(() => {
        expect(clock.waits).toHaveLength(death);
      }, 5000);
      forget();
      clock.pass();
      await problem('overflow');
      expect(problems).toHaveLength(1);
      await hinted('');
    }
    expect(clock.waits).toEqual([1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000]);
    // The root that was not there was told of at each death, and by each thread.
    expect(others.length).toBeGreaterThan(8);

    vi.unstubAllEnvs();
    forget();
    writeFileSync(join(root, 'last death.csv'), 'x');
    await problem('stopped');
    clock.pass();
    await problem('overflow');
    forget();
    for (const name of ['one.csv', 'two.csv', 'three.csv']) {
      writeFileSync(join(root, name), 'x');
      await hinted(name);
    }
    expect(problems).toEqual([]);
  });

  it('takes a root that is asked for while it is dead', async () => {
    const clock = standingClock();
    vi.stubEnv('BK_FAILPOINT', 'hints.post.before#2=throw:EDIED');
    const { root, problem, source } = (watched = await watchForHints({ clock }));
    writeFileSync(join(root, 'a.csv'), 'x');
    await problem('stopped');
    vi.unstubAllEnvs();
    const kinds: string[] = [];
    const paths: string[] = [];
    source.watch(
      rawFromText(root),
      (hinted) => paths.push(...hinted),
      ({ kind }) => kinds.push(kind),
    );
    clock.pass();
    await vi.waitFor(() => {
      expect(kinds).toEqual(['overflow']);
    }, 45_000);
    writeFileSync(join(root, 'b.csv'), 'x');
    await vi.waitFor(() => {
      expect(paths).toContain(join(root, 'b.csv'));
    }, 5000);
  });
});

describe('F-WA03: the system drops events', () => {
  it('is noticed by the thread that was late, and a look at all is asked for, once', async () => {
    // The thread stands still for longer than the system keeps 20,000 files' events for it.
    vi.stubEnv('BK_FAILPOINT', 'hints.post.before#2=sleep:3000');
    const { root, problem, problems, hinted } = (watched = await watchForHints());
    vi.unstubAllEnvs();
    writeFileSync(join(root, 'first.csv'), 'x');
    for (let i = 0; i < 20_000; i++) writeFileSync(join(root, `${String(i)}.csv`), 'x');
    expect((await problem('overflow')).reason).toContain('looked through once more');
    writeFileSync(join(root, 'after.csv'), 'x');
    await hinted('after.csv', '');
    expect(problems).toHaveLength(1);
  });
});
