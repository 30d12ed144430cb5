/** Times as people say them. `now` is an argument; nothing depends on language or time zone. */
import { countOf } from './counts.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** Older than this a date says more than a number of days. */
const DATE_AFTER = 30 * DAY;

/** `just now`, `8 s ago`, `5 min ago`, `3 h ago`, `2 days ago`, `in 5 min`, else the date (UTC). `time`: ISO text or ms. */
export function formatRelativeTime(time: string | number, now: number): string {
  const at = typeof time === 'number' ? time : Date.parse(time);
  if (!Number.isFinite(at)) return 'at an unknown time';
  const distance = Math.abs(now - at);
  if (distance < 2 * SECOND) return 'just now';
  if (distance >= DATE_AFTER) return formatDate(at);
  const largest = largestUnit(distance);
  return at > now ? `in ${largest}` : `${largest} ago`;
}

function largestUnit(ms: number): string {
  if (ms < MINUTE) return `${String(Math.floor(ms / SECOND))} s`;
  if (ms < HOUR) return `${String(Math.floor(ms / MINUTE))} min`;
  if (ms < DAY) return `${String(Math.floor(ms / HOUR))} h`;
  return countOf(Math.floor(ms / DAY), 'day');
}

/** How long something takes, in its two largest units: `under 1 s`, `8 s`, `1 min 20 s`, `2 h 5 min`, `3 days 4 h`. */
export function formatDuration(ms: number): string {
  if (!Number.isFinite(ms) || ms < 0) return 'an unknown time';
  if (ms < SECOND) return 'under 1 s';
  if (ms < MINUTE) return largestUnit(ms);
  const [unit, part] = ms < HOUR ? [MINUTE, SECOND] : ms < DAY ? [HOUR, MINUTE] : [DAY, HOUR];
  const rest = ms % unit;
  return rest < part ? largestUnit(ms) : `${largestUnit(ms)} ${largestUnit(rest)}`;
}

/** `2026-11-01` in UTC. */
export function formatDate(time: string | number): string {
  const date = new Date(time);
  return Number.isNaN(date.getTime()) ? 'an unknown date' : date.toISOString().slice(0, 10);
}

/** `2026-11-01 14:30` in the zone `offset` minutes east of Greenwich (`-date.getTimezoneOffset()`). */
export function formatDateTime(time: string | number, offset: number): string {
  const date = new Date((typeof time === 'number' ? time : Date.parse(time)) + offset * MINUTE);
  return Number.isNaN(date.getTime()) ? 'an unknown time' : date.toISOString().slice(0, 16).replace('T', ' ');
}
