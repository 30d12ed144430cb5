/** The hours of the day in which uploads run, in local time: also across midnight, and where the clocks are changed. */
import type { UploadHours } from '../workstation/upload-settings.ts';

const DAY = 24 * 60;

/** `now`: ms. From the first minute of `from` up to the first of `to`. */
export function isUploadTime({ from, to }: UploadHours, now: number): boolean {
  const at = new Date(now);
  const minute = at.getHours() * 60 + at.getMinutes();
  const [begin, end] = [minuteOf(from), minuteOf(to)];
  // What the clock on the wall says decides: an hour that comes twice counts twice, one that is left out not at all.
  return begin < end ? minute >= begin && minute < end : minute >= begin || minute < end;
}

/** When they begin the next time, in ms; `now` lies outside of them. */
export function nextUploadTime(hours: UploadHours, now: number): number {
  const start = new Date(now);
  const begin = minuteOf(hours.from);
  for (const days of [0, 1]) {
    const at = new Date(start.getFullYear(), start.getMonth(), start.getDate() + days, 0, begin).getTime();
    if (at > now) return at;
  }
  return now + DAY * 60_000;
}

/** For people. */
export function uploadHoursSentence({ from, to }: UploadHours): string {
  return `Uploads run between ${from} and ${to}`;
}

function minuteOf(time: string): number {
  const [hours = '0', minutes = '0'] = time.split(':');
  return (Number(hours) * 60 + Number(minutes)) % DAY;
}
