/** Settings that people see: of the instance (`keep_artifacts_local`) and of this computer. */
import { BenchkeepError } from '../../shared/errors.ts';
import type { SettingsRecord } from '../../shared/contract/index.ts';
import { writeRegistry } from '../registry/change-log.ts';
import { readSetting, writeSetting } from '../workstation/settings.ts';
import { readUploadSettings, type UploadHours } from '../workstation/upload-settings.ts';
import type { InstanceContext } from './instance-context.ts';

/** Bytes. */
const DEFAULT_CACHE_LIMIT = 50_000_000_000;
const DEFAULT_SCRUB_DAYS = 30;
const MOST_AT_ONCE = 32;

export async function getSettings(context: Pick<InstanceContext, 'registry' | 'workstation'>): Promise<SettingsRecord> {
  const instance = await context.registry.db
    .selectFrom('instance')
    .select('keep_artifacts_local')
    .executeTakeFirstOrThrow();
  const { atOnce, bandwidth, hours } = await readUploadSettings(context.workstation);
  return {
    keep_artifacts_local: instance.keep_artifacts_local === 1,
    cache_limit: (await readSetting<number>(context.workstation, 'cache_limit')) ?? DEFAULT_CACHE_LIMIT,
    upload_bandwidth: bandwidth,
    uploads_at_once: atOnce,
    upload_hours: hours,
    scrub_days: (await readSetting<number>(context.workstation, 'scrub_days')) ?? DEFAULT_SCRUB_DAYS,
  };
}

/** What is left out stays. Errors: `invalid_argument` for negative sizes, fractions of bytes, and what is no time of the day. */
export async function setSettings(
  context: Pick<InstanceContext, 'registry' | 'workstation' | 'clock' | 'onCommitted' | 'author' | 'queue'>,
  input: { [F in keyof SettingsRecord]?: SettingsRecord[F] | undefined },
): Promise<SettingsRecord> {
  const sizes = (['cache_limit', 'upload_bandwidth'] as const).filter((name) => input[name] !== undefined);
  for (const name of sizes) refuseSize(name, input[name] ?? null);
  const days = input.scrub_days;
  if (days !== undefined) refuseDays(days);
  const { uploads_at_once: atOnce, upload_hours: hours } = input;
  if (atOnce !== undefined) refuseAtOnce(atOnce);
  if (hours !== undefined && hours !== null) refuseHours(hours);
  const keep = input.keep_artifacts_local;
  if (keep !== undefined) {
    await writeRegistry(context, await context.author(), 'settings', async (write) => {
      if (await write.update('instance', 1, { keep_artifacts_local: keep ? 1 : 0 }))
        await write.update('instance', 1, { updated_at: write.now });
    });
  }
  for (const name of sizes) await writeSetting(context.workstation, name, input[name]);
  if (days !== undefined) await writeSetting(context.workstation, 'scrub_days', days);
  if (atOnce !== undefined) await writeSetting(context.workstation, 'uploads_at_once', atOnce);
  if (hours !== undefined) await writeSetting(context.workstation, 'upload_hours', hours);
  await context.queue.settingsChanged();
  return getSettings(context);
}

function refuseDays(days: number): void {
  if (Number.isSafeInteger(days) && days >= 0 && days <= 3650) return;
  throw new BenchkeepError(
    'invalid_argument',
    `scrub_days can't be ${String(days)}`,
    'Give whole days, or 0 for never.',
  );
}

function refuseAtOnce(files: number): void {
  if (Number.isSafeInteger(files) && files >= 1 && files <= MOST_AT_ONCE) return;
  throw new BenchkeepError(
    'invalid_argument',
    `uploads_at_once can't be ${String(files)}`,
    `Give a whole number from 1 to ${String(MOST_AT_ONCE)}.`,
  );
}

function refuseHours({ from, to }: UploadHours): void {
  const isTime = (text: string): boolean => /^(?:[01]\d|2[0-3]):[0-5]\d$/.test(text);
  if (isTime(from) && isTime(to) && from !== to) return;
  throw new BenchkeepError(
    'invalid_argument',
    `upload_hours can't be "${from}" to "${to}"`,
    'Give two different times of the day such as 20:00 and 06:00, or nothing for any time.',
  );
}

/** Null is unlimited. */
function refuseSize(name: string, bytes: number | null): void {
  if (bytes === null || (Number.isSafeInteger(bytes) && bytes > 0)) return;
  throw new BenchkeepError(
    'invalid_argument',
    `${name} can't be ${String(bytes)} bytes`,
    'Give a whole number of bytes above 0.',
  );
}
