/** Times as people and programs write them: ISO 8601. Without a zone they are UTC, as all times of the registry. */

/** First and last millisecond that a text means, as UTC ISO-8601. A date alone means the whole day. */
export interface TimeSpan {
  from: string;
  until: string;
}

const TIME = /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?\s*(Z|[+-]\d\d(?::?\d\d)?)?)?$/i;
const DAY = 24 * 60 * 60 * 1000;

/** Null where `text` is no date that exists. Digits beyond milliseconds are cut. */
export function parseTimeSpan(text: string): TimeSpan | null {
  const match = TIME.exec(text.trim());
  if (match === null) return null;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match
    .slice(1, 7)
    .map((part) => Number(part ?? 0));
  if (hour > 23 || minute > 59 || second > 59) return null;
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return null;
  const fraction = Number((match[7] ?? '').slice(0, 3).padEnd(3, '0'));
  const offset = zoneMinutes(match[8] ?? 'Z');
  if (offset === null) return null;
  const from = date.getTime() + ((hour * 60 + minute - offset) * 60 + second) * 1000 + fraction;
  const until = match[4] === undefined ? from + DAY - 1 : from;
  // Outside the years 0 to 9999 the text of a time would no longer sort as the time does.
  if (from < FIRST || until > LAST) return null;
  return { from: new Date(from).toISOString(), until: new Date(until).toISOString() };
}

const FIRST = Date.parse('0000-01-01T00:00:00.000Z');
const LAST = Date.parse('9999-12-31T23:59:59.999Z');

/** Minutes east of Greenwich. */
function zoneMinutes(zone: string): number | null {
  if (zone.toUpperCase() === 'Z') return 0;
  const hours = Number(zone.slice(1, 3));
  const minutes = Number(zone.slice(3).replace(':', ''));
  if (hours > 23 || minutes > 59) return null;
  return (zone.startsWith('-') ? -1 : 1) * (hours * 60 + minutes);
}
