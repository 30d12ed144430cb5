/** Times as this window shows them, in the zone of the computer it runs on. */
import { formatDateTime, formatRelativeTime } from '../../shared/format/times.ts';

/** `2026-11-01 14:30`; `iso` is UTC. */
export function longTime(iso: string): string {
  return formatDateTime(iso, -new Date(iso).getTimezoneOffset());
}

/** For a column: of today the time of day, else the date. */
export function shortTime(iso: string, now: number): string {
  const [date = '', time = ''] = longTime(iso).split(' ');
  return date === longTime(new Date(now).toISOString()).slice(0, 10) ? time : date;
}

/** When something is going to happen: `in 12 s`, or `now` if it is due. */
export function dueText(iso: string, now: number): string {
  return Date.parse(iso) < now + 2000 ? 'now' : formatRelativeTime(iso, now);
}
