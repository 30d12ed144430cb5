import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatBytes, formatRate, parseBytes } from '../../../shared/format/bytes.ts';
import { countOf, formatCount } from '../../../shared/format/counts.ts';
import { formatDate, formatDateTime, formatDuration, formatRelativeTime } from '../../../shared/format/times.ts';

describe('sizes', () => {
  it.each([
    [0, '0 bytes'],
    [1, '1 byte'],
    [999, '999 bytes'],
    [1000, '1 kB'],
    [1234, '1.2 kB'],
    [99_949, '99.9 kB'],
    [99_950, '100 kB'],
    [999_499, '999 kB'],
    [999_500, '1 MB'],
    [1_200_000_000, '1.2 GB'],
    [41_000_000_000, '41 GB'],
    [125_829_120, '126 MB'],
    [2e15, '2 PB'],
    [Number.MAX_SAFE_INTEGER, '9 PB'],
    [-1, 'unknown size'],
    [NaN, 'unknown size'],
  ])('%d is %s', (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });

  it.each([
    ['50GB', 50e9],
    ['1.5 TB', 1.5e12],
    ['10 mb', 10e6],
    ['512 MiB', 512 * 1024 ** 2],
    ['1k', 1000],
    ['1024', 1024],
    ['3 bytes', 3],
    ['7B', 7],
    ['', null],
    ['GB', null],
    ['-5GB', null],
    ['5 iB', null],
    ['1e9', null],
    ['99999999 EB', null],
    ['5 GB!', null],
  ])('%j means %s', (text, bytes) => {
    expect(parseBytes(text)).toBe(bytes);
  });

  it('what is written is read back within its rounding, and never needs four digits (property)', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), (bytes) => {
        const text = formatBytes(bytes);
        expect(text).toMatch(/^\d{1,3}(\.\d)? (bytes?|[kMGTP]B)$/);
        expect(Math.abs((parseBytes(text) ?? NaN) - bytes)).toBeLessThanOrEqual(Math.max(1, bytes * 0.05));
      }),
      { numRuns: 2000 },
    );
  });

  it('a rate is a size a second', () => {
    expect(formatRate(12_000_000)).toBe('12 MB/s');
  });
});

describe('counts', () => {
  it('are grouped by thousands and have their noun', () => {
    expect(formatCount(1234567)).toBe('1,234,567');
    expect(formatCount(999)).toBe('999');
    expect(formatCount(-1000)).toBe('-1,000');
    expect(countOf(1, 'file')).toBe('1 file');
    expect(countOf(1412, 'file')).toBe('1,412 files');
    expect(countOf(0, 'entry', 'entries')).toBe('0 entries');
  });
});

describe('times', () => {
  const now = Date.parse('2026-11-21T12:00:00.000Z');
  const second = 1000;
  it.each([
    [0, 'just now'],
    [8 * second, '8 s ago'],
    [119 * second, '1 min ago'],
    [3 * 3600 * second, '3 h ago'],
    [24 * 3600 * second, '1 day ago'],
    [29.9 * 24 * 3600 * second, '29 days ago'],
    [40 * 24 * 3600 * second, '2026-10-12'],
    [-300 * second, 'in 5 min'],
  ])('%d ms before is %s', (ms, text) => {
    expect(formatRelativeTime(now - ms, now)).toBe(text);
    expect(formatRelativeTime(new Date(now - ms).toISOString(), now)).toBe(text);
  });

  it.each([
    [0, 'under 1 s'],
    [8 * second, '8 s'],
    [80 * second, '1 min 20 s'],
    [120 * second, '2 min'],
    [7500 * second, '2 h 5 min'],
    [76 * 3600 * second, '3 days 4 h'],
    [NaN, 'an unknown time'],
  ])('%d ms take %s', (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });

  it("dates don't depend on the zone of the computer", () => {
    expect(formatDate(now)).toBe('2026-11-21');
    expect(formatDateTime('2026-11-21T23:30:00Z', 60)).toBe('2026-11-22 00:30');
    expect(formatDate('nonsense')).toBe('an unknown date');
    expect(formatDateTime('nonsense', 0)).toBe('an unknown time');
    expect(formatRelativeTime('nonsense', now)).toBe('at an unknown time');
  });
});
