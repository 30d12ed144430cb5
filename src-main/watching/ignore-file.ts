/** A person says that a file of the inbox, or all that are named like it, are to be left alone. */
import { BenchkeepError } from '../../shared/errors.ts';
import type { InstanceContext } from '../instance/index.ts';
import { timestamp } from '../ports/clock.ts';
import { rawFromBytes } from '../ports/fs/raw-path.ts';
import { findStorage } from '../storage/index.ts';
import { dropInboxRows, ignoreInboxRow } from '../workstation/inbox-actions.ts';
import { DAMAGED, IGNORED_BY_PERSON } from '../workstation/inbox-rows.ts';
import { writeWorkstation, type Workstation } from '../workstation/open-workstation.ts';
import { inboxItem } from './inbox-item.ts';
import { setWatchRule } from './set-watch-rule.ts';
import { suchNames } from './such-names.ts';
import { compileRule, DEFAULT_RULE, ruleFromRow } from './watch-rule.ts';

type IgnoreContext = Pick<
  InstanceContext,
  'registry' | 'workstation' | 'workstationUid' | 'clock' | 'author' | 'onCommitted' | 'onWatching'
>;

/** One file is remembered on this computer; names become a pattern of the rule. Errors: `not_found`, `refused`. */
export async function ignoreFile(
  context: IgnoreContext,
  input: { storage: string; path: string; names: boolean },
): Promise<{ pattern: string | null }> {
  const storage = await findStorage(context.registry.db, input.storage);
  const row = await inboxItem(context.workstation, storage.uid, input.path);
  if (row.cause === DAMAGED || (row.state === 'ignored' && row.cause !== IGNORED_BY_PERSON)) throw refused(row.cause);
  const path = rawFromBytes(row.path);
  if (!input.names) {
    await writeWorkstation(context.workstation, (tx) => ignoreInboxRow(tx, row.id, timestamp(context.clock)));
    context.onWatching('inbox');
    return { pattern: null };
  }
  const pattern = suchNames(path);
  const { exclude } = ruleFromRow(storage.watch_rule);
  if (!exclude.includes(pattern)) await setWatchRule(context, { storage: storage.uid, exclude: [...exclude, pattern] });
  await dropNamed(context.workstation, storage.uid, pattern);
  context.onWatching('inbox');
  return { pattern };
}

/** Those that are named so wait for nothing any more. */
async function dropNamed(workstation: Workstation, storageUid: string, pattern: string): Promise<void> {
  const { excludes } = compileRule({ ...DEFAULT_RULE, exclude: [pattern] });
  const rows = await workstation.db
    .selectFrom('inbox')
    .select(['id', 'path'])
    .where('storage_uid', '=', storageUid)
    .where('state', '!=', 'ignored')
    .where('cause', '!=', DAMAGED)
    .execute();
  const over = rows.filter(({ path }) => excludes(rawFromBytes(path))).map(({ id }) => id);
  await writeWorkstation(workstation, (tx) => dropInboxRows(tx, over));
}

function refused(cause: string): BenchkeepError {
  return cause === DAMAGED
    ? new BenchkeepError(
        'refused',
        'A damaged file is not ignored',
        'Put its content back from a copy, or delete its record. It stays in the inbox until then.',
      )
    : new BenchkeepError('refused', 'It is left out already', 'There is nothing to ignore.');
}
