/** How far the scheduled re-reading of all content has come, in words. */
import { formatBytes } from '../../shared/format/bytes.ts';
import { countOf, formatCount } from '../../shared/format/counts.ts';
import { formatRelativeTime } from '../../shared/format/times.ts';
import type { ScrubStatus } from '../../shared/contract/index.ts';

/** One or two sentences on what goes on. */
export function scrubLine(status: ScrubStatus, now: number): string {
  const done = `${formatCount(status.checked)} of ${countOf(status.total, 'copy', 'copies')} read, ${formatBytes(status.bytes)}`;
  if (status.state === 'running') return `Reading now: ${done}.`;
  if (status.state === 'paused') return `Paused: ${done}.`;
  const last =
    status.finished_at === null
      ? 'Never read through yet'
      : `Last read through ${formatRelativeTime(status.finished_at, now)}`;
  if (status.state === 'off') return `${last}. Nothing is read by itself.`;
  if (status.next_at === null) return `${last}.`;
  const due = Date.parse(status.next_at) <= now ? 'soon' : formatRelativeTime(status.next_at, now);
  return `${last}. The next time is ${due}.`;
}

/** Null where nothing was verified yet. */
export function verifiedLine({ oldest_verified_at, newest_verified_at }: ScrubStatus, now: number): string | null {
  if (oldest_verified_at === null || newest_verified_at === null) return null;
  const newest = formatRelativeTime(newest_verified_at, now);
  return `Content verified last ${newest}; the copy that waits longest was verified ${formatRelativeTime(oldest_verified_at, now)}.`;
}
