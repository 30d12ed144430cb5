import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { isUploadTime, nextUploadTime, uploadHoursSentence } from '../../src-main/transfers/upload-hours.ts';

// A place whose clocks are changed: on 2026-03-29 from 2:00 to 3:00, on 2026-10-25 from 3:00 back to 2:00.
beforeEach(() => vi.stubEnv('TZ', 'Europe/Berlin'));
afterEach(() => vi.unstubAllEnvs());

const at = (utc: string): number => Date.parse(`${utc}:00Z`);
const night = { from: '20:00', to: '06:00' };
const day = { from: '08:00', to: '17:30' };

it('from its first minute up to its last, also across midnight', () => {
  const inside = (hours: typeof night, ...times: string[]) => times.map((time) => isUploadTime(hours, at(time)));
  // An hour ahead of UTC.
  expect(inside(night, '2026-01-10T18:59', '2026-01-10T19:00', '2026-01-11T00:00', '2026-01-11T04:59')).toEqual([
    false,
    true,
    true,
    true,
  ]);
  expect(inside(night, '2026-01-11T05:00', '2026-01-11T12:00')).toEqual([false, false]);
  expect(inside(day, '2026-01-10T06:59', '2026-01-10T07:00', '2026-01-10T16:29', '2026-01-10T16:30')).toEqual([
    false,
    true,
    true,
    false,
  ]);
});

it('what the clock on the wall says, in the nights in which it is changed', () => {
  const hours = { from: '20:00', to: '02:30' };
  // 2:15 comes twice.
  expect(isUploadTime(hours, at('2026-10-25T00:15'))).toBe(true);
  expect(isUploadTime(hours, at('2026-10-25T00:45'))).toBe(false);
  expect(isUploadTime(hours, at('2026-10-25T01:15'))).toBe(true);
  expect(isUploadTime(hours, at('2026-10-25T01:30'))).toBe(false);
  // 2:30 does not come: 3:00 is after it.
  expect(isUploadTime(hours, at('2026-03-29T00:59'))).toBe(true);
  expect(isUploadTime(hours, at('2026-03-29T01:00'))).toBe(false);
});

it('begins the next time today or tomorrow, at that time on the wall', () => {
  expect(new Date(nextUploadTime(night, at('2026-01-10T12:00'))).toISOString()).toBe('2026-01-10T19:00:00.000Z');
  expect(new Date(nextUploadTime(day, at('2026-01-10T18:00'))).toISOString()).toBe('2026-01-11T07:00:00.000Z');
  // The clocks are changed in between.
  expect(new Date(nextUploadTime(day, at('2026-03-28T18:00'))).toISOString()).toBe('2026-03-29T06:00:00.000Z');
  expect(uploadHoursSentence(night)).toBe('Uploads run between 20:00 and 06:00');
});
