import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { FileFacts } from '../../src-main/ports/fs/file-facts.ts';
import { judgeStability, SETTLE_LOCAL, SETTLE_NETWORK, type EarlierLook } from '../../src-main/watching/stability.ts';

const START = Date.parse('2026-11-01T08:00:00Z');
/** A file touched `at` (ms). */
function file(size: number, at: number, changes: Partial<FileFacts> = {}): FileFacts {
  const ns = String(BigInt(at) * 1_000_000n);
  return { kind: 'file', size, mtimeNs: ns, ctimeNs: ns, dev: '1', ino: '7', ...changes };
}

/** Looks as the watcher does, whenever the rule says, until the file is stable; null where it is not before `end`. */
function watch(
  factsAt: (now: number) => FileFacts,
  settle: number,
  start: number,
  end: number,
): { at: number; looks: number } | null {
  let earlier: EarlierLook | null = null;
  let now = start;
  for (let looks = 1; now <= end; looks++) {
    const facts = factsAt(now);
    const judged = judgeStability(facts, earlier, now, settle);
    if (judged.stable) return { at: now, looks };
    earlier = { facts, due: judged.next };
    now = judged.next;
  }
  return null;
}

describe('when an ordinary file is complete', () => {
  it('at the first look when both times are older than the settle time', () => {
    expect(judgeStability(file(1, START - 10_000), null, START, SETTLE_LOCAL)).toEqual({ stable: true });
    expect(judgeStability(file(1, START - 9_999), null, START, SETTLE_LOCAL)).toEqual({
      stable: false,
      next: START + 10_000,
    });
    expect(judgeStability(file(1, START - 29_999), null, START, SETTLE_NETWORK).stable).toBe(false);
  });

  it('not by an old mtime alone: a copy keeps that of its source', () => {
    const copied = file(1, START - 1000, { mtimeNs: '1000' });
    expect(judgeStability(copied, null, START, SETTLE_LOCAL).stable).toBe(false);
  });

  it('at the second equal look, not before its time', () => {
    const facts = file(1, START);
    const earlier = { facts, due: START + 10_000 };
    expect(judgeStability(facts, earlier, START + 5000, SETTLE_LOCAL)).toEqual({ stable: false, next: START + 10_000 });
    expect(judgeStability(facts, earlier, START + 10_000, SETTLE_LOCAL)).toEqual({ stable: true });
  });

  it.each(['size', 'mtimeNs', 'ctimeNs', 'ino'] as const)('begins anew when %s differs', (field) => {
    const facts = file(1, START);
    const now = START + 9000;
    const changed = { ...facts, [field]: field === 'size' ? 2 : '8000000000000000000' };
    expect(judgeStability(changed, { facts, due: now }, now, SETTLE_LOCAL)).toEqual({
      stable: false,
      next: now + 10_000,
    });
  });

  it.each([1000, 5000, 9000])(
    'F-IN01 a file that grows every %d ms for an hour is complete once, at its end',
    (every) => {
      const end = START + 3_600_000;
      const grows = (now: number): FileFacts => {
        const written = Math.floor((Math.min(now, end) - START) / every);
        return file(written, START + written * every);
      };
      const done = watch(grows, SETTLE_LOCAL, START, end + 60_000);
      expect(done?.at).toBeGreaterThan(end);
      expect(done?.at).toBeLessThanOrEqual(end + 2 * SETTLE_LOCAL);
    },
  );

  it('F-IN01 holds for any writer that never pauses for the settle time', () => {
    const gaps = fc.array(fc.integer({ min: 1, max: SETTLE_LOCAL - 1 }), { minLength: 1, maxLength: 200 });
    fc.assert(
      fc.property(gaps, fc.integer({ min: 0, max: 20_000 }), (pauses, first) => {
        const writes = pauses.reduce<number[]>((times, pause) => [...times, (times.at(-1) ?? START) + pause], [START]);
        const last = writes.at(-1) ?? START;
        const facts = (now: number): FileFacts => {
          const done = writes.filter((time) => time <= now);
          return file(done.length, done.at(-1) ?? START);
        };
        const done = watch(facts, SETTLE_LOCAL, START + Math.min(first, last - START), last + 60_000);
        expect(done?.at).toBeGreaterThanOrEqual(last);
        expect(done?.at).toBeLessThanOrEqual(last + 2 * SETTLE_LOCAL);
      }),
    );
  });

  it('F-IN02 takes a pause longer than the settle time for the end', () => {
    const pausing = (now: number): FileFacts => (now < START + 60_000 ? file(1, START) : file(2, START + 60_000));
    expect(watch(pausing, SETTLE_LOCAL, START, START + 59_000)?.at).toBe(START + 10_000);
  });

  it('F-IN27 needs two looks for times in the future, and none more', () => {
    const future = file(1, Date.parse('2107-01-01'));
    expect(watch(() => future, SETTLE_LOCAL, START, START + 60_000)).toEqual({ at: START + 10_000, looks: 2 });
    const negative = file(1, START, { mtimeNs: '-1000000000' });
    expect(watch(() => negative, SETTLE_LOCAL, START + 10_000, START + 60_000)?.looks).toBe(1);
  });

  it('is not put off when the clock was set back in between', () => {
    const facts = file(1, START);
    const judged = judgeStability(facts, { facts, due: START + 10_000 }, START - 3_600_000, SETTLE_LOCAL);
    expect(judged).toEqual({ stable: false, next: START - 3_600_000 + SETTLE_LOCAL });
  });
});
