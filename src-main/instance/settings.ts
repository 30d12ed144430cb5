/** Settings that people see: of the instance (`keep_artifacts_local`) and of this computer. */
import { BenchkeepError } from '../../shared/errors.ts';
import type { SettingsRecord } from '../../shared/contract/index.ts';
import { writeRegistry } from '../registry/change-log.ts';
import { readSetting, writeSetting } from '../workstation/settings.ts';
import type { InstanceContext } from './instance-context.ts';

/** Bytes. */
const DEFAULT_CACHE_LIMIT = 50_000_000_000;
const DEFAULT_SCRUB_DAYS = 30;

export async function getSettings(context: Pick<InstanceContext, 'registry' | 'workstation'>): Promise<SettingsRecord> {
  const instance = await context.registry.db
    .selectFrom('instance')
    .select('keep_artifacts_local')
    .executeTakeFirstOrThrow();
  return {
    keep_artifacts_local: instance.keep_artifacts_local === 1,
    cache_limit: (await readSetting<number>(context.workstation, 'cache_limit')) ?? DEFAULT_CACHE_LIMIT,
    upload_bandwidth: await readSetting<number | null>(context.workstation, 'upload_bandwidth'),
    scrub_days: (await readSetting<number>(context.workstation, 'scrub_days')) ?? DEFAULT_SCRUB_DAYS,
  };
}

/** What is left out stays. Errors: `invalid_argument` for negative sizes and fractions of bytes. */
export async function setSettings(
  context: Pick<InstanceContext, 'registry' | 'workstation' | 'clock' | 'onCommitted' | 'author'>,
  input: { [F in keyof SettingsRecord]?: SettingsRecord[F] | undefined },
): Promise<SettingsRecord> {
  const sizes = (['cache_limit', 'upload_bandwidth'] as const).filter((name) => input[name] !== undefined);
  for (const name of sizes) refuseSize(name, input[name] ?? null);
  const days = input.scrub_days;
  if (days !== undefined) refuseDays(days);
  const keep = input.keep_artifacts_local;
  if (keep !== undefined) {
    await writeRegistry(context, await context.author(), 'settings', async (write) => {
      if (await write.update('instance', 1, { keep_artifacts_local: keep ? 1 : 0 }))
        await write.update('instance', 1, { updated_at: write.now });
    });
  }
  for (const name of sizes) await writeSetting(context.workstation, name, input[name]);
  if (days !== undefined) await writeSetting(context.workstation, 'scrub_days', days);
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

/** Null is unlimited. */
function refuseSize(name: string, bytes: number | null): void {
  if (bytes === null || (Number.isSafeInteger(bytes) && bytes > 0)) return;
  throw new BenchkeepError(
    'invalid_argument',
    `${name} can't be ${String(bytes)} bytes`,
    'Give a whole number of bytes above 0.',
  );
}
