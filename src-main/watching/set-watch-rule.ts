/** Which files of a watched folder are registered, and when they count as complete. */
import type { WatchRule } from '../../shared/contract/index.ts';
import type { InstanceContext } from '../instance/index.ts';
import { writeRegistry } from '../registry/change-log.ts';
import { findStorage, targetStorage } from '../storage/index.ts';
import { expectArrivals, forgetArrivals } from './arrivals.ts';
import { compileRule, ruleFromRow } from './watch-rule.ts';

/** What is not given stays. Errors: `not_found`, `invalid_argument` for a pattern that can't be one, `refused` for uploading where there is no storage in the cloud. */
export async function setWatchRule(
  context: Pick<InstanceContext, 'registry' | 'workstation' | 'workstationUid' | 'clock' | 'author' | 'onCommitted'>,
  input: {
    storage: string;
    include?: string[] | undefined;
    exclude?: string[] | undefined;
    settle?: number | null | undefined;
    bundle?: string[] | undefined;
    done_marker?: string | null | undefined;
    upload?: boolean | undefined;
  },
): Promise<{ storage: string; rule: WatchRule }> {
  const storage = await findStorage(context.registry.db, input.storage);
  const before = ruleFromRow(storage.watch_rule);
  const rule: WatchRule = {
    include: input.include ?? before.include,
    exclude: input.exclude ?? before.exclude,
    settle: input.settle === undefined ? before.settle : input.settle,
    bundle: input.bundle ?? before.bundle,
    done_marker: input.done_marker === undefined ? before.done_marker : input.done_marker,
    upload: input.upload ?? before.upload,
  };
  compileRule(rule);
  // Refused where there is nothing to upload to.
  if (rule.upload && !before.upload) await targetStorage(context, { upload: true });
  // Asked for without a change it is only told: that is nothing that was done, and nothing to take back.
  if (JSON.stringify(rule) === JSON.stringify(before)) return { storage: storage.uid, rule };
  await writeRegistry(context, await context.author(), 'watch rule', (write) =>
    write.update('storage', storage.id, { watch_rule: JSON.stringify(rule), updated_at: write.now }),
  );
  if (rule.upload !== before.upload) await (rule.upload ? expectArrivals : forgetArrivals)(context, storage.uid);
  return { storage: storage.uid, rule };
}
