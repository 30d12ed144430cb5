/** How far the scrub is, when it comes next, and how old the oldest and the newest verification are. */
import type { ScrubStatus } from '../../shared/contract/index.ts';
import type { InstanceContext } from '../instance/index.ts';
import { readSetting } from '../workstation/settings.ts';
import { readScrub } from '../workstation/scrub-rows.ts';
import { copiesHere } from './copies-here.ts';

export const DAY = 86_400_000;

export type StatusContext = Pick<InstanceContext, 'registry' | 'workstation' | 'workstationUid'>;

/** Of copies that no round came upon yet the oldest and newest are told by the order in which they were registered. */
export async function readScrubStatus(context: StatusContext): Promise<ScrubStatus> {
  const { db } = context.workstation;
  const row = await readScrub(context.workstation);
  const days = (await readSetting<number>(context.workstation, 'scrub_days')) ?? 30;
  const dates = await db
    .selectFrom('scrubbed')
    .select((e) => [
      e.fn.min('verified_at').as('oldest'),
      e.fn.max('verified_at').as('newest'),
      e.fn.max('copy_id').as('last'),
    ])
    .executeTakeFirstOrThrow();
  const beyond = copiesHere(context)
    .select('copy.verified_at')
    .where('copy.verified_at', 'is not', null)
    .where('copy.id', '>', dates.last ?? 0)
    .limit(1);
  const first = await beyond.orderBy('copy.id').executeTakeFirst();
  const last = await beyond.orderBy('copy.id', 'desc').executeTakeFirst();
  const oldest = extreme([dates.oldest, first?.verified_at ?? null], -1);
  const since = row.finished_at ?? oldest;
  return {
    state: row.state === 'idle' && days === 0 ? 'off' : row.state,
    checked: row.checked,
    total: row.total,
    bytes: row.bytes,
    failed: row.failed,
    started_at: row.started_at,
    finished_at: row.finished_at,
    next_at:
      days === 0 || row.state !== 'idle' || since === null
        ? null
        : new Date(Date.parse(since) + days * DAY).toISOString(),
    newest_verified_at: extreme([dates.newest, last?.verified_at ?? null], 1),
    oldest_verified_at: oldest,
    reason: null,
  };
}

/** The latest (1) or earliest (-1) of some times. */
function extreme(times: readonly (string | null)[], which: 1 | -1): string | null {
  const known = times.filter((time) => time !== null).sort();
  return (which === 1 ? known.at(-1) : known[0]) ?? null;
}
