/** Who works on this computer: shown, and switched on shared ones. */
import { BenchkeepError } from '../../shared/errors.ts';
import type { UserRecord } from '../../shared/contract/index.ts';
import { writeRegistry } from '../registry/change-log.ts';
import { currentAuthor, userRecord } from './current-author.ts';
import type { InstanceContext } from './instance-context.ts';
import type { Workbench } from './workbench.ts';

/** Somebody who has not written anything yet is shown without being added; the uid is then empty. */
export async function currentUser(
  context: Pick<InstanceContext, 'registry'>,
  workbench: Pick<Workbench, 'settings'>,
): Promise<UserRecord> {
  const { handle, name } = workbench.settings();
  const row = await context.registry.db
    .selectFrom('user')
    .select(['uid', 'handle', 'name'])
    .where('handle', '=', handle)
    .executeTakeFirst();
  return row ?? { uid: '', handle, name };
}

export interface SetUserInput {
  handle?: string | null | undefined;
  name?: string | null | undefined;
}

/**
 * Switches to the person with that handle (added if new), or changes the name of the one who is there.
 * Errors: `name_not_valid`.
 */
export async function setUser(
  context: Pick<InstanceContext, 'registry' | 'clock' | 'random' | 'onCommitted'>,
  workbench: Pick<Workbench, 'settings' | 'changeSettings'>,
  input: SetUserInput,
): Promise<{ items: UserRecord[] }> {
  const before = workbench.settings();
  const handle = input.handle ?? before.handle;
  if (!/^[\p{L}\p{N}][\p{L}\p{N}._-]{0,49}$/u.test(handle)) {
    throw new BenchkeepError(
      'name_not_valid',
      `"${handle}" can't be a short name`,
      'Use letters, digits, dots and dashes, 50 at most.',
    );
  }
  const named = storable(input.name ?? '');
  const given = named === '' ? undefined : named;
  const kept = handle === before.handle ? before.name : null;
  const author = await currentAuthor(context, { handle, name: given ?? kept });
  if (given !== undefined) {
    await writeRegistry(context, author, 'user', async (write) => {
      if (await write.update('user', author.userId, { name: given }))
        await write.update('user', author.userId, { updated_at: write.now });
    });
  }
  const user = await userRecord(context, author.userId);
  await workbench.changeSettings({ handle: user.handle, name: user.name });
  return { items: [user] };
}

/** What no database keeps as it is, and no log could be compared with. */
function storable(text: string): string {
  // eslint-disable-next-line no-control-regex
  return text.replace(/[\u0000\p{Surrogate}]/gu, '\ufffd');
}
